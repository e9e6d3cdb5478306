import { createHash } from 'node:crypto'
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { ordersPaid } from '../../examples/shopify-webhook/orders-paid.ts'
import { createForwarder, type ForwarderConfig } from '../../src/server/forwarder.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { shopifyOrder } from './shopify-order.ts'
import { signed } from './signed.ts'

const tikTok = await createEventsApiHost()
beforeEach(() => tikTok.reset())
afterAll(() => tikTok.close())

const shopifySecret = 'shpss_0123456789'
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
  return ordersPaid(request, { shopifySecret, forwarder: 'https://converge.shop.example', webhookToken, send })
}

const fromShopify = (order: unknown) => signed('X-Shopify-Hmac-Sha256', shopifySecret, order)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('a paid order is a Purchase with what was paid, who bought it, and the click that it came from', async () => {
  const { status } = await receive(fromShopify(shopifyOrder))
  expect(status).toBe(200)
  expect(tikTok.accepted.map(({ event, event_id }) => [event, event_id])).toEqual([
    ['Purchase', '5678901234567'],
    ['NewCustomerPurchase', '5678901234567'],
  ])
  expect(tikTok.accepted[0]).toMatchObject({
    event_time: Math.floor(Date.parse(shopifyOrder.created_at) / 1000),
    page: { url: 'https://www.shop.example/cart' },
    user: {
      email: sha256('jane.doe@example.com'),
      phone: sha256('+19171234567'),
      external_id: sha256('7654321098765'),
      ttclid: 'E.C.P.CrEBabc',
      ttp: '2abCdEfGhIjKlMnOpQrStUvWxYz',
      ip: '203.0.113.9',
      user_agent: 'Mozilla/5.0 (Macintosh)',
      country: 'us',
    },
    properties: {
      value: 94.8,
      currency: 'USD',
      order_id: '5678901234567',
      num_items: 3,
      contents: [
        { content_id: '90101', content_name: 'Cap', brand: 'Milliner', price: 19.9, quantity: 2 },
        { content_id: '90201', content_name: 'Scarf', brand: 'Milliner', price: 49.95, quantity: 1 },
      ],
    },
  })
})

test('nothing of the order leaves that TikTok did not ask for', async () => {
  await receive(fromShopify(shopifyOrder))
  const [{ text } = { text: '' }] = tikTok.requests
  expect(text).toContain('Purchase')
  for (const secret of ['jane', 'Chestnut', '917', 'SPRING', 'birthday', 'Doe']) expect(text).not.toContain(secret)
})

test.each([
  ['an order of somebody who bought before', { customer: { ...shopifyOrder.customer, orders_count: 4 } }],
  ['an order without that count', { customer: { ...shopifyOrder.customer, orders_count: undefined } }],
])('%s is no NewCustomerPurchase', async (_, parts) => {
  await receive(fromShopify({ ...shopifyOrder, ...parts }))
  expect(tikTok.accepted.map(({ event }) => event)).toEqual(['Purchase'])
})

test.each([
  ['forged', signed('X-Shopify-Hmac-Sha256', 'another secret', shopifyOrder)],
  ['missing', new Request('https://hooks.shop.example', { method: 'POST', body: JSON.stringify(shopifyOrder) })],
  [
    'no base64',
    new Request('https://hooks.shop.example', { method: 'POST', headers: { 'X-Shopify-Hmac-Sha256': '{}' } }),
  ],
])('a signature that is %s is answered 401, and nothing is sent', async (_, request) => {
  const { status } = await receive(request)
  expect(status).toBe(401)
  expect(tikTok.requests).toEqual([])
})

test('a signature holds for one body alone', async () => {
  const { headers } = fromShopify(shopifyOrder)
  const body = JSON.stringify({ ...shopifyOrder, id: 1 })
  const { status } = await receive(new Request('https://hooks.shop.example', { method: 'POST', headers, body }))
  expect(status).toBe(401)
  expect(tikTok.requests).toEqual([])
})

