import { expect, test } from 'vitest'
import { suggestEventName } from '../../src/core/event-synonyms.ts'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import { readMapping } from '../../src/tiktok/read-mapping.ts'

const suggest = (name: string, config?: Parameters<typeof readMapping>[0]) =>
  suggestEventName(name, readMapping(config))

test.each<[source: string, names: string[], meant: string]>([
  ['TikTok', ['Purchase', 'CompletePayment', 'PlaceAnOrder', 'NewCustomerPurchase'], 'Placed Order'],
  ['TikTok', ['AddToCart', 'Add To Cart', 'add_to_cart', 'add-to-cart', 'ADDTOCART'], 'Added To Cart'],
  ['TikTok', ['ViewContent', 'view content'], 'Viewed Product'],
  ['TikTok', ['InitiateCheckout'], 'Started Checkout'],
  ['TikTok', ['AddPaymentInfo'], 'Added Payment Info'],
  ['TikTok', ['Search'], 'Searched'],
  ['TikTok', ['Pageview', 'PageView'], '$page_load'],
  ['TikTok', ['Subscribe'], 'Started Subscription'],
  ['TikTok', ['CompleteRegistration'], 'Subscribed To Newsletter'],
  ['TikTok', ['RecurringSubscriptionPaymentSucceeded'], 'Placed Recurring Subscription Order'],
  ['TikTok', ['CancelSubscription'], 'Cancelled Subscription'],
  ['GA4', ['purchase'], 'Placed Order'],
  ['GA4', ['view_item'], 'Viewed Product'],
  ['GA4', ['view_item_list'], 'Viewed Collection'],
  ['GA4', ['begin_checkout'], 'Started Checkout'],
  ['GA4', ['add_payment_info'], 'Added Payment Info'],
  ['GA4', ['search', 'view_search_results'], 'Searched'],
  ['GA4', ['page_view'], '$page_load'],
  ['GA4', ['sign_up'], 'Subscribed To Newsletter'],
  ['Segment', ['Order Completed', 'Completed Order', 'order_completed'], 'Placed Order'],
  ['Segment', ['Product Viewed'], 'Viewed Product'],
  ['Segment', ['Product List Viewed', 'Viewed Product Category'], 'Viewed Collection'],
  ['Segment', ['Product Added', 'Added Product'], 'Added To Cart'],
  ['Segment', ['Checkout Started'], 'Started Checkout'],
  ['Segment', ['Payment Info Entered'], 'Added Payment Info'],
  ['Segment', ['Products Searched'], 'Searched'],
  ['Shopify', ['checkout_completed', 'orders/create', 'orders/paid'], 'Placed Order'],
  ['Shopify', ['product_viewed'], 'Viewed Product'],
  ['Shopify', ['collection_viewed'], 'Viewed Collection'],
  ['Shopify', ['product_added_to_cart'], 'Added To Cart'],
  ['Shopify', ['checkout_started'], 'Started Checkout'],
  ['Shopify', ['payment_info_submitted'], 'Added Payment Info'],
  ['Shopify', ['search_submitted'], 'Searched'],
  ['Shopify', ['page_viewed'], '$page_load'],
  ['other words', ['Order Placed', 'Place Order', 'order-placed'], 'Placed Order'],
  ['other words', ['Canceled Subscription', 'Subscription Cancelled'], 'Cancelled Subscription'],
])('a name of %s is recognized: %j means %s', (_, names, meant) => {
  for (const name of names) expect([name, suggest(name)]).toEqual([name, meant])
})

test('each Converge name is recognized in any case, with any separator, and with one wrong letter', () => {
  for (const name of Object.keys(defaultMapping)) {
    const letters = name.replace(/^\$/, '')
    const forms = [
      name.toLowerCase(),
      name.toUpperCase(),
      ` ${name} `,
      name.replaceAll(' ', '_'),
      name.replaceAll(' ', '-'),
      name.replaceAll(' ', ''),
      `${name.slice(0, -1)}`,
      `${name}x`,
      name.slice(0, 3) + name.slice(4),
      name.slice(0, 4) + (name[5] ?? '') + (name[4] ?? '') + name.slice(6),
      letters,
    ].filter((form) => form !== name)
    for (const form of forms) expect([form, suggest(form)]).toEqual([form, name])
  }
})

test.each([
  'Viewed Cart',
  'Removed From Cart',
  'remove_from_cart',
  'add_to_wishlist',
  'Refunded Order',
  'Deactivated Subscription',
  'Unsubscribed To Newsletter',
  'My Event',
  'Lead',
  '',
  '  ',
  '🛒',
  'constructor',
  '__proto__',
  'x'.repeat(1_000_000),
])('no suggestion is made for a different event: %.20s', (name) => {
  expect(suggest(name)).toBeUndefined()
})

test('a name with a row in the mapping is not reported, even if the row is switched off', () => {
  expect(suggest('Purchase', { events: { Purchase: 'Purchase' } })).toBeUndefined()
  expect(suggest('Placed Order', { events: { 'Placed Order': false } })).toBeUndefined()
})

test('only names with a row in the mapping are suggested', () => {
  expect(suggest('Purchase', { events: { 'Placed Order': false } })).toBeUndefined()
  expect(suggest('Purchase', { mode: 'custom', events: { Sold: 'Purchase' } })).toBe('Sold')
  expect(suggest('AddToCart', { mode: 'custom', events: { Sold: 'Purchase' } })).toBeUndefined()
  expect(suggest('scroll depth', { events: { 'Scroll Depth': 'Scroll' } })).toBe('Scroll Depth')
  expect(suggest('Scroll Depth 75%', { events: { 'Scroll Depth 25%': 'Scroll' } })).toBeUndefined()
})
