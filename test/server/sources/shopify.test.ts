import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ForwarderConfig } from '../../../src/server/forwarder.ts'
import { euros, inEuros, lineOf, money, shippingOf, shopifyOrder } from './shopify-order.ts'
import { startSources } from './start-sources.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

/** What is kept of an order for TikTok. */
async function sentOf(order: unknown, config: Partial<ForwarderConfig> = {}, shopify: object = {}) {
  const forwarder = startSources(config, { shopify })
  const answer = await forwarder.fromShopify(order)
  expect(answer.status).toBe(202)
  return forwarder.outbox.kept.map(({ data }) => data)
}

const tip = {
  ...lineOf({ id: 99, title: 'Tip', price: '3.00', quantity: 1 }),
  product_id: null,
  variant_id: null,
  product_exists: false,
  sku: null,
  vendor: null,
}

interface Expected {
  /** What was paid, by hand. */
  value: number
  /** Less taxes and shipping, by hand. */
  net: number
  currency: string
  num_items: number
  /** Content id, price of one, quantity. */
  contents: [content_id: string | undefined, price: number, quantity: number][]
}

const bodies: [title: string, order: object, expected: Expected][] = [
  [
    // 2 × 19.90 + 49.95 - 5.00 of discount + 4.95 of shipping + 5.10 of tax = 94.80; 94.80 - 5.10 - 4.95 = 84.75
    'of a shop in euros, paid in dollars, with taxes on top',
    shopifyOrder,
    {
      value: 94.8,
      net: 84.75,
      currency: 'USD',
      num_items: 3,
      contents: [
        ['90101', 19.9, 2],
        ['90201', 49.95, 1],
      ],
    },
  ],
  [
    // 2 × 59.50 + 11.90 = 130.90, with 19 % in it: 20.90. Without tax the shipping is 10.00: 130.90 - 20.90 - 10.00 = 100.00
    'with taxes included',
    inEuros(
      { total: '130.90', tax: '20.90', shipping: '11.90' },
      {
        taxes_included: true,
        line_items: [lineOf({ id: 1, title: 'Coat', price: '59.50', quantity: 2 })],
        shipping_lines: [shippingOf('11.90', '1.90')],
      },
    ),
    { value: 130.9, net: 100, currency: 'EUR', num_items: 2, contents: [['90001', 59.5, 2]] },
  ],
  [
    // 39.00 - 39.00, and the shipping of 4.95 is free: 0.00
    'with a discount of 100 %',
    inEuros(
      { total: '0.00', tax: '0.00', discounts: '43.95', shipping: '4.95' },
      {
        discount_codes: [{ code: 'INFLUENCER', amount: '43.95', type: 'percentage' }],
        line_items: [lineOf({ id: 1, title: 'Coat', price: '39.00', quantity: 1 })],
        shipping_lines: [shippingOf('4.95', '0.00', '0.00')],
      },
    ),
    { value: 0, net: 0, currency: 'EUR', num_items: 1, contents: [['90001', 39, 1]] },
  ],
  [
    // Shopify lists a bundle by its parts. Two sets of 50.00 are 2 × 20.00 + 2 × 30.00 = 100.00
    'of two bundles',
    inEuros(
      { total: '100.00', tax: '0.00' },
      {
        line_items: [
          lineOf({ id: 1, title: 'Cap', price: '20.00', quantity: 2 }),
          lineOf({ id: 2, title: 'Scarf', price: '30.00', quantity: 2 }),
        ].map((line) => ({ ...line, sales_line_item_group_id: 102990129 })),
      },
    ),
    {
      value: 100,
      net: 100,
      currency: 'EUR',
      num_items: 4,
      contents: [
        ['90001', 20, 2],
        ['90002', 30, 2],
      ],
    },
  ],
  [
    // Ordered 3 × 19.90 + 49.95 = 109.65. One cap and the scarf were removed before it was paid: 2 × 19.90 = 39.80
    'with lines that were removed',
    {
      ...inEuros(
        { total: '109.65', tax: '0.00' },
        {
          line_items: [
            lineOf({ id: 1, title: 'Cap', price: '19.90', quantity: 3, current_quantity: 2 }),
            lineOf({ id: 2, title: 'Scarf', price: '49.95', quantity: 1, current_quantity: 0 }),
          ],
        },
      ),
      current_total_price: '39.80',
      current_total_price_set: euros('39.80'),
    },
    { value: 39.8, net: 39.8, currency: 'EUR', num_items: 2, contents: [['90001', 19.9, 2]] },
  ],
  [
    // 20.00 + 3.00 of tip = 23.00. A tip is paid, but it is no product
    'with a tip',
    inEuros(
      { total: '23.00', tax: '0.00' },
      { total_tip_received: '3.00', line_items: [lineOf({ id: 1, title: 'Cap', price: '20.00', quantity: 1 }), tip] },
    ),
    { value: 23, net: 23, currency: 'EUR', num_items: 1, contents: [['90001', 20, 1]] },
  ],
  [
    // The same, where two tips were given: Shopify names the payment of each
    'with two tips',
    inEuros(
      { total: '26.00', tax: '0.00' },
      {
        total_tip_received: '6.00',
        line_items: [
          lineOf({ id: 1, title: 'Cap', price: '20.00', quantity: 1 }),
          { ...tip, tip_payment_gateway: 'shopify_payments', tip_payment_method: 'visa' },
          { ...tip, tip_payment_gateway: 'cash', tip_payment_method: null },
        ],
      },
    ),
    { value: 26, net: 26, currency: 'EUR', num_items: 1, contents: [['90001', 20, 1]] },
  ],
  [
    // A line that the shop typed by hand, 15.00, has no product and no id. It was bought all the same: 20.00 + 15.00 = 35.00
    'with a line that the shop typed',
    inEuros(
      { total: '35.00', tax: '0.00' },
      {
        line_items: [
          lineOf({ id: 1, title: 'Cap', price: '20.00', quantity: 1 }),
          { ...tip, title: 'Engraving', price: '15.00', price_set: euros('15.00') },
        ],
      },
    ),
    {
      value: 35,
      net: 35,
      currency: 'EUR',
      num_items: 2,
      contents: [
        ['90001', 20, 1],
        [undefined, 15, 1],
      ],
    },
  ],
  [
    // Yen have no decimals: 3 × 3,200 + 800 of shipping = 10,400
    'in a currency without decimals',
    {
      ...shopifyOrder,
      presentment_currency: 'JPY',
      taxes_included: true,
      ...Object.fromEntries(
        ['current_total_price_set', 'total_price_set'].map((name) => [name, inYen('62.40', '10400')]),
      ),
      current_total_tax_set: inYen('0.00', '0'),
      line_items: [
        { ...lineOf({ id: 1, title: 'Cap', price: '19.20', quantity: 3 }), price_set: inYen('19.20', '3200') },
      ],
      shipping_lines: [
        { ...shippingOf('4.80', '0.00'), current_discounted_price_set: inYen('4.80', '800'), tax_lines: [] },
      ],
    },
    { value: 10_400, net: 9600, currency: 'JPY', num_items: 3, contents: [['90001', 3200, 3]] },
  ],
  [
    // 49.95 + 4.95. Of two shipping lines the express one was removed
    'with a shipping line that was removed',
    inEuros(
      { total: '54.90', tax: '0.00', shipping: '14.90' },
      {
        line_items: [lineOf({ id: 2, title: 'Scarf', price: '49.95', quantity: 1 })],
        shipping_lines: [shippingOf('4.95', '0.00'), { ...shippingOf('9.95', '0.00'), is_removed: true }],
      },
    ),
    { value: 54.9, net: 49.95, currency: 'EUR', num_items: 1, contents: [['90002', 49.95, 1]] },
  ],
]

