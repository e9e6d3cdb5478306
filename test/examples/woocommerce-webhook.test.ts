import { createHash } from 'node:crypto'
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { orderUpdated } from '../../examples/woocommerce-webhook/order-updated.ts'
import { createForwarder, type ForwarderConfig } from '../../src/server/forwarder.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { signed } from './signed.ts'
import { wooCommerceOrder } from './woocommerce-order.ts'

const tikTok = await createEventsApiHost()
beforeEach(() => tikTok.reset())
afterAll(() => tikTok.close())

const wooSecret = 'a secret of the shop'
const webhookToken = 'a-token-of-the-forwarder'

function receive(request: Request, config: Partial<ForwarderConfig> = {}): Promise<Response> {
  const forwarder = createForwarder(
    {
      pixelId: 'CJQBODJC77UB4MRTGFRF',
      consent: 'require',
      accessToken: 'an-access-token-of-tiktok',
      allowedOrigins: ['https://www.shop.example'],
      webhookToken,
      eventsApiUrl: tikTok.url,
      ...config,
    },
    { log: () => {} },
  )
  const send = (request: Request) => forwarder.fetch(request)
  return orderUpdated(request, { wooSecret, forwarder: 'https://converge.shop.example', webhookToken, send })
}

const fromShop = (order: unknown) => signed('X-WC-Webhook-Signature', wooSecret, order)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('an order in processing is a Purchase with what was paid, who bought it, and the click that it came from', async () => {
  const { status } = await receive(fromShop(wooCommerceOrder))
  expect(status).toBe(200)
  expect(tikTok.accepted).toHaveLength(1)
  expect(tikTok.accepted[0]).toMatchObject({
    event: 'Purchase',
    event_id: '727',
    event_time: Date.parse(`${wooCommerceOrder.date_created_gmt}Z`) / 1000,
    page: { url: 'https://www.shop.example/checkout/' },
    user: {
      email: sha256('erika@example.com'),
      phone: sha256('+491712345678'),
      ttclid: 'E.C.P.CrEBabc',
      ip: '203.0.113.9',
      user_agent: 'Mozilla/5.0 (Macintosh)',
      city: 'köln',
      country: 'de',
    },
    properties: {
      value: 94.8,
      currency: 'EUR',
      order_id: '727',
      num_items: 3,
      contents: [
        { content_id: '94', content_name: 'Cap - Red', price: 21.895, quantity: 2 },
        { content_id: '22', content_name: 'Scarf', price: 45.02, quantity: 1 },
      ],
    },
  })
})

test('a guest has no customer id', async () => {
  await receive(fromShop(wooCommerceOrder))
  expect(tikTok.accepted[0]?.user).not.toHaveProperty('external_id')
})

test.each(['pending', 'on-hold', 'failed', 'cancelled', 'refunded', 'checkout-draft'])(
  'an order that is %s is no purchase',
  async (status) => {
    expect((await receive(fromShop({ ...wooCommerceOrder, status }))).status).toBe(200)
    expect(tikTok.requests).toEqual([])
  },
)

test('an order that is completed a day later is the same purchase, and after days it is no second one', async () => {
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)
  await receive(fromShop(wooCommerceOrder))
  await receive(fromShop({ ...wooCommerceOrder, status: 'completed', date_created_gmt: hoursAgo(24) }))
  expect(tikTok.accepted).toHaveLength(2)
  expect(tikTok.counted).toHaveLength(1)
  await receive(fromShop({ ...wooCommerceOrder, status: 'completed', date_created_gmt: hoursAgo(72) }))
  expect(tikTok.accepted).toHaveLength(2)
})

test.each([
  ['forged', signed('X-WC-Webhook-Signature', 'another secret', wooCommerceOrder)],
  ['missing', new Request('https://hooks.shop.example', { method: 'POST', body: JSON.stringify(wooCommerceOrder) })],
])('a signature that is %s is answered 401, and nothing is sent', async (_, request) => {
  expect((await receive(request)).status).toBe(401)
  expect(tikTok.requests).toEqual([])
})

test('the ping that WooCommerce sends when a webhook is saved is answered', async () => {
  const ping = new Request('https://hooks.shop.example', { method: 'POST', body: 'webhook_id=12' })
  expect((await receive(ping)).status).toBe(200)
  expect(tikTok.requests).toEqual([])
})

test('an order without what the page knew is held to the consent that it lacks', async () => {
  expect((await receive(fromShop({ ...wooCommerceOrder, meta_data: [] }))).status).toBe(200)
  expect(tikTok.requests).toEqual([])
})

test('an order that can never be taken is logged, and does not switch the webhook off', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  const meta_data = [{ key: '_converge', value: '{"consent":"forged"}' }]
  expect((await receive(fromShop({ ...wooCommerceOrder, meta_data }))).status).toBe(200)
  expect(tikTok.requests).toEqual([])
  expect(log.mock.calls).toEqual([[expect.stringMatching(/^Order 727 was not taken: .*\$consent/)]])
  expect(log.mock.calls.join()).not.toMatch(/erika/i)
})

const [line = expect.fail()] = wooCommerceOrder.line_items

test.each([
  ['Set &amp; more', 'Set & more'],
  ['Gro&szlig;e M&uuml;tze &#8211; &quot;Winter&quot;', 'Große Mütze – "Winter"'],
  ['It&#8217;s &#x1F9E2; &#X26; &apos;caps&apos; &lt;b&gt;', "It’s 🧢 & 'caps' <b>"],
  ['Decoded &amp;amp; once', 'Decoded &amp; once'],
  ['Cap &unknown; & Co; AT&T &;', 'Cap &unknown; & Co; AT&T &;'],
  ['No character &#0; &#55296; &#xFFFFFF; &#99999999;', 'No character &#0; &#55296; &#xFFFFFF; &#99999999;'],
  ['A&nbsp;B &euro;5 &hellip; &trade;', 'A\u00a0B €5 … ™'],
])('an item’s name is text: %s', async (name, text) => {
  await receive(fromShop({ ...wooCommerceOrder, line_items: [{ ...line, name }] }))
  expect(tikTok.accepted[0]?.properties.contents?.[0]?.content_name).toBe(text)
})

test('a line of no pieces has no price', async () => {
  await receive(fromShop({ ...wooCommerceOrder, line_items: [{ ...line, quantity: 0 }] }))
  expect(tikTok.accepted[0]?.properties.contents?.[0]).not.toHaveProperty('price')
})

const only = (property: string, value: string): Partial<ForwarderConfig> => ({
  filters: [{ event: '*', any: [{ property, operator: 'equal', value }] }],
})

test('a renewal is no Purchase', async () => {
  const renewal = { ...wooCommerceOrder, created_via: 'subscription' }
  await receive(fromShop(renewal), only('$sales_channel_type', 'web'))
  expect(tikTok.accepted).toEqual([])
  await receive(fromShop(renewal), only('$sales_channel_type', 'subscription_contract'))
  expect(tikTok.accepted).toMatchObject([
    { event: 'RecurringSubscriptionPaymentSucceeded', event_id: '727', properties: { value: 94.8, currency: 'EUR' } },
  ])
})

test.each(['checkout', 'store-api', 'admin', 'rest-api', ''])(
  'an order by %s is a Purchase on the web',
  async (via) => {
    await receive(fromShop({ ...wooCommerceOrder, created_via: via }), only('$sales_channel_type', 'web'))
    expect(tikTok.accepted.map(({ event }) => event)).toEqual(['Purchase'])
  },
)