test('a filter keeps the till and drafts out', async () => {
  const filters: ForwarderConfig['filters'] = [
    {
      event: 'Placed Order',
      any: [{ property: 'source_name', operator: 'not_in', value: ['pos', 'shopify_draft_order'] }],
    },
  ]
  for (const source_name of ['pos', 'shopify_draft_order', 'web']) {
    const { status } = await receive(fromShopify({ ...shopifyOrder, id: source_name.length, source_name }), { filters })
    expect(status).toBe(200)
  }
  expect(new Set(tikTok.accepted.map(({ event_id }) => event_id))).toEqual(new Set(['3']))
})

test('an order whose visitor did not consent stays here', async () => {
  const note_attributes = [{ name: '__converge', value: '{"consent":{"marketing":"denied"}}' }]
  expect((await receive(fromShopify({ ...shopifyOrder, note_attributes }))).status).toBe(200)
  expect((await receive(fromShopify({ ...shopifyOrder, note_attributes: [] }))).status).toBe(200)
  expect(tikTok.requests).toEqual([])
})

test('a cart attribute that somebody broke costs the click id, not the order', async () => {
  const note_attributes = [{ name: '__converge', value: '{"ttclid":' }]
  await receive(fromShopify({ ...shopifyOrder, note_attributes }), { consent: 'always' })
  expect(tikTok.accepted[0]).toMatchObject({ event: 'Purchase', user: { email: sha256('jane.doe@example.com') } })
})

test('an order that can never be taken is logged, and Shopify is not asked to send it again', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  const note_attributes = [{ name: '__converge', value: '{"consent":"forged"}' }]
  expect((await receive(fromShopify({ ...shopifyOrder, note_attributes }))).status).toBe(200)
  expect(tikTok.requests).toEqual([])
  expect(log.mock.calls).toEqual([[expect.stringMatching(/^Order 5678901234567 was not taken: .*\$consent/)]])
  expect(log.mock.calls.join()).not.toMatch(/jane/i)
})

test('Shopify’s own test notification is nobody’s purchase', async () => {
  expect((await receive(fromShopify({ ...shopifyOrder, test: true }))).status).toBe(200)
  expect(tikTok.requests).toEqual([])
})

test('while TikTok is down, Shopify is asked to come again', async () => {
  tikTok.faults.always = { status: 503 }
  expect((await receive(fromShopify(shopifyOrder))).status).toBe(503)
})

test('what the theme writes to the cart comes back with the order', async () => {
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
  await receive(fromShopify({ ...shopifyOrder, note_attributes }))
  expect(tikTok.accepted[0]?.user.ttclid).toBe('E.C.P.of-the-page')
})

const withoutContext = { ...shopifyOrder, note_attributes: [] }
const withContext = (context: object) => ({
  ...shopifyOrder,
  note_attributes: [{ name: '__converge', value: JSON.stringify(context) }],
})
const always = { consent: 'always' } as const
const granted = { marketing: 'granted' }

async function userOf(order: unknown, config: Partial<ForwarderConfig> = always) {
  expect((await receive(fromShopify(order), config)).status).toBe(200)
  return tikTok.accepted[0]?.user ?? expect.fail('nothing was sent')
}

test('an order that brings nothing of its page is matched by the browser and the click that Shopify saw', async () => {
  expect(await userOf(withoutContext)).toMatchObject({
    user_agent: 'Mozilla/5.0 (iPhone)',
    ip: '203.0.113.9',
    ttclid: 'E.C.P.from-landing',
  })
})

test('the browser that the page knows goes before the one that Shopify saw', async () => {
  const known = { ttclid: 'E.C.P.page', userAgent: 'Mozilla/5.0 (page)', consent: granted }
  expect(await userOf(withContext(known))).toMatchObject({ user_agent: 'Mozilla/5.0 (page)', ttclid: 'E.C.P.page' })
})

test.each([{ consent: granted }, { ttclid: '', userAgent: '', consent: granted }, { consent: null }, null, 'text', 7])(
  'what the page did not know comes from Shopify: %j',
  async (context) => {
    const note_attributes = [{ name: '__converge', value: JSON.stringify(context) }]
    const user = await userOf({ ...shopifyOrder, note_attributes })
    expect(user).toMatchObject({ user_agent: 'Mozilla/5.0 (iPhone)', ttclid: 'E.C.P.from-landing' })
  },
)

