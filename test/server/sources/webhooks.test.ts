import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../src/core/sha256.ts'
import { createForwarder, type ForwarderConfig } from '../../../src/server/forwarder.ts'
import { pixelId } from '../../cases/case.ts'
import { createMemoryOutbox } from '../memory-outbox.ts'
import { batchOf, relayed } from '../relayed.ts'
import { accessToken, adminToken, webhookToken } from '../start-forwarder.ts'
import { shopifyOrder } from './shopify-order.ts'
import { signed } from './signed.ts'
import { addressOf, secret, shop, startSources } from './start-sources.ts'
import { wooCommerceOrder } from './woocommerce-order.ts'

const paid = { 'content-type': 'application/json', 'x-shopify-topic': 'orders/paid' }
const updated = { 'content-type': 'application/json', 'x-wc-webhook-topic': 'order.updated' }

const systems = [
  ['shopify', shopifyOrder, paid],
  ['woocommerce', wooCommerceOrder, updated],
] as const

describe.each(systems)('the signature of %s', (name, order, headers) => {
  const url = addressOf(name)
  const forged = signed(url, 'another secret', order, headers)
  const other = signed(url, secret, order, headers)

  test('authenticates the source', async () => {
    const { send, outbox } = startSources()
    expect((await send(signed(url, secret, order, headers))).status).toBe(202)
    expect(outbox.kept[0]?.source).toBe('signed')
  })

  test.each<[title: string, request: Request]>([
    ['is forged', forged],
    ['is missing', new Request(url, { method: 'POST', headers, body: JSON.stringify(order) })],
    [
      'is of another body',
      new Request(url, { method: 'POST', headers: other.headers, body: JSON.stringify({ ...order, id: 1 }) }),
    ],
    [
      'is of the same JSON with other spaces',
      new Request(url, { method: 'POST', headers: other.headers, body: JSON.stringify(order, null, 1) }),
    ],
    [
      'is not base64',
      new Request(url, {
        method: 'POST',
        headers: { ...headers, 'X-Shopify-Hmac-Sha256': '{}', 'X-WC-Webhook-Signature': '{}' },
        body: '{}',
      }),
    ],
    [
      'is the token of a webhook',
      new Request(url, {
        method: 'POST',
        headers: { ...headers, 'x-webhook-token': webhookToken },
        body: JSON.stringify(order),
      }),
    ],
  ])('is refused with 401, and nothing is stored, if it %s', async (_, request) => {
    const { send, outbox } = startSources()
    expect((await send(request.clone())).status).toBe(401)
    expect(outbox.kept).toEqual([])
  })

  test('is valid with any of several secrets, so that one can be replaced', async () => {
    const { send } = startSources({}, { [name]: { secret: ['the new one', 'the old one'] } })
    for (const [key, status] of [
      ['the new one', 202],
      ['the old one', 202],
      [secret, 401],
    ] as const)
      expect((await send(signed(url, key, order, headers))).status).toBe(status)
  })

  test('is valid for a body with any Unicode characters', async () => {
    const { send } = startSources()
    const note = 'Größe 42 – 測試 🧢 \u2028'
    expect((await send(signed(url, secret, { ...order, note }, headers))).status).toBe(202)
  })

  test('is required for any content type', async () => {
    const { send } = startSources()
    const types = { ...headers, 'content-type': 'application/octet-stream' }
    expect((await send(signed(url, secret, order, types))).status).toBe(202)
    expect((await send(signed(url, 'another secret', order, types))).status).toBe(401)
  })

  test('of a body that is not a JSON object is answered 202, because a retry would not help, and logged', async () => {
    const { send, log } = startSources()
    for (const body of ['<order/>', '[]', 'null', '"text"']) {
      const answer = await send(signed(url, secret, body, headers))
      expect([answer.status, answer.body.statuses]).toEqual([202, { failure: 1 }])
    }
    expect(log[0]).toMatch(/^error A \w+ webhook is not JSON\. Choose JSON as its format source=/)
  })
})

