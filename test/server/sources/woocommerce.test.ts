import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ForwarderConfig } from '../../../src/server/forwarder.ts'
import { startSources } from './start-sources.ts'
import { wooCommerceOrder } from './woocommerce-order.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)

/** What is kept of an order for TikTok. */
async function sentOf(order: unknown, config: Partial<ForwarderConfig> = {}, woocommerce: object = {}) {
  const forwarder = startSources(config, { woocommerce })
  const answer = await forwarder.fromWooCommerce(order)
  expect(answer.status).toBe(202)
  return forwarder.outbox.kept.map(({ data }) => data)
}

const [cap = expect.fail()] = wooCommerceOrder.line_items
const lineOf = (product_id: number, parts: { quantity: number; total: string; total_tax: string }) => ({
  ...cap,
  id: product_id,
  product_id,
  variation_id: 0,
  sku: '',
  name: `Product ${product_id}`,
  ...parts,
})

interface Expected {
  /** What was paid, by hand. */
  value: number
  /** Less taxes and shipping, by hand. */
  net: number
  currency: string
  num_items: number
  /** Content id, price of one, quantity. */
  contents: [content_id: string, price: number, quantity: number][]
}

const bodies: [title: string, parts: object, expected: Expected][] = [
  [
    // (36.80 + 6.99) + (37.03 + 7.99) + (4.95 + 0.99) = 94.75; the caps are 43.79 / 2 = 21.895 each;
    // 94.75 - 15.97 of tax - 4.95 of shipping = 73.83, which is 36.80 + 37.03
    'with prices that are entered without tax',
    {},
    {
      value: 94.75,
      net: 73.83,
      currency: 'EUR',
      num_items: 3,
      contents: [
        ['94', 21.895, 2],
        ['22', 45.02, 1],
      ],
    },
  ],
  [
    // Three of 10.00, of which 1.60 is tax: 25.21 + 4.79 = 30.00; 30.00 - 4.79 = 25.21
    'with prices that are entered with tax',
    {
      prices_include_tax: true,
      total: '30.00',
      total_tax: '4.79',
      shipping_total: '0.00',
      shipping_tax: '0.00',
      line_items: [lineOf(5, { quantity: 3, total: '25.21', total_tax: '4.79' })],
    },
    { value: 30, net: 25.21, currency: 'EUR', num_items: 3, contents: [['5', 10, 3]] },
  ],
  [
    // A coupon of 100 % on everything, shipping free: 0.00
    'with a discount of 100 %',
    {
      total: '0.00',
      total_tax: '0.00',
      shipping_total: '0.00',
      discount_total: '39.00',
      coupon_lines: [{ id: 1, code: 'influencer', discount: '39.00', discount_tax: '0.00' }],
      line_items: [lineOf(5, { quantity: 1, total: '0.00', total_tax: '0.00' })],
    },
    { value: 0, net: 0, currency: 'EUR', num_items: 1, contents: [['5', 0, 1]] },
  ],
  [
    // Product Bundles: the bundle has the price of 50.00, its two parts have none
    'of a bundle',
    {
      total: '50.00',
      total_tax: '0.00',
      shipping_total: '0.00',
      line_items: [
        lineOf(7, { quantity: 1, total: '50.00', total_tax: '0.00' }),
        { ...lineOf(8, { quantity: 1, total: '0.00', total_tax: '0.00' }), bundled_by: 7 },
        { ...lineOf(9, { quantity: 1, total: '0.00', total_tax: '0.00' }), bundled_by: 7 },
      ],
    },
    {
      value: 50,
      net: 50,
      currency: 'EUR',
      num_items: 3,
      contents: [
        ['7', 50, 1],
        ['8', 0, 1],
        ['9', 0, 1],
      ],
    },
  ],
  [
    // A tip is a fee: 20.00 + 3.00 = 23.00. It is paid, but it is no product
    'with a tip',
    {
      total: '23.00',
      total_tax: '0.00',
      shipping_total: '0.00',
      fee_lines: [{ id: 9, name: 'Tip', total: '3.00', total_tax: '0.00' }],
      line_items: [lineOf(5, { quantity: 1, total: '20.00', total_tax: '0.00' })],
    },
    { value: 23, net: 23, currency: 'EUR', num_items: 1, contents: [['5', 20, 1]] },
  ],
  [
    // The order's own currency, whatever the shop's is. Yen have no decimals: 2 × 990 = 1,980
    'in another currency, without decimals',
    {
      currency: 'JPY',
      total: '1980',
      total_tax: '180',
      shipping_total: '0',
      line_items: [lineOf(5, { quantity: 2, total: '1800', total_tax: '180' })],
    },
    { value: 1980, net: 1800, currency: 'JPY', num_items: 2, contents: [['5', 990, 2]] },
  ],
]