function inYen(shop: string, presentment: string) {
  const { shop_money, presentment_money } = money(shop, presentment)
  return { shop_money, presentment_money: { ...presentment_money, currency_code: 'JPY' } }
}

describe.each(bodies)('an order %s', (_, order, { value, net, currency, num_items, contents }) => {
  test('has the value, currency, ids, prices and quantities of what was bought', async () => {
    const [purchase] = await sentOf(order)
    expect(purchase).toMatchObject({ event: 'Purchase', event_id: '5678901234567' })
    expect(purchase?.properties).toMatchObject({ value, currency, num_items, order_id: '5678901234567' })
    expect(purchase?.properties.contents?.map((one) => [one.content_id, one.price, one.quantity])).toEqual(contents)
  })

  test('has the net value that remains without taxes and shipping', async () => {
    const [purchase] = await sentOf(order, { value: 'net' })
    expect(purchase?.properties.value).toBe(net)
  })
})

test('an order has the customer, the address, the time and the click ID', async () => {
  const [purchase] = await sentOf(shopifyOrder)
  expect(purchase).toMatchObject({
    event_time: Math.floor(Date.parse(shopifyOrder.processed_at) / 1000),
    page: { url: 'https://www.shop.example/cart' },
    user: {
      email: sha256('jane.doe@example.com'),
      phone: sha256('+19171234567'),
      external_id: sha256('7654321098765'),
      first_name: sha256('jane'),
      last_name: sha256('doe'),
      zip_code: sha256('40202'),
      city: 'louisville',
      state: 'ky',
      country: 'us',
      ttclid: 'E.C.P.CrEBabc',
      ttp: '2abCdEfGhIjKlMnOpQrStUvWxYz',
      ip: '203.0.113.9',
      user_agent: 'Mozilla/5.0 (Macintosh)',
      locale: 'en-US',
    },
  })
})