describe.each(systems)('the answers to %s', (name, order, headers) => {
  const url = addressOf(name)

  test('are 503 while an order cannot be stored, so that it is sent again', async () => {
    const { send, outbox } = startSources()
    outbox.fault = 'full'
    expect((await send(signed(url, secret, order, headers))).status).toBe(503)
    outbox.fault = 'none'
    expect((await send(signed(url, secret, order, headers))).status).toBe(202)
    expect(outbox.kept.length).toBeGreaterThan(0)
  })

  test.each<[title: string, parts: object, problem: RegExp]>([
    ['without an id', { id: null }, /id/],
    [
      'with a forged consent',
      {
        note_attributes: [{ name: '__converge', value: '{"consent":"forged"}' }],
        meta_data: [{ key: '_converge', value: '{"consent":"forged"}' }],
      },
      /\$consent/,
    ],
    ['with a date that cannot be read', { processed_at: 'yesterday', date_created_gmt: 'yesterday' }, /timestamp/],
  ])('are 202 for an order %s, which is logged without personal data', async (_, parts, problem) => {
    const { send, log, outbox } = startSources()
    const { status, body } = await send(signed(url, secret, { ...order, ...parts }, headers))
    expect([status, body.accepted, body.statuses]).toEqual([202, 0, { failure: 1 }])
    expect(outbox.kept).toEqual([])
    expect(log).toEqual([expect.stringMatching(problem)])
    expect(log[0]).toMatch(new RegExp(`^error A \\w+ order is invalid and was not accepted source=${name}`))
    expect(log.join()).not.toMatch(/jane|erika|mustermann|doe/i)
  })

  test('do not depend on repetition: the same order has the same name and ID', async () => {
    const { send, outbox } = startSources()
    await send(signed(url, secret, order, headers))
    await send(signed(url, secret, order, headers))
    expect(new Set(outbox.kept.map(({ data, order }) => `${data.event} ${data.event_id} ${order}`)).size).toBe(
      outbox.kept.length / 2,
    )
  })
})

test("WooCommerce's ping, an unsigned form, is answered 2xx, and nothing else that is unsigned", async () => {
  const { send, outbox } = startSources()
  const ping = (body: string, name = 'woocommerce') =>
    new Request(addressOf(name), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'WooCommerce/10.1.0 Hookshot' },
      body,
    })
  expect((await send(ping('webhook_id=12'))).status).toBe(200)
  for (const body of ['', 'webhook_id=', 'webhook_id=12&x=1', JSON.stringify(wooCommerceOrder)])
    expect((await send(ping(body))).status).toBe(401)
  expect((await send(ping('webhook_id=12', 'shopify'))).status).toBe(401)
  expect(outbox.kept).toEqual([])
})

test.each(['order.deleted', 'customer.updated', 'action.woocommerce_add_to_cart'])(
  'a WooCommerce webhook of the topic %s sends nothing',
  async (topic) => {
    const { fromWooCommerce, outbox } = startSources()
    const { status, body } = await fromWooCommerce(wooCommerceOrder, topic)
    expect([status, body.statuses, outbox.kept]).toEqual([202, { skipped: 1 }, []])
  },
)

describe("Shopify's topics", () => {
  test.each([
    ['paid', 'orders/paid', true],
    ['paid', 'orders/create', false],
    ['created', 'orders/create', true],
    ['created', 'orders/paid', false],
    ['paid', 'orders/updated', false],
    ['paid', 'constructor', false],
    ['paid', '', false],
  ])('with orders: %s, the topic %j sends an order: %s', async (orders, topic, isSent) => {
    const { fromShopify, outbox } = startSources({}, { shopify: { orders } })
    const { status, body } = await fromShopify(shopifyOrder, topic)
    expect([status, outbox.kept.length > 0]).toEqual([202, isSent])
    if (isSent) return
    expect(body.problems?.[0]?.message).toMatch(/^topic: /)
    // True also of orders/updated, which is about an order.
    expect(body.problems?.[0]?.message).not.toContain('not about an order')
  })

  const redaction = {
    shop_id: 954889,
    shop_domain: 'shop.myshopify.example',
    customer: { id: 191167, email: 'jane@example.com', phone: '555-625-1199' },
    orders_to_redact: [299938, 280263],
  }

  test('customers/redact erases the events of a person, even while paused', async () => {
    const erased: unknown[] = []
    const erase = async (person: unknown) => {
      erased.push(person)
      return { waiting: 2, deadLetters: 1, sending: 0 }
    }
    const outbox = { add: async () => {}, start() {}, erase }
    const { fromShopify } = startSources({ paused: true, outbox }, { shopify: { enabled: false } })
    const customer = { ...redaction.customer, phone: '+1 555-625-1199' }
    const answer = await fromShopify({ ...redaction, customer }, 'customers/redact')
    expect([answer.status, answer.body]).toEqual([
      200,
      { accepted: 0, erased: { waiting: 2, dead_letters: 1, sending: 0 } },
    ])
    expect(erased).toEqual([
      {
        emails: [sha256('jane@example.com')],
        phones: [sha256('+15556251199')],
        customerIds: [sha256('191167')],
        orderIds: ['299938', '280263'],
      },
    ])
  })

  test('customers/redact is answered 200, and logged without personal data, if events cannot be found by person', async () => {
    const { fromShopify, log } = startSources()
    expect((await fromShopify(redaction, 'customers/redact')).status).toBe(200)
    expect(log).toEqual([expect.stringMatching(/^warn Shopify asks to erase a customer, .* source=shopify$/)])
    expect(log.join()).not.toMatch(/jane|555\W*625|191167/)
  })

  test('customers/redact is answered 500 if erasing failed, so that Shopify retries', async () => {
    const outbox = { add: async () => {}, start() {}, erase: async () => Promise.reject(new Error('disk I/O error')) }
    const { fromShopify } = startSources({ outbox })
    expect((await fromShopify(redaction, 'customers/redact')).status).toBe(500)
  })

  test.each(['shop/redact', 'app/uninstalled', 'customers/data_request'])(
    '%s is answered 200, logged, and erases nothing',
    async (topic) => {
      const { fromShopify, log, outbox } = startSources()
      await fromShopify(shopifyOrder)
      log.length = 0
      expect((await fromShopify(redaction, topic)).status).toBe(200)
      expect(log).toEqual([expect.stringMatching(/^warn .* source=shopify$/)])
      expect(outbox.kept.length).toBeGreaterThan(0)
    },
  )
})

