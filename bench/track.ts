// How long track() takes to reach `ttq`, in Chromium, beside a floor that does by hand what it must at least do.
// Prints medians. Run on an idle machine: npm run bench.

import { readFileSync } from 'node:fs'
import { launch } from '../test/browser/browsers.ts'
import { createNetwork } from '../test/browser/network.ts'

const network = await createNetwork()
network.tiktok.faults.events.status = 404
const chromium = await launch('chromium', network)
try {
  const code = readFileSync(new URL('../dist/index.js', import.meta.url), 'utf8')
  const install = `import { createConverge } from '/index.js'
window.shopConverge = createConverge({ pixelId: 'CJQBODJC77UB4MRTGFRF', load: 'immediate' })`
  network.serve('www.shop.test', {
    '/': `<!doctype html><title>Bench</title><script type="module">${install}</script>`,
    '/index.js': { body: code, type: 'text/javascript' },
  })
  const page = await chromium.newPage()
  await page.goto('https://www.shop.test/')
  const medians = await page.evaluate(measure)
  for (const [name, microseconds] of Object.entries(medians)) {
    console.log(`${name.padEnd(40)} ${microseconds.toFixed(2)} µs`)
  }
} finally {
  await chromium.close()
  await network.close()
}

/** Runs in the page. The queue is emptied between rounds, so that it does not grow without end. */
function measure(): Record<string, number> {
  const item = { product_id: '1', variant_id: '11', sku: 'A', name: 'Cap', price: 19.9, quantity: 1, currency: 'EUR' }
  const items = [item, { ...item, variant_id: '12' }, { ...item, variant_id: '13' }]
  const checkout = { total_price: 59.7, total_tax: 9.5, total_shipping: 4.9, currency: 'EUR', items }
  const converge = window.shopConverge
  const { ttq } = window

  const floor = () => {
    const contents = items.map((one) => ({
      content_id: one.variant_id,
      content_type: 'product',
      content_name: one.name,
      price: one.price,
      quantity: one.quantity,
    }))
    const parameters = { contents, content_type: 'product', value: checkout.total_price, currency: checkout.currency }
    ttq.track('InitiateCheckout', parameters, { event_id: 'floor', pixel_code: 'CJQBODJC77UB4MRTGFRF' })
  }
  let count = 0
  const runs: Record<string, () => void> = {
    'floor, by hand': floor,
    'Started Checkout of 3 items': () => converge?.track('Started Checkout', checkout),
    'Placed Order of 3 items': () => converge?.track('Placed Order', { ...checkout, id: `order-${++count}` }),
    $page_load: () => converge?.track('$page_load', { $url: `/${++count}` }),
  }

  // Whichever came first would be measured while the engine still learns.
  for (const run of Object.values(runs)) for (let i = 0; i < 20_000; i++) run()

  const medians: Record<string, number> = {}
  for (const [name, run] of Object.entries(runs)) {
    const rounds: number[] = []
    for (let round = 0; round < 60; round++) {
      const start = performance.now()
      for (let i = 0; i < 500; i++) run()
      rounds.push(((performance.now() - start) / 500) * 1000)
      ttq.length = 0
    }
    medians[name] = rounds.sort((a, b) => a - b)[30] ?? Number.NaN
  }
  return medians
}