test('only the fields of an order that TikTok needs are sent', async () => {
  const text = JSON.stringify(await sentOf(shopifyOrder))
  expect(text).toContain('Purchase')
  for (const secret of ['jane', 'Chestnut', '91740864812', 'SPRING', 'birthday', 'Doe', 'hWN1C2x', '7df6264'])
    expect(text).not.toContain(secret)
  expect(text).not.toMatch(/917\W*123/) // a time may contain three digits
})

test.each([
  ['an order of a new customer', { orders_count: 1 }, ['Purchase', 'NewCustomerPurchase']],
  ['an order of a returning customer', { orders_count: 4 }, ['Purchase']],
  ['an order without the count, as in newer API versions', { orders_count: undefined }, ['Purchase']],
])('%s, %j, becomes %j', async (_, parts, events) => {
  const sent = await sentOf({ ...shopifyOrder, customer: { ...shopifyOrder.customer, ...parts } })
  expect(sent.map(({ event }) => event)).toEqual(events)
})

const withoutContext = { ...shopifyOrder, note_attributes: [] }
const withContext = (context: unknown) => ({
  ...shopifyOrder,
  note_attributes: [{ name: '__converge', value: JSON.stringify(context) }],
})

async function userOf(order: unknown, config: Partial<ForwarderConfig> = {}, shopify: object = {}) {
  const [event] = await sentOf(order, config, shopify)
  return event?.user ?? expect.fail('nothing was sent')
}

test('an order without a customer and without an address is sent with the browser that Shopify saw', async () => {
  const order = {
    ...withoutContext,
    customer: null,
    billing_address: null,
    shipping_address: null,
    email: '',
    contact_email: null,
  }
  expect(await userOf(order)).toEqual({
    ip: '203.0.113.9',
    user_agent: 'Mozilla/5.0 (iPhone)',
    ttclid: 'E.C.P.from-landing',
    locale: 'en-US',
  })
})

test('an order without a browser is accepted', async () => {
  const order = { ...withoutContext, client_details: null, browser_ip: null, landing_site: null, source_name: null }
  const user = await userOf(order)
  for (const key of ['user_agent', 'ip', 'ttclid']) expect(user).not.toHaveProperty(key)
})

test('the browser that the page knows takes precedence over the one that Shopify saw', async () => {
  const known = { ttclid: 'E.C.P.page', userAgent: 'Mozilla/5.0 (page)', consent: { marketing: 'granted' } }
  expect(await userOf(withContext(known))).toMatchObject({ user_agent: 'Mozilla/5.0 (page)', ttclid: 'E.C.P.page' })
})