describe.each(bodies)('an order %s', (_, parts, { value, net, currency, num_items, contents }) => {
  test('has the value, currency, ids, prices and quantities of what was bought', async () => {
    const [purchase] = await sentOf({ ...wooCommerceOrder, ...parts })
    expect(purchase).toMatchObject({ event: 'Purchase', event_id: '727' })
    expect(purchase?.properties).toMatchObject({ value, currency, num_items, order_id: '727' })
    expect(purchase?.properties.contents?.map((one) => [one.content_id, one.price, one.quantity])).toEqual(contents)
  })

  test('has the net value that remains without taxes and shipping', async () => {
    const [purchase] = await sentOf({ ...wooCommerceOrder, ...parts }, { value: 'net' })
    expect(purchase?.properties.value).toBe(net)
  })
})

test('an order has the customer, the address, the time and the click ID', async () => {
  const [purchase] = await sentOf({ ...wooCommerceOrder, customer_id: 17 })
  expect(purchase).toMatchObject({
    event_time: Date.parse(`${wooCommerceOrder.date_created_gmt}Z`) / 1000,
    page: { url: 'https://www.shop.example/checkout/' },
    user: {
      email: sha256('erika@example.com'),
      phone: sha256('+491712345678'),
      external_id: sha256('17'),
      first_name: sha256('erika'),
      last_name: sha256('mustermann'),
      zip_code: sha256('51147'),
      city: 'köln',
      country: 'de',
      ttclid: 'E.C.P.CrEBabc',
      ip: '203.0.113.9',
      user_agent: 'Mozilla/5.0 (Macintosh)',
    },
  })
})

test('only the fields of an order that TikTok needs are sent', async () => {
  const text = JSON.stringify(await sentOf(wooCommerceOrder))
  expect(text).toContain('Purchase')
  for (const secret of ['erika', 'Heidestr', 'wc_order_', 'Ringstr', 'spring', 'stripe'])
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase())
  expect(text).not.toMatch(/\b171\b/) // a time or a hash may contain these digits
})

test('a guest has no customer ID', async () => {
  const [purchase] = await sentOf({ ...wooCommerceOrder, customer_id: 0 })
  expect(purchase?.user).not.toHaveProperty('external_id')
})

const emptyBilling = Object.fromEntries(Object.keys(wooCommerceOrder.billing).map((name) => [name, '']))

test.each<[title: string, parts: object, user: object]>([
  ['the shipping address if billing is empty', { billing: emptyBilling }, { city: 'wien', country: 'at' }],
  ['the shipping address if billing is null', { billing: null }, { city: 'wien', first_name: sha256('max') }],
  ['only the billing address if both exist', {}, { city: 'köln', first_name: sha256('erika') }],
])('an order is sent with %s', async (_, parts, user) => {
  const [purchase] = await sentOf({ ...wooCommerceOrder, ...parts })
  expect(purchase?.user).toMatchObject(user)
})

test('an order without any address is sent with the browser that WooCommerce saw', async () => {
  const parts = { billing: null, shipping: null, meta_data: [] }
  const [purchase] = await sentOf({ ...wooCommerceOrder, ...parts })
  expect(purchase?.user).toEqual({ ip: '203.0.113.9', user_agent: 'Mozilla/5.0 (Macintosh)' })
})

describe('statuses', () => {
  test.each(['pending', 'on-hold', 'failed', 'cancelled', 'refunded', 'checkout-draft', 'trash', ''])(
    'in which an order is skipped, with the reason in the answer: %j',
    async (status) => {
      const { fromWooCommerce, outbox } = startSources()
      const { body } = await fromWooCommerce({ ...wooCommerceOrder, status })
      expect([body.accepted, body.statuses, outbox.kept]).toEqual([0, { skipped: 1 }, []])
      expect(body.problems?.[0]?.message).toMatch(/^status: statuses does not contain /)
    },
  )

  test('are replaced by the option statuses', async () => {
    const statuses = ['on-hold']
    expect(await sentOf({ ...wooCommerceOrder, status: 'on-hold' }, {}, { statuses })).not.toEqual([])
    expect(await sentOf({ ...wooCommerceOrder, status: 'completed' }, {}, { statuses })).toEqual([])
  })
})

