import { describe, expect, test } from 'vitest'
import { createEvent } from '../../../src/core/event.ts'
import { route } from '../../../src/tiktok/route.ts'
import { readRules } from '../../../src/tiktok/rules.ts'
import type { Config } from '../../../src/types.ts'
import { pixelId } from '../../cases/case.ts'
import { type Happening, type SourceCase, type SourceName, sourceCases, sourceNames } from '../../cases/sources.ts'
import { batchOf, relayed } from '../relayed.ts'
import { inEuros, lineOf } from './shopify-order.ts'
import { type StartedSources, shop, startSources } from './start-sources.ts'
import { wooCommerceOrder } from './woocommerce-order.ts'

const item = { product_id: '1', variant_id: '11', sku: 'CAP', name: 'Cap', price: 50, quantity: 1 }
const properties = { id: '1001', total_price: 50, currency: 'EUR', $is_new_customer: true, items: [item] }
const eventNames = { order: 'Placed Order', renewal: 'Placed Recurring Subscription Order' } as const

/** Sends what happened, each source in its own way. */
const senders: Record<SourceName, (started: StartedSources, happening: Happening) => Promise<unknown>> = {
  web: postFromPage,
  erp: ({ postWebhook }, happening) =>
    postWebhook(
      { event_name: eventNames[happening], event_id: '1001', properties },
      { 'x-webhook-token': 'token-of-erp' },
    ),
  shopify: ({ fromShopify }, happening) => {
    const line = {
      ...lineOf({ id: 1, title: 'Cap', price: '50.00', quantity: 1 }),
      product_id: 1,
      variant_id: 11,
      sku: 'CAP',
    }
    const source_name = happening === 'renewal' ? 'subscription_contract' : 'web'
    return fromShopify(inEuros({ total: '50.00', tax: '0.00' }, { id: 1001, source_name, line_items: [line] }))
  },
  woocommerce: ({ fromWooCommerce }, happening) => {
    const [line] = wooCommerceOrder.line_items
    const line_items = [
      { ...line, product_id: 1, variation_id: 11, sku: 'CAP', quantity: 1, total: '50.00', total_tax: '0.00' },
    ]
    const created_via = happening === 'renewal' ? 'subscription' : 'checkout'
    return fromWooCommerce({
      ...wooCommerceOrder,
      id: 1001,
      total: '50.00',
      total_tax: '0.00',
      created_via,
      line_items,
    })
  },
}

/** Does what a page does with the config that the forwarder serves it. Whether it is paused, test/unit/paused.test.ts holds. */
async function postFromPage({ fetch, postEvents }: StartedSources, happening: Happening): Promise<void> {
  const script = await (await fetch(new Request(`${shop}/relay/converge.js`))).text()
  const config: Config = JSON.parse(/config:(\{.*\}),isServed/.exec(script)?.[1] ?? '')
  const page = { $url: shop, $source: 'web', $sales_channel_type: 'web' }
  const event = createEvent(eventNames[happening], { ...page, ...properties }, '1001', () => '')
  const rows = route(event, readRules({ ...config, relay: '/' }), config) ?? []
  const send = rows.filter(({ forward }) => forward !== 'client')
  if (send.length === 0) return
  const sent = send.map((row) => ({ event: row.event, parameters: row.parameters }))
  await postEvents(batchOf(relayed({ time: Date.now(), eventName: event.eventName, eventID: '1001', send: sent })))
}

async function sentBy(name: SourceName, { config, own = {}, happening = 'order' }: SourceCase) {
  const sources = { web: { ...own.web }, erp: { token: 'token-of-erp', ...own.erp } }
  const parts = { shopify: { ...own.shopify }, woocommerce: { ...own.woocommerce } }
  const started = startSources({ pixelId, ...config, sources }, parts)
  await senders[name](started, happening)
  return started.outbox.kept.map(({ data }) => data)
}

describe.each(sourceCases)('$sentence', (one) => {
  test.each(sourceNames)('%s', async (name) => {
    const sent = await sentBy(name, one)
    if (one.events) expect(sent.map(({ event }) => event)).toEqual(one.events[name])
    if (one.contentIds) expect(sent[0]?.properties.contents?.[0]?.content_id).toBe(one.contentIds[name])
  })
})

test('custom events of a server and of a page are sent if the mapping has a row for them', async () => {
  const mapping = { events: { 'Quiz Finished': 'QuizFinished' } }
  const { postWebhook, postEvents, outbox } = startSources({ mapping, sources: { erp: { token: 'token-of-erp' } } })
  await postWebhook({ event_name: 'Quiz Finished', event_id: '1' }, { 'x-webhook-token': 'token-of-erp' })
  const send = [{ event: 'QuizFinished', parameters: {} }]
  await postEvents(batchOf(relayed({ time: Date.now(), eventName: 'Quiz Finished', eventID: '2', send })))
  expect(outbox.kept.map(({ data }) => [data.event, data.event_id])).toEqual([
    ['QuizFinished', '1'],
    ['QuizFinished', '2'],
  ])
})