test.each([{}, { ttclid: '', userAgent: '' }, { consent: null }, null, 'text', 7])(
  'values that the page does not have come from Shopify: %j',
  async (context) => {
    expect(await userOf(withContext(context))).toMatchObject({
      user_agent: 'Mozilla/5.0 (iPhone)',
      ttclid: 'E.C.P.from-landing',
    })
  },
)

test('a broken cart attribute loses the click ID, not the order', async () => {
  const order = { ...shopifyOrder, note_attributes: [{ name: '__converge', value: '{"ttclid":' }] }
  expect(await userOf(order)).toMatchObject({ email: sha256('jane.doe@example.com') })
})

test('the click ID of the landing site is not sent if the visitor denied consent', async () => {
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
])('the click ID of the landing site %s is %s', async (landing_site, ttclid) => {
  expect((await userOf({ ...withoutContext, landing_site })).ttclid).toBe(ttclid)
})

test.each<[title: string, parts: object, city: string | undefined]>([
  ['the billing address', {}, 'louisville'],
  ['the shipping address if billing is null', { billing_address: null }, 'paris'],
  ['the shipping address if billing is missing', { billing_address: undefined }, 'paris'],
  [
    "the customer's if the order has none",
    {
      billing_address: null,
      shipping_address: null,
      customer: { ...shopifyOrder.customer, default_address: { city: 'Lyon', country_code: 'FR' } },
    },
    'lyon',
  ],
  ['none', { billing_address: null, shipping_address: null }, undefined],
  ['none without a customer', { billing_address: null, shipping_address: null, customer: null }, undefined],
])('the address used is %s', async (_, parts, city) => {
  expect((await userOf({ ...shopifyOrder, ...parts })).city).toBe(city)
})

test('an order without an address still has the customer’s identity', async () => {
  const user = await userOf({
    ...shopifyOrder,
    email: '',
    contact_email: null,
    billing_address: null,
    shipping_address: null,
  })
  expect(user).toMatchObject({ email: sha256('jane.doe@example.com'), first_name: sha256('jane') })
})

test('a phone number is read by the country of the address that is used', async () => {
  const shipping_address = { ...shopifyOrder.shipping_address, phone: '01 42 68 53 00' }
  const customer = { ...shopifyOrder.customer, phone: null }
  const user = await userOf({ ...shopifyOrder, customer, billing_address: null, shipping_address })
  expect(user).toMatchObject({ phone: sha256('+33142685300'), country: 'fr' })
})

test.each([
  ['web', 'Purchase'],
  ['580111', 'Purchase'],
  [null, 'Purchase'],
  ['subscription_contract', 'RecurringSubscriptionPaymentSucceeded'],
  ['subscription_contract_checkout_one', 'RecurringSubscriptionPaymentSucceeded'],
])('an order of source_name %s is a %s', async (source_name, event) => {
  const customer = { ...shopifyOrder.customer, orders_count: 3 }
  expect(await sentOf({ ...shopifyOrder, customer, source_name })).toMatchObject([
    { event, event_id: '5678901234567', properties: { value: 94.8, currency: 'USD' } },
  ])
})

test.each([
  ['web', 'web'],
  ['pos', 'pos'],
  ['subscription_contract', 'subscription_contract'],
  ['subscription_contract_checkout_one', 'subscription_contract'],
  ['shopify_draft_order', 'web'],
  ['580111', 'web'],
  [null, 'web'],
])('an order of source_name %s has the sales channel %s', async (source_name, channel) => {
  for (const value of ['web', 'pos', 'subscription_contract']) {
    const filters = [{ event: '*', any: [{ property: '$sales_channel_type', operator: 'equal', value }] }] as const
    const sent = await sentOf({ ...shopifyOrder, source_name }, { filters }, { skipSourceNames: [] })
    expect([value, sent.length > 0]).toEqual([value, value === channel])
  }
})

