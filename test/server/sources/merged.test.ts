// An order of a page and of a shop system's own webhook, over HTTP, to TikTok.
import { expect, test } from 'vitest'
import { hasSignedSource } from '../../../src/server/has-signed-source.ts'
import { mergeWindow } from '../../../src/server/merge-window.ts'
import { createSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { accessToken, pixelId, postPage, shop } from '../node-requests.ts'
import { newPath } from '../outbox-kit.ts'
import { jane, pageCopy, startStore } from '../start-store.ts'
import { shopifyOrder } from './shopify-order.ts'
import { signed } from './signed.ts'
import { secret } from './start-sources.ts'

const shopify = { type: 'shopify', secret } as const

test("a page's order and Shopify's webhook are sent as one event, with Shopify's money and the page's click ID", async () => {
  const server = await startStore({ isSigned: false, sources: { shopify }, mergeOrders: 2 })
  const customer = { ...shopifyOrder.customer, email: 'jane@example.com', orders_count: 2 }
  const email = { email: 'jane@example.com', contact_email: null, customer, note_attributes: [], landing_site: null }
  const order = { ...shopifyOrder, ...email }
  expect((await postPage(server.url, pageCopy({ id: String(order.id) }))).status).toBe(202)
  const request = signed(`${server.url}/webhook/shopify`, secret, order, { 'x-shopify-topic': 'orders/paid' })
  const answer = await fetch(request)
  expect([answer.status, await answer.json()]).toMatchObject([202, { accepted: 1, statuses: { merged: 1 } }])

  const events = await server.tiktok.waitForAccepted((all) => all.length > 0)
  expect(events).toMatchObject([
    {
      event: 'Purchase',
      event_id: String(order.id),
      user: { email: jane, ttclid: 'E.C.P.click', ttp: 'ttp-cookie' },
      properties: { value: 94.8, currency: 'USD', num_items: 3 },
    },
  ])
  expect(await server.health()).toMatchObject({ by_source: { shopify: { statuses: { merged: 1 } } } })
})

test.each<[title: string, config: Parameters<typeof hasSignedSource>[0], isThere: boolean, seconds: number]>([
  ['no source', {}, false, 0],
  ['only the page', { sources: { web: {} } }, false, 0],
  ['webhookToken', { webhookToken: 'a-token' }, true, 60],
  ['a shop system', { sources: { shopify } }, true, 60],
  ['a webhook', { sources: { erp: { token: 'a-token' } } }, true, 60],
  ['a shop system that is switched off', { sources: { shopify: { ...shopify, enabled: false } } }, false, 0],
  ['a webhook that is switched off', { webhookToken: 'a-token', sources: { webhook: { enabled: false } } }, false, 0],
  [
    'a shop system, while the orders of pages stay in the browser',
    { sources: { shopify, web: { orders: 'client' } } },
    true,
    0,
  ],
  ['a shop system without the page', { sources: { shopify, web: { enabled: false } } }, true, 0],
])(
  'orders wait for their other copy only if both a signed source and the page send them: %s',
  async (_, config, isThere, seconds) => {
    expect(hasSignedSource(config)).toBe(isThere)
    const store = createSqliteStore({ path: newPath(), pixelId })
    expect(mergeWindow({ pixelId, accessToken, allowedOrigins: [shop], store, ...config })).toBe(seconds)
    await store.close()
  },
)