const order = { event_name: 'Placed Order', properties: { id: '1001', total_price: 5, currency: 'EUR' } }

describe('the source of a request', () => {
  const sources: ForwarderConfig['sources'] = {
    erp: { token: 'token-of-erp' },
    till: { token: ['token-of-till', 'new-token-of-till'] },
  }
  const post = (path: string, token?: string, body: unknown = order) =>
    new Request(`${shop}/relay/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { 'x-webhook-token': token }) },
      body: JSON.stringify(body),
    })

  test.each<[path: string, token: string | undefined, status: number]>([
    ['webhook', webhookToken, 202],
    ['webhook', 'token-of-erp', 202],
    ['webhook', 'new-token-of-till', 202],
    ['webhook', 'no-token', 401],
    ['webhook', undefined, 401],
    ['webhook/webhook', webhookToken, 202],
    ['webhook/erp', 'token-of-erp', 202],
    ['webhook/till', 'token-of-till', 202],
    ['webhook/till', 'new-token-of-till', 202],
    // A token of one source opens no other one.
    ['webhook/erp', 'token-of-till', 401],
    ['webhook/erp', webhookToken, 401],
    ['webhook/till', 'token-of-erp', 401],
    ['webhook/erp', undefined, 401],
    ['webhook/shopify', 'token-of-erp', 401],
    // What is not there.
    ['webhook/crm', 'token-of-erp', 404],
    ['webhook/web', 'token-of-erp', 404],
    ['webhook/erp/', 'token-of-erp', 404],
    ['webhook/', 'token-of-erp', 404],
    ['webhook/constructor', 'token-of-erp', 404],
    // The last webhook of an address is the route.
    ['webhook/relay/webhook/erp', 'token-of-erp', 202],
  ])('POST %s with the token %s is answered %i', async (path, token, status) => {
    const { send, outbox } = startSources({ sources })
    expect((await send(post(path, token))).status).toBe(status)
    expect(outbox.kept.length > 0).toBe(status === 202)
  })

  test('is never the page: POST webhook/events does not reach the intake of pages', async () => {
    const { send, outbox, postEvents } = startSources({ sources })
    const batch = batchOf(relayed({ time: Date.now() }))
    expect((await postEvents(batch)).status).toBe(202)
    outbox.kept.length = 0
    for (const path of ['webhook/events', 'webhook/erp/events', 'events/webhook/events']) {
      const request = post(path, 'token-of-erp', batch)
      request.headers.set('origin', shop)
      expect((await send(request)).status).toBe(404)
    }
    expect(outbox.kept).toEqual([])
  })

  test('accepts only the methods of a webhook', async () => {
    const { send } = startSources({ sources })
    expect((await send(new Request(`${shop}/relay/webhook/erp`))).status).toBe(405)
  })

  test('is listed by the 404 if there are only signed ones', async () => {
    const { send } = startSources()
    const config = { pixelId, accessToken, allowedOrigins: [shop], outbox: createMemoryOutbox() }
    const only = createForwarder(
      { ...config, sources: { shopify: { type: 'shopify', secret }, woocommerce: { type: 'woocommerce', secret } } },
      { log: () => {} },
    )
    expect((await send(post('webhook', webhookToken))).status).toBe(202)
    const answer = await only.fetch(post('webhook', webhookToken))
    expect(answer.status).toBe(404)
    expect((await answer.json()).error).toContain('webhook/shopify, webhook/woocommerce')
  })
})

describe('a disabled source', () => {
  test.each<[title: string, config: Partial<ForwarderConfig>, parts: object, message: RegExp]>([
    ['by enabled', {}, { enabled: false }, /^source_disabled: /],
    ['by paused', { paused: true }, {}, /^paused: /],
  ])(
    'that is disabled %s answers 202 with the status skipped, and stores nothing',
    async (_, config, parts, message) => {
      const sources = { erp: { token: 'token-of-erp', ...parts }, web: parts }
      const started = startSources({ ...config, sources }, { shopify: parts, woocommerce: parts })
      const answers = [
        await started.fromShopify(shopifyOrder),
        await started.fromWooCommerce(wooCommerceOrder),
        await started.postWebhook(order, { 'x-webhook-token': 'token-of-erp' }),
        await started.postEvents(batchOf(relayed({ time: Date.now() }))),
      ]
      for (const { status, body } of answers) {
        expect([status, body.accepted, body.statuses]).toEqual([202, 0, { skipped: 1 }])
        expect(body.problems).toEqual([{ path: '', message: expect.stringMatching(message) }])
      }
      expect(started.outbox.kept).toEqual([])
    },
  )

  test('still refuses a wrong token, a wrong signature and a body that is not an event', async () => {
    const sources = { erp: { token: 'token-of-erp', enabled: false }, web: { enabled: false } }
    const { postWebhook, postEvents, send } = startSources({ sources }, { shopify: { enabled: false } })
    expect((await postWebhook(order, { 'x-webhook-token': 'no-token' })).status).toBe(401)
    expect((await send(signed(addressOf('shopify'), 'no secret', shopifyOrder, paid))).status).toBe(401)
    expect((await postWebhook('{', { 'x-webhook-token': 'token-of-erp' })).status).toBe(400)
    expect((await postEvents('{')).status).toBe(400)
  })

  test('does not disable the others', async () => {
    const { fromShopify, fromWooCommerce } = startSources({}, { shopify: { enabled: false } })
    expect((await fromShopify(shopifyOrder)).body.statuses).toEqual({ skipped: 1 })
    expect((await fromWooCommerce(wooCommerceOrder)).body.statuses).toEqual({ success: 1 })
  })

  test.each<[config: Partial<ForwarderConfig>]>([[{ paused: true }], [{ sources: { web: { enabled: false } } }]])(
    'sets paused in the page’s config, so that the page sends nothing: %j',
    async (config) => {
      const { fetch } = startSources(config)
      const script = await (await fetch(new Request(`${shop}/relay/converge.js`))).text()
      expect(script).toMatch(/^Object\.assign\([^\n]*"paused":true/)
    },
  )
})

test('health counts by source, and reports a disabled source', async () => {
  const { fetch, send, fromShopify, fromWooCommerce, postEvents, outbox } = startSources(
    { adminToken },
    { woocommerce: { enabled: false } },
  )
  await fromShopify(shopifyOrder)
  await fromShopify({ ...shopifyOrder, source_name: 'pos' })
  await send(signed(addressOf('shopify'), 'no secret', shopifyOrder, paid))
  await fromWooCommerce(wooCommerceOrder)
  await postEvents(batchOf(relayed({ time: Date.now() })))
  outbox.fault = 'full'
  await fromShopify(shopifyOrder)

  const authorization = `Bearer ${adminToken}`
  const health = await fetch(new Request(`${shop}/relay/health`, { headers: { authorization } }))
  const last = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
  expect((await health.json()).by_source).toEqual({
    web: { type: 'web', accepted: 1, statuses: {}, unauthorized: 0, unavailable: 0, last },
    webhook: { type: 'webhook', accepted: 0, statuses: {}, unauthorized: 0, unavailable: 0 },
    shopify: {
      type: 'shopify',
      accepted: 1,
      statuses: { success: 1, skipped: 1 },
      unauthorized: 1,
      unavailable: 1,
      last,
    },
    woocommerce: {
      type: 'woocommerce',
      enabled: false,
      accepted: 0,
      statuses: { skipped: 1 },
      unauthorized: 0,
      unavailable: 0,
      last,
    },
  })
})

test('a refused request is logged with its source, but never with an invented source name', async () => {
  const { send, log } = startSources()
  await send(signed(addressOf('shopify'), 'no secret', shopifyOrder, paid))
  await send(signed(addressOf('made-up-name'), secret, shopifyOrder, paid))
  expect(log).toEqual([
    expect.stringMatching(/^warn .* signature was refused status=401 route=webhook source=shopify/),
    expect.stringMatching(/^warn .*no source has this URL status=404 route=webhook/),
  ])
  expect(log.join()).not.toContain('made-up-name')
})
