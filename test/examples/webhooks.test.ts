import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { readConfigFile } from '../../src/node/config-file.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import { createMemoryOutbox } from '../server/memory-outbox.ts'
import { shopifyOrder } from '../server/sources/shopify-order.ts'
import { signed } from '../server/sources/signed.ts'
import { wooCommerceOrder } from '../server/sources/woocommerce-order.ts'

const example = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url))

/** Sends a webhook to a forwarder with an example's config, and returns the events that it keeps for TikTok. */
async function receive(name: 'shopify' | 'woocommerce', order: unknown, headers: Record<string, string>) {
  const environment = { TIKTOK_ACCESS_TOKEN: 'an-access-token-of-tiktok', [`${name.toUpperCase()}_SECRET`]: 'a secret' }
  const outbox = createMemoryOutbox()
  const config = readConfigFile(example(`${name}-webhook/converge.json`), environment)
  const forwarder = createForwarder({ ...config, outbox }, { log: () => {} })
  const url = `https://converge.shop.example/webhook/${name}`
  const { status } = await forwarder.fetch(signed(url, 'a secret', order, headers))
  expect(status).toBe(202)
  return outbox.kept.map(({ data }) => data)
}

const paid = { 'x-shopify-topic': 'orders/paid' }

test.each([
  ['shopify', shopifyOrder, paid, 94.8],
  ['woocommerce', wooCommerceOrder, { 'x-wc-webhook-topic': 'order.updated' }, 94.75],
] as const)("the config of %s accepts the shop system's own order", async (name, order, headers, value) => {
  expect((await receive(name, order, headers))[0]).toMatchObject({ event: 'Purchase', properties: { value } })
})

test.each(['shopify', 'woocommerce'])('the config of %s has ten lines at most', (name) => {
  const lines = readFileSync(example(`${name}-webhook/converge.json`), 'utf8')
    .trim()
    .split('\n')
  expect(lines.length).toBeLessThanOrEqual(10)
})

test('the cart attributes of the theme come back with the order', async () => {
  const told: ((result: { eventName: string }) => void)[] = []
  const written: [url: string, attributes: Record<string, string>][] = []
  const context = { ttclid: 'E.C.P.of-the-page', consent: { marketing: 'granted' } }
  vi.stubGlobal('window', {
    Shopify: { routes: { root: '/en/' } },
    converge: { context: () => context, on: (_: 'event', tell: (typeof told)[number]) => told.push(tell) },
  })
  vi.stubGlobal('fetch', async (url: string, { body }: { body: string }) => {
    written.push([url, JSON.parse(body).attributes])
  })
  await import(new URL('../../examples/shopify-webhook/cart-attributes.js', import.meta.url).href)
  for (const eventName of ['$page_load', 'Added To Cart']) told[0]?.({ eventName })
  vi.unstubAllGlobals()

  expect(written).toMatchObject([['/en/cart/update.js', {}]])
  const note_attributes = Object.entries(written[0]?.[1] ?? {}).map(([name, value]) => ({ name, value }))
  const [purchase] = await receive('shopify', { ...shopifyOrder, note_attributes }, paid)
  expect(purchase?.user.ttclid).toBe('E.C.P.of-the-page')
})
