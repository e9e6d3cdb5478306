import type { EventParameters } from '../../src/types.ts'
import type { Case } from './case.ts'

// The rows of the mapping table in Converge's TikTok documents, each with a call as Converge's event spec writes it.

const cap = {
  product_id: '9010',
  variant_id: '90101',
  sku: 'CAP-RED',
  name: 'Cap',
  variant_name: 'Red',
  price: 19.9,
  currency: 'EUR',
  vendor: 'Norda',
  category: 'Hats',
  url: 'https://www.shop.test/products/cap',
}
const capContent = {
  content_id: '90101',
  content_type: 'product',
  content_name: 'Cap',
  content_category: 'Hats',
  brand: 'Norda',
  price: 19.9,
} as const

const items = [
  { ...cap, quantity: 2 },
  { product_id: '9020', variant_id: '90201', sku: 'BAG', name: 'Bag', price: 45, currency: 'EUR', quantity: 1 },
]
const itemsSent: EventParameters = {
  contents: [
    { ...capContent, quantity: 2 },
    { content_id: '90201', content_type: 'product', content_name: 'Bag', price: 45, quantity: 1 },
  ],
  content_type: 'product',
  num_items: 3,
}

const totals = {
  total_price: 94.8,
  total_tax: 14.3,
  total_shipping: 10,
  total_discount: 0,
  coupon: ['SUMMER'],
  currency: 'EUR',
  items,
}
const checkout: EventParameters = { ...itemsSent, value: 94.8, currency: 'EUR' }

const buyer = { $email: 'jane@example.com', $first_name: 'Jane', $country_code: 'DE' }
const order = { id: '1001', ...totals, ...buyer }
const purchase: EventParameters = { ...checkout, order_id: '1001' }

export const mappingCases: Case[] = [
  {
    title: '$page_load is a Pageview with an event_id',
    track: ['$page_load', {}, { eventID: 'page-1' }],
    pixel: [{ event: 'Pageview', parameters: {}, event_id: 'page-1' }],
    server: [], // unless its row asks for one
  },
  {
    title: 'Viewed Product is a ViewContent of its one product',
    track: ['Viewed Product', cap],
    pixel: [
      {
        event: 'ViewContent',
        parameters: { contents: [capContent], content_type: 'product', num_items: 1, value: 19.9, currency: 'EUR' },
      },
    ],
  },
  {
    title: 'Viewed Collection is a ViewContent of its items, without a value',
    track: ['Viewed Collection', { id: 'summer', name: 'Summer', items }],
    pixel: [{ event: 'ViewContent', parameters: itemsSent }],
  },
  {
    title: 'Added To Cart is an AddToCart whose value is price times quantity',
    track: ['Added To Cart', { ...cap, quantity: 2 }],
    pixel: [
      {
        event: 'AddToCart',
        parameters: {
          contents: [{ ...capContent, quantity: 2 }],
          content_type: 'product',
          num_items: 2,
          value: 39.8,
          currency: 'EUR',
        },
      },
    ],
  },
  {
    title: 'Started Checkout is an InitiateCheckout',
    track: ['Started Checkout', totals],
    pixel: [{ event: 'InitiateCheckout', parameters: checkout }],
  },
  {
    title: 'Added Payment Info is an AddPaymentInfo',
    track: ['Added Payment Info', totals],
    pixel: [{ event: 'AddPaymentInfo', parameters: checkout }],
  },
  {
    title: 'Placed Order is a Purchase whose event_id is the order ID',
    track: ['Placed Order', order],
    pixel: [{ event: 'Purchase', parameters: purchase, event_id: '1001' }],
  },
  {
    title: 'Placed Order of a new customer is a Purchase and a NewCustomerPurchase under one event_id',
    track: ['Placed Order', { ...order, $is_new_customer: true }],
    pixel: [
      { event: 'Purchase', parameters: purchase, event_id: '1001' },
      { event: 'NewCustomerPurchase', parameters: purchase, event_id: '1001' },
    ],
  },
  {
    title: '$is_new_customer may also be text',
    track: ['Placed Order', { ...order, $is_new_customer: 'true' }],
    pixel: [
      { event: 'Purchase', parameters: purchase, event_id: '1001' },
      { event: 'NewCustomerPurchase', parameters: purchase, event_id: '1001' },
    ],
  },
  {
    title: 'Placed Order of a returning customer is only a Purchase',
    track: ['Placed Order', { ...order, $is_new_customer: false }],
    pixel: [{ event: 'Purchase', parameters: purchase, event_id: '1001' }],
  },
  {
    title: 'Started Subscription is a Subscribe whose event_id is its own ID',
    track: ['Started Subscription', { ...order, id: 'sub_7' }],
    pixel: [{ event: 'Subscribe', parameters: { ...checkout, order_id: 'sub_7' }, event_id: 'sub_7' }],
  },
  {
    title: 'Placed Recurring Subscription Order is a RecurringSubscriptionPaymentSucceeded',
    track: ['Placed Recurring Subscription Order', { id: '1002', ...totals, ...buyer }],
    pixel: [{ event: 'RecurringSubscriptionPaymentSucceeded', parameters: checkout }],
  },
  {
    title: 'Cancelled Subscription is a CancelSubscription',
    track: ['Cancelled Subscription', { id: 'sub_7', ...totals, ...buyer }],
    pixel: [{ event: 'CancelSubscription', parameters: checkout }],
  },
  {
    title: 'Activated Subscription is a Subscribe',
    track: ['Activated Subscription', { id: 'sub_7', ...totals, ...buyer }],
    pixel: [{ event: 'Subscribe', parameters: checkout }],
  },
  {
    title: 'Searched is a Search with its query',
    track: ['Searched', { query: ' red cap ' }],
    pixel: [{ event: 'Search', parameters: { query: 'red cap', search_string: 'red cap' } }],
  },
  {
    title: 'Subscribed To Newsletter is a CompleteRegistration, without the email address',
    track: ['Subscribed To Newsletter', { $email: 'jane@example.com', email: 'jane@example.com' }],
    pixel: [{ event: 'CompleteRegistration', parameters: {} }],
  },
  {
    title: 'an event without a row is skipped',
    track: ['Viewed Cart', totals],
    pixel: [],
    status: 'skipped',
    reason: 'unmapped',
  },
  {
    title: 'event names are case-sensitive, as in Converge',
    track: ['Added to Cart', cap],
    pixel: [],
    status: 'skipped',
    reason: 'unmapped',
  },
]
