// How long the script holds the page's main thread when it loads: compiled and run, and what it does in idle time. In
// Chromium, on a processor slowed down four times. Prints medians. Run on an idle machine: npm run bench.

import { readFileSync } from 'node:fs'
import { driverOf, launch } from '../test/browser/browsers.ts'
import { createNetwork } from '../test/browser/network.ts'

const rounds = 41
const network = await createNetwork()
network.tiktok.faults.events.status = 404
const chromium = await launch('chromium', network)
try {
  const code = readFileSync(new URL('../dist/converge.js', import.meta.url), 'utf8')
  const watch = `const idle = window.requestIdleCallback
window.requestIdleCallback = (task) => idle(() => {
  const start = performance.now()
  task()
  window.idleTime = performance.now() - start
})
window.start = performance.now()`
  const pageOf = (attributes: string) => `<!doctype html><title>Bench</title><script>${watch}</script>
<script data-pixel-id="CJQBODJC77UB4MRTGFRF" ${attributes}>${code}</script>
<script>window.loadTime = performance.now() - window.start</script>`
  network.serve('www.shop.test', { '/': pageOf(''), '/view': pageOf('data-page-loads="auto"') })
  for (const [title, path] of [
    ['at load', ''],
    ['at load, with a page view', 'view'],
  ] as const) {
    const loads: number[] = []
    const idles: number[] = []
    for (let round = 0; round < rounds; round++) {
      const page = await chromium.newPage()
      await driverOf(page).emulateCPUThrottling(4)
      await page.goto(`https://www.shop.test/${path}`)
      await driverOf(page).waitForFunction('window.idleTime !== undefined')
      loads.push(Number(await page.evaluate('window.loadTime')))
      idles.push(Number(await page.evaluate('window.idleTime')))
      await page.close()
    }
    const median = (times: number[]) => (times.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN).toFixed(1)
    console.log(`${title}, 4x slowdown`.padEnd(40), `${median(loads)} ms, then ${median(idles)} ms in idle time`)
  }
} finally {
  await chromium.close()
  await network.close()
}
