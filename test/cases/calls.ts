import type { EventParameters } from '../../src/types.ts'
import type { CallCase, CvgCall } from './case.ts'

// Calls as they were observed on the pages of live shops.

const track = (eventName: string, properties?: object, rest?: object): CvgCall => ({
  method: 'track',
  eventName,
  properties,
  ...rest,
})

const cap = { product_id: '9010', variant_id: '90101', name: 'Cap', price: 19.9, quantity: 1, currency: 'EUR' }
const { variant_id, ...capAlone } = cap
const content = { content_id: '90101', content_type: 'product', content_name: 'Cap', price: 19.9, quantity: 1 } as const

/** The parameters of one product. */
const added = (change: Partial<typeof content> | Record<string, unknown>, value = 19.9): EventParameters => ({
  contents: [{ ...content, ...change }],
  content_type: 'product',
  num_items: 1,
  value,
  currency: 'EUR',
})
const addedCap = { event: 'AddToCart', parameters: added({}) }

const order = { id: '1001', total_price: 19.9, total_tax: 0, total_shipping: 0, currency: 'EUR', items: [cap] }
const ordered: EventParameters = { ...added({}), order_id: '1001' }
const purchase = { event: 'Purchase', parameters: ordered, event_id: '1001' }

const items = [cap]

