// A browser whose whole internet is on loopback, and pages in which a version of our module tracks.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, driverOf, launch, type Page } from '../test/browser/browsers.ts'
import { createNetwork, type Network } from '../test/browser/network.ts'
import { eventsScript, type PixelState, pixelHost, pixelId } from './pixel.ts'

export interface Stage {
  network: Network
  browser: Browser
}

/** Runs work with a browser, and closes it. */
export async function withBrowser<Result>(work: (stage: Stage) => Promise<Result>): Promise<Result> {
  const network = await createNetwork()
  const browser = await launch('chromium', network)
  try {
    return await work({ network, browser })
  } finally {
    await browser.close()
    await network.close()
  }
}

export interface Tracking {
  /** The folder of a built checkout. */
  folder: string
  pixel: PixelState
  config?: Readonly<Record<string, unknown>>
}

const shop = 'www.shop.test'
const relayHost = 'relay.shop.test'
export const relayUrl = `https://${relayHost}/tiktok`

// A page that is isolated has a clock of 5 µs instead of 100 µs.
// https://developer.mozilla.org/docs/Web/API/Performance/now#security_requirements
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
// The tracker reports a missing pixel as blocked 25 s after its start. The bench takes longer.
const slowTimers = `const set = window.setTimeout
window.setTimeout = (task, delay) => set(task, delay > 10 ? delay * 1000 : delay)`

/** Opens a page with a tracker of its own, and waits until its pixel is in that state. */
export async function openTracking({ network, browser }: Stage, { folder, pixel, config }: Tracking): Promise<Page> {
  network.tiktok.reset()
  network.serve(pixelHost, { '/i18n/pixel/events.js': eventsScript[pixel] })
  network.serve(relayHost, (request, response) => {
    request.resume()
    const headers = { 'access-control-allow-origin': `https://${shop}`, 'cross-origin-resource-policy': 'cross-origin' }
    response.writeHead(202, headers).end('{"accepted":1,"problems":[]}')
  })
  const options = { pixelId, load: 'immediate', ...config }
  const start = `import { createConverge } from '/index.js'
window.shopConverge = createConverge(${JSON.stringify(options)})
shopConverge.on('state', ({ pixel }) => { window.pixelState = pixel })`
  network.serve(shop, {
    '/': {
      body: `<!doctype html><meta charset="utf-8"><title>Bench</title>
${pixel === 'waiting' ? `<script>${slowTimers}</script>` : ''}<script type="module">${start}</script>`,
      headers: isolated,
    },
    '/index.js': {
      body: readFileSync(join(folder, 'dist/index.js'), 'utf8'),
      type: 'text/javascript',
      headers: isolated,
    },
  })
  const page = await browser.newPage()
  await page.goto(`https://${shop}/`)
  await driverOf(page).waitForFunction(`window.pixelState === '${pixel}'`)
  return page
}
