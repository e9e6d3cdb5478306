import type { SourceConfig } from '../../src/server/sources/source-config.ts'
import type { Config, Filter } from '../../src/types.ts'

/** The four kinds of sources, under the names that these cases give them. */
export const sourceNames = ['web', 'erp', 'shopify', 'woocommerce'] as const
export type SourceName = (typeof sourceNames)[number]

/** What happened in the shop. Every source says it in its own way; only a source with a mapping of its own knows custom events. */
export type Happening = 'order' | 'renewal'

/** A sentence about the destination, and a config that makes it true: what TikTok's Events API gets of each source. */
export interface SourceCase {
  /** As Converge's document has it, or in its sense. */
  sentence: string
  config?: Partial<Config>
  /** What is configured for each source. */
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

/** `erp` and `web` know that the customer is new, and so does Shopify's webhook. WooCommerce's does not. */
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
    sentence: `Custom mapping of one source: orders of ${off} have a name of their own`,
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
    sentence: 'Custom mapping: another name, for every source',
    config: { mapping: { mode: 'custom', events: { 'Placed Order': 'CustomOrder' } } },
    events: each(['CustomOrder']),
  },
  {
    sentence: 'Custom mapping: a row that is switched off, for every source',
    config: { mapping: { events: { 'Placed Order': false } } },
    events: each([]),
  },
  {
    sentence: 'Server-side Conversions: without a pixel, every source is sent',
    config: { mapping: { mode: 'server_only' } },
    events: byDefault,
  },
  {
    sentence: 'Server-side Conversions: an event of the browser only has no server copy',
    config: { mapping: { events: { 'Placed Order': { event: 'Purchase', forward: 'client' } } } },
    events: each([]),
  },
  {
    sentence: 'Server-side Conversions: the orders of pages stay in the browser, those of signed sources are sent',
    own: { web: { orders: 'client' } },
    events: { ...byDefault, web: [] },
  },
  { sentence: 'Filters: small orders are filtered, for every source', config: { filters: dear }, events: each([]) },
  { sentence: 'A paused destination gets nothing, from any source', config: { paused: true }, events: each([]) },
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
