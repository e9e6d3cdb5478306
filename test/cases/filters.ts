import type { Condition, EventParameters, Filter, Operator, Scalar } from '../../src/types.ts'
import type { Case } from './case.ts'

const properties = {
  source_name: 'subscription_contract',
  total_price: '100',
  quantity: 3,
  german: '1.234,50',
  gift: true,
  empty: '',
  nothing: null,
  tags: ['sale', 'Summer'],
  customer: { group: 'VIP' },
  items: [
    { product_id: 'gid://shopify/Product/1', variant_id: 11, sku: 'CAP', vendor: 'Norda', price: 10 },
    null,
    { product_id: '2', sku: 'BAG', vendor: 'Acme', price: '45' },
  ],
}

type Row = [
  property: string,
  operator: Operator,
  value: Scalar | Scalar[] | undefined,
  holds: boolean,
  ignoreCase?: true,
]

const rows: Row[] = [
  ['source_name', 'equal', 'subscription_contract', true],
  ['source_name', 'equal', 'Subscription_Contract', false],
  ['source_name', 'equal', 'Subscription_Contract', true, true],
  ['source_name', 'not_equal', 'subscription_contract', false],
  ['source_name', 'not_equal', 'web', true],
  ['source_name', 'in', ['web', 'subscription_contract'], true],
  ['source_name', 'not_in', ['web', 'pos'], true],
  ['source_name', 'not_in', ['web', 'subscription_contract'], false],
  ['source_name', 'contains', 'contract', true],
  ['source_name', 'not_contains', 'contract', false],
  ['source_name', 'starts_with', 'sub', true],
  ['source_name', 'starts_with', 'contract', false],
  ['source_name', 'ends_with', 'contract', true],
  ['source_name', 'ends_with', 'sub', false],
  ['source_name', 'matches_regex', '^sub.*t$', true],
  ['source_name', 'matches_regex', '^SUB', false],
  ['source_name', 'matches_regex', '^SUB', true, true],
  ['source_name', 'does_not_match_regex', '^web$', true],
  ['source_name', 'does_not_match_regex', '^sub', false],
  // Numbers compare as numbers, even if one is text.
  ['total_price', 'equal', 100, true],
  ['total_price', 'greater_than', 20, true],
  ['total_price', 'greater_than', 100, false],
  ['total_price', 'greater_than_or_equal', '100', true],
  ['total_price', 'lower_than', 100.5, true],
  ['total_price', 'lower_than', 20, false],
  ['total_price', 'lower_than_or_equal', 100, true],
  ['quantity', 'equal', '3.0', true],
  // Text that is readable only as an amount of money is not a number here.
  ['german', 'greater_than', 100, false],
  ['german', 'equal', 1234.5, false],
  ['german', 'equal', '1.234,50', true],
  ['source_name', 'greater_than', 1, false],
  ['source_name', 'lower_than_or_equal', 1, false],
  // Booleans compare as text.
  ['gift', 'equal', true, true],
  ['gift', 'equal', 'true', true],
  ['gift', 'not_equal', false, true],
  // A missing property meets no positive operator, and meets every negated one.
  ['missing', 'equal', '', false],
  ['missing', 'not_equal', 'web', true],
  ['missing', 'contains', '', false],
  ['missing', 'not_contains', 'x', true],
  ['missing', 'greater_than', 0, false],
  ['nothing', 'equal', 'null', false],
  ['nothing', 'is_set', undefined, false],
  ['nothing', 'is_not_set', undefined, true],
  ['empty', 'is_set', undefined, false],
  ['empty', 'equal', '', true],
  ['source_name', 'is_set', undefined, true],
  ['source_name', 'is_not_set', undefined, false],
  ['items', 'is_set', undefined, true],
  // On a list, a positive operator is met if one element matches, and a negated one if none does.
  ['tags', 'equal', 'sale', true],
  ['tags', 'not_equal', 'sale', false],
  ['tags', 'contains', 'summ', true, true],
  ['tags', 'not_in', ['winter'], true],
  // Paths, into objects and into items.
  ['customer.group', 'equal', 'VIP', true],
  ['items.vendor', 'in', ['Norda'], true],
  ['items.vendor', 'not_equal', 'Norda', false],
  ['items.vendor', 'not_equal', 'Other', true],
  ['items.price', 'greater_than', 40, true],
  // Lists that are derived from the items.
  ['product_ids', 'in', ['1', '9'], true],
  ['product_ids', 'not_in', ['1'], false],
  ['variant_ids', 'equal', 11, true],
  ['variant_ids', 'equal', 12, false],
  ['variant_ids', 'matches_regex', '^(?!11)', false], // an item without an ID is left out
  ['product_skus', 'in', ['CAP', 'HAT'], true],
  ['product_skus', 'not_in', ['HAT'], true],
  // What the page adds.
  ['$sales_channel_type', 'equal', 'web', true],
]

const condition = ([property, operator, value, , ignoreCase]: Row): Condition => ({
  property,
  operator,
  ...(value !== undefined && { value }),
  ...(ignoreCase && { ignoreCase }),
})

const isCap: Condition = { property: 'product_skus', operator: 'equal', value: 'CAP' }
const isPos: Condition = { property: 'source_name', operator: 'equal', value: 'pos' }
const isDear: Condition = { property: 'total_price', operator: 'greater_than', value: 500 }

const boxes: [title: string, filters: Filter[], passes: boolean][] = [
  ['the conditions of one filter are combined with or', [{ event: 'Lead', any: [isPos, isCap] }], true],
  ['no condition of a filter is met', [{ event: 'Lead', any: [isPos, isDear] }], false],
  [
    'the filters of one event are combined with and',
    [
      { event: 'Lead', any: [isCap] },
      { event: 'Lead', any: [isPos] },
    ],
    false,
  ],
  [
    'all filters of an event are met',
    [
      { event: 'Lead', any: [isCap] },
      { event: '*', any: [isCap, isPos] },
    ],
    true,
  ],
  ['a filter for * applies to every event', [{ event: '*', any: [isPos] }], false],
  ["another event's filter does not matter", [{ event: 'Placed Order', any: [isPos] }], true],
]

const sent: EventParameters = {
  contents: [
    { content_id: '11', content_type: 'product', brand: 'Norda', price: 10 },
    { content_id: '2', content_type: 'product', brand: 'Acme', price: 45 },
  ],
  content_type: 'product',
  num_items: 2,
  value: 100,
}

function toCase(title: string, filters: Filter[], passes: boolean): Case {
  return {
    title,
    config: { mapping: { events: { Lead: 'Contact' } }, filters },
    track: ['Lead', properties],
    ...(passes
      ? { pixel: [{ event: 'Contact', parameters: sent }] }
      : { pixel: [], status: 'filtered', reason: 'filter' }),
  }
}

export const filterCases: Case[] = [
  ...rows.map((row) => {
    const [property, operator, value, holds, ignoreCase] = row
    const wanted = value === undefined ? '' : ` ${JSON.stringify(value)}`
    const title = `a filter: ${property} ${operator}${wanted}${ignoreCase ? ', ignoring case' : ''} ${holds ? 'is met' : 'is not met'}`
    return toCase(title, [{ event: 'Lead', any: [condition(row)] }], holds)
  }),
  ...boxes.map(([title, filters, passes]) => toCase(`filters: ${title}`, filters, passes)),
]