describe('a bank transfer that is paid two days later', () => {
  const ordered = { ...wooCommerceOrder, status: 'on-hold', payment_method: 'bacs', date_paid_gmt: null }
  const paid = { ...ordered, status: 'processing', date_created_gmt: hoursAgo(49), date_paid_gmt: hoursAgo(0) }

  test('is not sent if the page has sent it, because TikTok would count it again', async () => {
    const { fromWooCommerce, outbox } = startSources()
    expect((await fromWooCommerce(ordered, 'order.created')).body.statuses).toEqual({ skipped: 1 })
    const { body } = await fromWooCommerce(paid)
    expect([body.statuses, outbox.kept]).toEqual([{ skipped: 1 }, []])
    expect(body.problems?.[0]?.message).toMatch(/^too_late: /)
  })

  test('is sent with the time of the order if no pixel sends it', async () => {
    const mapping = { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } } as const
    const [purchase] = await sentOf(paid, { mapping })
    expect(purchase?.event_time).toBe(Date.parse(`${paid.date_created_gmt}Z`) / 1000)
  })
})

test('an order that is completed a day later has the same ID and time', async () => {
  const created = hoursAgo(24)
  const [first] = await sentOf({ ...wooCommerceOrder, date_created_gmt: created })
  const [second] = await sentOf({ ...wooCommerceOrder, date_created_gmt: created, status: 'completed' })
  expect([second?.event_id, second?.event_time]).toEqual([first?.event_id, first?.event_time])
})

test('an order without the page context is not sent under require', async () => {
  expect(await sentOf({ ...wooCommerceOrder, meta_data: [] }, { consent: 'require' })).toEqual([])
})

test.each([
  ['Set &amp; more', 'Set & more'],
  ['Gro&szlig;e M&uuml;tze &#8211; &quot;Winter&quot;', 'Große Mütze – "Winter"'],
  ['It&#8217;s &#x1F9E2; &#X26; &apos;caps&apos; &lt;b&gt;', "It’s 🧢 & 'caps' <b>"],
  ['Decoded &amp;amp; once', 'Decoded &amp; once'],
  ['Cap &unknown; & Co; AT&T &;', 'Cap &unknown; & Co; AT&T &;'],
  ['No character &#0; &#55296; &#xFFFFFF; &#99999999;', 'No character &#0; &#55296; &#xFFFFFF; &#99999999;'],
  ['A&nbsp;B &euro;5 &hellip; &trade;', 'A\u00a0B €5 … ™'],
])('an item’s name is decoded from HTML: %s', async (name, text) => {
  const [purchase] = await sentOf({ ...wooCommerceOrder, line_items: [{ ...cap, name }] })
  expect(purchase?.properties.contents?.[0]?.content_name).toBe(text)
})

test('a line with the quantity 0 has no price', async () => {
  const [purchase] = await sentOf({ ...wooCommerceOrder, line_items: [{ ...cap, quantity: 0 }] })
  expect(purchase?.properties.contents?.[0]).not.toHaveProperty('price')
})

const only = (value: string): Partial<ForwarderConfig> => ({
  filters: [{ event: '*', any: [{ property: '$sales_channel_type', operator: 'equal', value }] }],
})

test.each<[title: string, parts: object]>([
  ['that WooCommerce Subscriptions created', { created_via: 'subscription' }],
  [
    'that the customer paid in the checkout',
    { meta_data: [...wooCommerceOrder.meta_data, { id: 1, key: '_subscription_renewal', value: '700' }] },
  ],
])('a renewal %s is not a Purchase', async (_, parts) => {
  const renewal = { ...wooCommerceOrder, ...parts }
  expect(await sentOf(renewal, only('web'))).toEqual([])
  expect(await sentOf(renewal, only('subscription_contract'))).toMatchObject([
    { event: 'RecurringSubscriptionPaymentSucceeded', event_id: '727', properties: { value: 94.75, currency: 'EUR' } },
  ])
})

test.each(['checkout', 'store-api', 'admin', 'rest-api', ''])(
  'an order created via %j is a Purchase on the web',
  async (via) => {
    const sent = await sentOf({ ...wooCommerceOrder, created_via: via }, only('web'))
    expect(sent.map(({ event }) => event)).toEqual(['Purchase'])
  },
)

test('an order with almost no fields is sent with the existing ones', async () => {
  const order = { id: 1, status: 'processing', total: '5.00', currency: 'EUR', line_items: null, meta_data: null }
  expect(await sentOf(order)).toMatchObject([{ event_id: '1', properties: { value: 5, currency: 'EUR' } }])
})