describe('orders that are not sent', () => {
  test.each([
    ['a point-of-sale order', { source_name: 'pos' }, /^source_name: .* pos$/],
    ['a draft', { source_name: 'shopify_draft_order', user_id: 116651032876 }, /^source_name: .* shopify_draft_order$/],
    ['a test order', { test: true }, /^test_order: /],
    ['a canceled order', { cancelled_at: hoursAgo(1), financial_status: 'voided' }, /^cancelled: /],
  ])('%s is skipped, and the answer says why', async (_, parts, message) => {
    const { fromShopify, outbox } = startSources()
    const { status, body } = await fromShopify({ ...shopifyOrder, ...parts })
    expect([status, body.accepted, body.statuses]).toEqual([202, 0, { skipped: 1 }])
    expect(body.problems).toEqual([{ path: '', message: expect.stringMatching(message) }])
    expect(outbox.kept).toEqual([])
  })

  test('skipSourceNames replaces the names that are skipped', async () => {
    expect(await sentOf({ ...shopifyOrder, source_name: 'pos' }, {}, { skipSourceNames: [] })).not.toEqual([])
    expect(await sentOf({ ...shopifyOrder, source_name: '580111' }, {}, { skipSourceNames: ['580111'] })).toEqual([])
  })

  test('an order whose visitor did not consent is not sent under require', async () => {
    expect(await sentOf(withContext({ consent: { marketing: 'denied' } }), { consent: 'require' })).toEqual([])
    expect(await sentOf(withoutContext, { consent: 'require' })).toEqual([])
  })
})

describe('a bank transfer that is paid two days later', () => {
  const late = {
    ...shopifyOrder,
    created_at: hoursAgo(49),
    processed_at: hoursAgo(49),
    payment_gateway_names: ['Bank Deposit'],
  }

  test('is not sent if the page has sent it, because TikTok would count it again', async () => {
    const { fromShopify, outbox } = startSources()
    const { status, body } = await fromShopify(late)
    expect([status, body.statuses, outbox.kept]).toEqual([202, { skipped: 1 }, []])
    expect(body.problems?.[0]?.message).toMatch(/^too_late: /)
  })

  test('is sent with the time of the order if no pixel sends it', async () => {
    const mapping = { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } } as const
    const [purchase] = await sentOf(late, { mapping })
    expect(purchase).toMatchObject({
      event: 'Purchase',
      event_time: Math.floor(Date.parse(late.processed_at) / 1000),
      properties: { value: 94.8 },
    })
  })

  test('is not sent by a row of the source if the pixel sends the same event', async () => {
    const mapping = { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } }
    expect(await sentOf(late, {}, { mapping })).toEqual([])
  })

  test('is sent when it is ordered if orders is created', async () => {
    const { fromShopify, outbox } = startSources({}, { shopify: { orders: 'created' } })
    const { body } = await fromShopify({ ...shopifyOrder, financial_status: 'pending' }, 'orders/create')
    expect(body.statuses).toEqual({ success: 1 })
    const paid = await fromShopify({ ...late, financial_status: 'paid' }, 'orders/paid')
    expect(paid.body).toMatchObject({ accepted: 0, statuses: { skipped: 1 } })
    expect(outbox.kept.filter(({ data }) => data.event === 'Purchase')).toHaveLength(1)
  })
})

test('an imported order has the time at which it was ordered, not the time of the import', async () => {
  const processed_at = hoursAgo(20)
  const [purchase] = await sentOf({ ...shopifyOrder, created_at: hoursAgo(0), processed_at })
  expect(purchase?.event_time).toBe(Math.floor(Date.parse(processed_at) / 1000))
})

test('without presentment money, the amounts have the currency of the shop', async () => {
  const amounts = { total_price: '86.00', total_tax: '4.63', currency: 'EUR', presentment_currency: 'USD' }
  const [purchase] = await sentOf({ id: 1, ...amounts, line_items: [{ product_id: 1, price: '43.00', quantity: 2 }] })
  expect(purchase?.properties).toMatchObject({ value: 86, currency: 'EUR', contents: [{ price: 43, quantity: 2 }] })
})

test('an order with almost no fields is sent with the existing ones', async () => {
  const [purchase] = await sentOf({ id: 1, total_price: '5.00', currency: 'EUR', line_items: null })
  expect(purchase).toMatchObject({ event_id: '1', properties: { value: 5, currency: 'EUR' } })
})
