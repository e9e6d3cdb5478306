import type { EventName } from '../types.ts'

/**
 * Other tools' names for Converge's events: GA4 (`add_to_cart`), Segment's e-commerce spec (`Order Completed`), Shopify's
 * customer events (`checkout_completed`) and webhook topics, Meta, and TikTok's former names. The comparison ignores tense,
 * plural, word order and separators, so each name is listed once.
 */
const synonyms = {
  $page_load: ['page_view', 'page_load', 'Page', 'screen_view'],
  'Viewed Product': ['view_item', 'view_content', 'product_detail_view', 'Product Page Viewed', 'Viewed Item'],
  'Viewed Collection': [
    'view_item_list',
    'Product List Viewed',
    'Viewed Product Category',
    'View Category',
    'Category Page Viewed',
  ],
  'Added To Cart': [
    'add_to_cart',
    'Product Added',
    'product_added_to_cart',
    'Add To Basket',
    'Add To Bag',
    'Item Added',
  ],
  'Started Checkout': [
    'begin_checkout',
    'initiate_checkout',
    'checkouts/create',
    'Checkout Step Started',
    'Checkout Initiated',
  ],
  'Added Payment Info': [
    'add_payment_info',
    'Payment Info Entered',
    'payment_info_submitted',
    'Add Payment Information',
    'Payment Method Added',
  ],
  'Placed Order': [
    'Purchase',
    'Order Completed',
    'checkout_completed',
    'Complete Payment',
    'Place An Order',
    'orders/create',
    'orders/paid',
    'Order Confirmed',
    'Order Submitted',
    'Order Received',
    'Transaction',
    'Conversion',
    'Sale',
  ],
  'Started Subscription': ['Subscribe', 'Subscription Created', 'New Subscription'],
  'Placed Recurring Subscription Order': [
    'Subscription Renewed',
    'Subscription Renewal',
    'Recurring Order',
    'Recurring Order Placed',
    'Recurring Payment',
    'Subscription Order Placed',
  ],
  'Cancelled Subscription': ['Subscription Ended', 'Unsubscribe'],
  'Activated Subscription': ['Subscription Resumed'],
  Searched: [
    'search',
    'view_search_results',
    'Products Searched',
    'search_submitted',
    'Site Search',
    'Search Performed',
  ],
  'Subscribed To Newsletter': [
    'sign_up',
    'newsletter_sign_up',
    'Newsletter Subscription',
    'Email Subscribed',
    'Email Signup',
    'complete_registration',
    'customers/create',
  ],
} satisfies Record<EventName, readonly string[]>

/** Rows of a mapping, by Converge event name. */
export type NamedRows = Readonly<Record<string, readonly { event: string }[]>>

// The comparison is slow for long names, and no real event name is longer.
const LONGEST_NAME = 100

/**
 * Suggests an event name for one without a row in the mapping. It corrects a typo, or finds the Converge name for another
 * tool's or TikTok's name. Only names with a row are suggested.
 */
export function suggestEventName(name: string, mapping: NamedRows): string | undefined {
  if (name in mapping || name.length > LONGEST_NAME) return undefined
  const known = Object.entries(mapping).filter(([, rows]) => rows.length > 0)
  const isCalled = (other: string) => isSameName(name, other)
  const found =
    known.find(([eventName]) => isCalled(eventName)) ??
    known.find(([eventName]) => synonymsOf(eventName).some(isCalled)) ??
    known.find(([, rows]) => rows.some(({ event }) => isCalled(event))) ??
    known.find(([eventName]) => isTypo(bare(name), bare(eventName)))
  return found?.[0]
}

const table = new Map<string, readonly string[]>(Object.entries(synonyms))
const synonymsOf = (eventName: string): readonly string[] => table.get(eventName) ?? []

/** Splits a name into words, with any separator: `Add To Cart`, `add_to_cart`, `add-to-cart`, `AddToCart`. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_$./:-]+/)
    .filter(Boolean)

const bare = (name: string): string => wordsOf(name).join('')

/** Removes tense and plural: `added`, `adding` and `adds` become `add`. */
const stem = (word: string): string =>
  word.length > 3 ? word.replace(/(ing|ed|es|e|s)$/, '').replace(/(.)\1$/, '$1') : word

function isSameName(one: string, other: string): boolean {
  const [words, others] = [wordsOf(one), wordsOf(other)]
  const [stems, otherStems] = [words.map(stem), others.map(stem)]
  return (
    (words.length > 0 && words.join('') === others.join('')) ||
    (stems.length > 0 && stems.join('') === otherStems.join('')) ||
    (stems.length > 1 && [...stems].sort().join(' ') === [...otherStems].sort().join(' '))
  )
}

/**
 * Whether two names differ by a typo: up to two letters, or one in names of up to five letters. A different first letter may
 * reverse the meaning (`Deactivated`), so it does not count as a typo. Neither does a different number (`Scroll 25%`).
 */
function isTypo(one: string, other: string): boolean {
  const digits = (text: string) => text.replace(/\D/g, '')
  if (one[0] !== other[0] || digits(one) !== digits(other)) return false
  return distance(one, other) <= (Math.min(one.length, other.length) > 5 ? 2 : 1)
}

/** The number of letters to add, drop, change, or swap with the next one (optimal string alignment). */
function distance(one: string, other: string): number {
  let [beforeLast, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1]
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const changed = at(last, j - 1) + (isSame ? 0 : 1)
      const swapped = isSwapped ? at(beforeLast, j - 2) + 1 : changed
      row.push(Math.min(at(row, j - 1) + 1, at(last, j) + 1, changed, swapped))
    }
    beforeLast = last
    last = row
  }
  return at(last, other.length)
}

const at = (row: readonly number[] | undefined, index: number): number => row?.[index] ?? Number.POSITIVE_INFINITY
