import type { EventName, MappingEntry } from '../types.ts'

/**
 * Converge's default mapping for TikTok, in the form of a shop's own mapping. Converge's document names the first TikTok
 * event `PageView`. TikTok's pixel sends `Pageview`, and TikTok counts `PageView` as another event.
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
