import type { EventName, MappingEntry } from '../types.ts'

/**
 * Converge's default mapping for TikTok. Written as a shop would write its own: a new event is a line.
 * Converge calls the first one `PageView`; on TikTok's wire it is `Pageview`, and `PageView` would be another event.
 */
export const defaultMapping = {
  $page_load: 'Pageview',
  'Viewed Product': 'ViewContent',
  'Viewed Collection': 'ViewContent',
  'Added To Cart': 'AddToCart',
  'Started Checkout': 'InitiateCheckout',
  'Added Payment Info': 'AddPaymentInfo',
  'Placed Order': [
    'Purchase',
    { event: 'NewCustomerPurchase', when: { property: '$is_new_customer', operator: 'equal', value: true } },
  ],
  'Started Subscription': 'Subscribe',
  'Placed Recurring Subscription Order': 'RecurringSubscriptionPaymentSucceeded',
  'Cancelled Subscription': 'CancelSubscription',
  'Activated Subscription': 'Subscribe',
  Searched: 'Search',
  'Subscribed To Newsletter': 'CompleteRegistration',
} as const satisfies Record<EventName, MappingEntry>