export const callCases: CallCase[] = [
  {
    title: 'ids that are numbers become text',
    cvg: [
      track('Added To Cart', { ...cap, product_id: 9010, variant_id: 90101 }),
      track('Placed Order', { ...order, id: 1001 }),
    ],
    pixel: [addedCap, purchase],
  },
  {
    title: 'the product_id is sent if the variant_id is null',
    cvg: [track('Added To Cart', { ...cap, variant_id: null })],
    pixel: [{ event: 'AddToCart', parameters: added({ content_id: '9010' }) }],
  },
  {
    title: "a variation's ID in product_id is sent if there is no variant_id",
    cvg: [track('Added To Cart', { ...capAlone, product_id: variant_id })],
    pixel: [addedCap],
  },
  {
    title: 'an empty SKU changes nothing in a mode other than sku',
    cvg: [track('Added To Cart', { ...cap, sku: '' })],
    pixel: [addedCap],
  },
  {
    title: 'an empty SKU sends no content_id in the mode sku',
    config: { contentId: 'sku' },
    cvg: [track('Added To Cart', { ...cap, sku: '' })],
    pixel: [
      {
        event: 'AddToCart',
        parameters: {
          contents: [{ content_type: 'product', content_name: 'Cap', price: 19.9, quantity: 1 }],
          content_type: 'product',
          num_items: 1,
          value: 19.9,
          currency: 'EUR',
        },
      },
    ],
  },
  {
    title: 'a price and a quantity given as text become numbers',
    cvg: [track('Added To Cart', { ...cap, price: '10.50', quantity: '2' })],
    pixel: [{ event: 'AddToCart', parameters: { ...added({ price: 10.5, quantity: 2 }, 21), num_items: 2 } }],
  },
  {
    title: 'a price and a quantity of NaN are omitted, and the currency too',
    cvg: [track('Added To Cart', { ...cap, price: Number.NaN, quantity: Number.NaN })],
    pixel: [
      {
        event: 'AddToCart',
        parameters: {
          contents: [{ content_id: '90101', content_type: 'product', content_name: 'Cap' }],
          content_type: 'product',
          num_items: 1,
        },
      },
    ],
  },
  {
    title: 'a price of 1.0 is 1',
    cvg: [track('Added To Cart', { ...cap, price: 1.0 })],
    pixel: [{ event: 'AddToCart', parameters: added({ price: 1 }, 1) }],
  },
  {
    title: 'an empty currency is omitted, and no default is sent',
    cvg: [track('Started Checkout', { total_price: 19.9, currency: '' })],
    pixel: [{ event: 'InitiateCheckout', parameters: { value: 19.9 } }],
  },
  {
    title: 'a currency in lower case is upper-cased',
    cvg: [track('Started Checkout', { total_price: 19.9, currency: 'usd' })],
    pixel: [{ event: 'InitiateCheckout', parameters: { value: 19.9, currency: 'USD' } }],
  },
  {
    title: 'an order in USD whose items say EUR is in USD',
    cvg: [track('Placed Order', { ...order, currency: 'USD' })],
    pixel: [{ ...purchase, parameters: { ...ordered, currency: 'USD' } }],
  },
  {
    title: 'an order whose prices are all 0 has the value 0',
    cvg: [track('Placed Order', { ...order, total_price: 0, items: [{ ...cap, price: 0 }] })],
    pixel: [{ ...purchase, parameters: { ...added({ price: 0 }, 0), order_id: '1001' } }],
  },
  {
    title: 'items without a quantity count as one each, and no quantity is sent',
    cvg: [
      track('Started Checkout', {
        total_price: 40,
        currency: 'EUR',
        items: [
          { product_id: '1', price: 20 },
          { product_id: '2', price: 20 },
        ],
      }),
    ],
    pixel: [
      {
        event: 'InitiateCheckout',
        parameters: {
          contents: [
            { content_id: '1', content_type: 'product', price: 20 },
            { content_id: '2', content_type: 'product', price: 20 },
          ],
          content_type: 'product',
          num_items: 2,
          value: 40,
          currency: 'EUR',
        },
      },
    ],
  },
  {
    title: 'a negative discount and an empty list of coupons change nothing',
    cvg: [track('Placed Order', { ...order, total_discount: -5, coupon: [] })],
    pixel: [purchase],
  },
  {
    title: 'an email and names in the properties identify the visitor, and never reach ttq.track',
    cvg: [
      track('Placed Order', {
        ...order,
        $email: ' Jane@Example.com ',
        $phone_number: '+1 (917) 123-4567',
        $first_name: 'Jane',
        $last_name: 'Doe',
        email: 'jane@example.com',
        customer: { name: 'Jane Doe', email: 'jane@example.com' },
      }),
    ],
    pixel: [purchase],
    identify: [{ email: 'jane@example.com', phone_number: '+19171234567' }],
  },
  {
    title: 'an alias with the email "undefined" is ignored',
    cvg: [track('Placed Order', order, { aliases: ['urn:email:undefined'] })],
    pixel: [purchase],
  },
  {
    title: 'an alias identifies the visitor',
    cvg: [track('Placed Order', order, { aliases: ['urn:cart_token:c1', 'urn:email:jane@example.com'] })],
    pixel: [purchase],
    identify: [{ email: 'jane@example.com' }],
  },
  {
    title: 'aliases may name the phone and the customer, too, in any case of letters',
    cvg: [track('Placed Order', order, { aliases: ['urn:Phone:+1 (917) 123-4567', 'URN:customer_id:42'] })],
    pixel: [purchase],
    identify: [{ phone_number: '+19171234567', external_id: '42' }],
  },
  {
    title: 'an empty list of aliases identifies nobody',
    cvg: [track('Placed Order', order, { aliases: [] })],
    pixel: [purchase],
  },
  {
    title: 'profileProperties may be undefined',
    cvg: [track('Placed Order', order, { profileProperties: undefined })],
    pixel: [purchase],
  },
  {
    title: 'a phone number of null is ignored, and the other profile properties are used',
    cvg: [track('Placed Order', order, { profileProperties: { $phone_number: null, $email: 'jane@example.com' } })],
    pixel: [purchase],
    identify: [{ email: 'jane@example.com' }],
  },
  {
    title: 'a call without a properties key is an event without parameters',
    cvg: [{ method: 'track', eventName: '$page_load' }],
    pixel: [{ event: 'Pageview', parameters: {} }],
    server: [],
  },
  {
    title: 'unknown keys are ignored',
    cvg: [
      { ...track('Added To Cart', { ...cap, _rev: 7 }), deduplication: true, timestamp: 1767225600, callback: null },
    ],
    pixel: [addedCap],
  },
  {
    title: 'a list shared by several calls is sent with each',
    cvg: [
      track('Started Checkout', { total_price: 19.9, currency: 'EUR', items }),
      track('Added Payment Info', { total_price: 19.9, currency: 'EUR', items }),
    ],
    pixel: [
      { event: 'InitiateCheckout', parameters: added({}) },
      { event: 'AddPaymentInfo', parameters: added({}) },
    ],
  },
  {
    title: 'event names with spaces, digits and symbols are mapped by the config',
    config: { mapping: { events: { 'Scroll Depth 25%': 'ScrollDepth25', '[SITE] Button Click': 'ButtonClick' } } },
    cvg: [track('Scroll Depth 25%', {}), track('[SITE] Button Click', { label: 'Buy' })],
    pixel: [
      { event: 'ScrollDepth25', parameters: {} },
      { event: 'ButtonClick', parameters: {} },
    ],
  },
  {
    title: 'an event without a row in the config is skipped',
    cvg: [track('Scroll Depth 25%', {}), track('[SITE] Button Click', {})],
    pixel: [],
    identify: [],
    results: [
      ['skipped', 'unmapped'],
      ['skipped', 'unmapped'],
    ],
  },
  {
    title: "the order's own ID is sent if the eventID is null",
    cvg: [track('Placed Order', order, { eventID: null })],
    pixel: [purchase],
  },
  {
    title: 'a numeric eventID is sent as text',
    cvg: [track('Placed Order', order, { eventID: 1001 }), track('Started Checkout', {}, { eventID: 0 })],
    pixel: [purchase, { event: 'InitiateCheckout', parameters: {}, event_id: '0' }],
  },
  {
    title: 'an eventID with a fraction, as PHP generates them, is sent unchanged',
    cvg: [track('Placed Order', order, { eventID: '65f0c1a2b3c4d5.12345678' })],
    pixel: [{ ...purchase, event_id: '65f0c1a2b3c4d5.12345678' }],
  },
  {
    title: 'the same order on a reloaded thank-you page is sent once',
    cvg: [track('Placed Order', order)],
    isReloaded: true,
    pixel: [purchase],
    results: [['success'], ['skipped', 'already_sent']],
  },
  {
    title: 'an order tracked twice on one page is sent once',
    cvg: [track('Placed Order', order), track('Placed Order', order)],
    pixel: [purchase],
    results: [['success'], ['skipped', 'already_sent']],
  },
  {
    title: "an order with the caller's own eventID is sent once, also after a reload",
    cvg: [track('Placed Order', order, { eventID: 'e-1' })],
    isReloaded: true,
    pixel: [{ ...purchase, event_id: 'e-1' }],
    results: [['success'], ['skipped', 'already_sent']],
  },
  {
    title: 'two page loads of one page, from the snippet and from the router, are sent once',
    cvg: [{ method: 'track', eventName: '$page_load' }, track('$page_load', {})],
    pixel: [{ event: 'Pageview', parameters: {} }],
    server: [],
    results: [['success'], ['skipped', 'same_page']],
  },
  {
    title: 'an order is sent if storage and cookies throw',
    cvg: [track('Placed Order', order, { profileProperties: { $email: 'jane@example.com' } })],
    blocked: 'storage',
    pixel: [purchase],
    identify: [{ email: 'jane@example.com' }],
  },
  {
    title: 'an order tracked twice on one page is sent once, even if storage throws',
    cvg: [track('Placed Order', order), track('Placed Order', order)],
    blocked: 'storage',
    pixel: [purchase],
    results: [['success'], ['skipped', 'already_sent']],
  },
  {
    title: "only the relay delivers if TikTok's script is blocked",
    cvg: [track('Placed Order', order)],
    blocked: 'pixel',
    pixel: [],
    server: [purchase],
    results: [['success', 'pixel_blocked']],
  },
]
