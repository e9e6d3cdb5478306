import type { SourceConfig } from '../../src/server/sources/source-config.ts'
import type { Config, Filter } from '../../src/types.ts'

/** The four kinds of sources, under the names that these cases give them. */
export const sourceNames = ['web', 'erp', 'shopify', 'woocommerce'] as const
export type SourceName = (typeof sourceNames)[number]

/** What happened in the shop. Each source reports it in its own format. */
export type Happening = 'order' | 'renewal'

/** A sentence about the destination, a config that makes it true, and what each source then sends to TikTok's Events API. */
export interface SourceCase {
  /** A sentence of Converge's documentation, or one that follows from it. */
  sentence: string
  config?: Partial<Config>
  /** The sources' own configs. */
  own?: Partial<Record<SourceName, SourceConfig>>
  happening?: Happening
  /** TikTok's event names by source. */
  events?: Record<SourceName, readonly string[]>
  /** The first content ID by source. */
  contentIds?: Record<SourceName, string>
}

const each = <Value>(value: Value): Record<SourceName, Value> => ({
  web: value,
  erp: value,
  shopify: value,
  woocommerce: value,
})
const purchase = ['Purchase']

/** `erp`, `web` and Shopify's webhook know that the customer is new. WooCommerce's webhook does not. */
const newCustomer = ['Purchase', 'NewCustomerPurchase']
const byDefault = { web: newCustomer, erp: newCustomer, shopify: newCustomer, woocommerce: purchase }

const only = (name: SourceName): readonly Filter[] => [
  { event: '*', any: [{ property: '$source', operator: 'equal', value: name }] },
]
const dear: readonly Filter[] = [
  { event: 'Placed Order', any: [{ property: 'total_price', operator: 'greater_than', value: 100 }] },
]

const selected = sourceNames.flatMap((off): SourceCase[] => [
  {
    sentence: `Select the sources you want to forward events from: ${off} is not selected`,
    own: { [off]: { enabled: false } },
    events: { ...byDefault, [off]: [] },
  },
  {
    sentence: `Custom mapping of one source: orders of ${off} have their own name`,
    own: { [off]: { mapping: { events: { 'Placed Order': 'OwnOrder' } } } },
    events: { ...byDefault, [off]: ['OwnOrder'] },
  },
  {
    sentence: `Filters of one source: small orders of ${off} are filtered`,
    own: { [off]: { filters: dear } },
    events: { ...byDefault, [off]: [] },
  },
  {
    sentence: `Conditions see the source: only orders of ${off} have a second row`,
    config: {
      mapping: {
        events: {
          'Placed Order': [
            'Purchase',
            { event: 'SecondRow', when: { property: '$source', operator: 'equal', value: off } },
          ],
        },
      },
    },
    events: { ...each(purchase), [off]: ['Purchase', 'SecondRow'] },
  },
  {
    sentence: `Filters see the source: only orders of ${off} pass`,
    config: { filters: only(off) },
    events: { ...each([]), [off]: byDefault[off] },
  },
])

export const sourceCases: SourceCase[] = [
  {
    sentence: 'Use default mapping: Placed Order is Purchase, and NewCustomerPurchase for new customers',
    events: byDefault,
  },
  {
    sentence: 'Use default mapping: Placed Recurring Subscription Order is RecurringSubscriptionPaymentSucceeded',
    happening: 'renewal',
    events: each(['RecurringSubscriptionPaymentSucceeded']),
  },
  {
    sentence: 'Custom mapping: another name for every source',
    config: { mapping: { mode: 'custom', events: { 'Placed Order': 'CustomOrder' } } },
    events: each(['CustomOrder']),
  },
  {
    sentence: 'Custom mapping: a row is switched off for every source',
    config: { mapping: { events: { 'Placed Order': false } } },
    events: each([]),
  },
  {
    sentence: 'Server-side Conversions: without a pixel, every source is sent',
    config: { mapping: { mode: 'server_only' } },
    events: byDefault,
  },
  {
    sentence: 'Server-side Conversions: a browser-only event has no server copy',
    config: { mapping: { events: { 'Placed Order': { event: 'Purchase', forward: 'client' } } } },
    events: each([]),
  },
  {
    sentence: 'Server-side Conversions: orders of pages are browser only, and orders of signed sources are sent',
    own: { web: { orders: 'client' } },
    events: { ...byDefault, web: [] },
  },
  { sentence: 'Filters: small orders are filtered for every source', config: { filters: dear }, events: each([]) },
  { sentence: 'A paused destination receives nothing, from any source', config: { paused: true }, events: each([]) },
  ...selected,
  {
    sentence: 'Content ID, Default: the variant_id if available',
    config: { contentId: 'default' },
    contentIds: each('11'),
  },
  {
    sentence: 'Content ID, Product Id: always the product_id',
    config: { contentId: 'product_id' },
    contentIds: each('1'),
  },
  {
    sentence: 'Content ID, Variant Id: always the variant_id',
    config: { contentId: 'variant_id' },
    contentIds: each('11'),
  },
  { sentence: 'Content ID, SKU: always the sku', config: { contentId: 'sku' }, contentIds: each('CAP') },
]