test('the click id of the first page stays here when the visitor said no', async () => {
  const denied = withContext({ consent: { marketing: 'denied' } })
  expect(await userOf(denied, { consent: 'always_server' })).not.toHaveProperty('ttclid')
})

test.each<[landing_site: string | null | undefined, ttclid: string | undefined]>([
  ['/?utm_source=tiktok&ttclid=E.C.P.a_b-c&x=1', 'E.C.P.a_b-c'],
  ['https://www.shop.example/products/cap?ttclid=E.C.P.1#top', 'E.C.P.1'],
  ['/?ttclid=E.C.P.1%2B2', 'E.C.P.1+2'],
  ['/products/cap', undefined],
  ['/products/ttclid=no', undefined],
  ['/?ttclid=', undefined],
  ['//?%&ttclid', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('the click id of the landing site %s is %s', async (landing_site, ttclid) => {
  expect((await userOf({ ...withoutContext, landing_site })).ttclid).toBe(ttclid)
})

test.each<[title: string, parts: object, city: string | undefined]>([
  ['billing', {}, 'louisville'],
  ['shipping, where billing is null', { billing_address: null }, 'paris'],
  ['shipping, where billing is missing', { billing_address: undefined }, 'paris'],
  [
    "the customer's, where the order has none",
    {
      billing_address: null,
      shipping_address: null,
      customer: { ...shopifyOrder.customer, default_address: { city: 'Lyon', country_code: 'FR' } },
    },
    'lyon',
  ],
  ['none', { billing_address: null, shipping_address: null }, undefined],
  ['none, of nobody', { billing_address: null, shipping_address: null, customer: null }, undefined],
])('the address is that of %s', async (_, parts, city) => {
  expect((await userOf({ ...shopifyOrder, ...parts })).city).toBe(city)
})

test('an order without an address still says who bought it', async () => {
  const user = await userOf({ ...shopifyOrder, email: '', billing_address: null, shipping_address: null })
  expect(user).toMatchObject({ email: sha256('jane.doe@example.com'), first_name: sha256('jane') })
})

test('a phone number is read by the country of the address that is used', async () => {
  const shipping_address = { ...shopifyOrder.shipping_address, phone: '01 42 68 53 00' }
  const customer = { ...shopifyOrder.customer, phone: null }
  const user = await userOf({ ...shopifyOrder, customer, billing_address: null, shipping_address })
  expect(user).toMatchObject({ phone: sha256('+33142685300'), country: 'fr' })
})

test('an order that no browser made is taken without one', async () => {
  const order = { ...withoutContext, client_details: null, browser_ip: null, landing_site: null, source_name: null }
  const user = await userOf(order)
  expect(user).not.toHaveProperty('user_agent')
  expect(user).not.toHaveProperty('ip')
})

test.each(['subscription_contract', 'subscription_contract_checkout_one'])(
  'a renewal is no Purchase: source_name %s',
  async (source_name) => {
    await receive(fromShopify({ ...shopifyOrder, source_name }))
    expect(tikTok.accepted).toMatchObject([
      {
        event: 'RecurringSubscriptionPaymentSucceeded',
        event_id: '5678901234567',
        properties: { value: 94.8, currency: 'USD' },
      },
    ])
  },
)

test.each([
  ['web', 'web'],
  ['pos', 'pos'],
  ['subscription_contract', 'subscription_contract'],
  ['subscription_contract_checkout_one', 'subscription_contract'],
  ['shopify_draft_order', 'web'],
  ['580111', 'web'],
  [null, 'web'],
])('an order of the source %s is of the sales channel %s', async (source_name, channel) => {
  const filtered = (value: string): Partial<ForwarderConfig> => ({
    filters: [{ event: '*', any: [{ property: '$sales_channel_type', operator: 'equal', value }] }],
  })
  for (const value of ['web', 'pos', 'subscription_contract']) {
    tikTok.reset()
    await receive(fromShopify({ ...shopifyOrder, source_name }), filtered(value))
    expect([value, tikTok.accepted.length > 0]).toEqual([value, value === channel])
  }
})
