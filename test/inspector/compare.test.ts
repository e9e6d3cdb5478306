import { expect, test } from 'vitest'
import { compare } from '../../src/inspector/compare.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { type Call, mapped } from './mapped.ts'

const cap = { product_id: 9010, variant_id: '90101', name: 'Cap', price: '19.90', quantity: 2, vendor: 'Nord' }

/** Each line as "from came → to left (changes)", without the groups' titles. */
function lines(call: Call): string[] {
  const { result, source } = mapped(call)
  const config: Config = { pixelId, ...call.config }
  return compare(source, result.destinationEvents[0]?.parameters ?? {}, config).flatMap((group) =>
    group.lines.map(({ from, came, to, left, changes }) => {
      const out = to ? ` → ${to} ${JSON.stringify(left)}` : ''
      return `${from} ${JSON.stringify(came)}${out} (${changes.join(', ')})`
    }),
  )
}

const placed = (properties: Record<string, unknown>, config: Partial<Config> = {}) =>
  lines({ eventName: 'Placed Order', properties, config })

test('an order: renamed, converted, computed and dropped properties, and those that are not sent with the event', () => {
  const order = {
    id: 1001,
    total_price: '44.70',
    currency: 'eur',
    $email: 'jane@example.com',
    $zip_code: '18055',
    $city: 'Rostock',
    note: 'Hi',
    items: [cap],
  }
  expect(placed({ ...order, $url: 'https://www.shop.test/' })).toEqual([
    'total_price "44.70" → value 44.7 (renamed, number)',
    'currency "eur" → currency "EUR" (tidied)',
    'id 1001 → order_id "1001" (renamed, text)',
    'items[].quantity [2] → num_items 2 (computed)',
    'config.contentType "product" → content_type "product" (configured)',
    'items[0].variant_id "90101" → contents[0].content_id "90101" (renamed)',
    'items[0].name "Cap" → contents[0].content_name "Cap" (renamed)',
    'items[0].vendor "Nord" → contents[0].brand "Nord" (renamed)',
    'items[0].price "19.90" → contents[0].price 19.9 (number)',
    'items[0].quantity 2 → contents[0].quantity 2 (same)',
    'items[0].product_id 9010 (kept)',
    '$email "jane@example.com" (identity)',
    '$zip_code "18055" (identity)',
    '$city "Rostock" (place)',
    'note "Hi" (kept)',
    '$url "https://www.shop.test/" (address)',
  ])
})

test.each<[title: string, properties: Record<string, unknown>, config: Partial<Config>, line: string]>([
  ['a total that is not a number', { total_price: '1,299' }, {}, 'total_price "1,299" → value undefined (refused)'],
  [
    'a net value',
    { total_price: 100, total_tax: 16, total_shipping: 5 },
    { value: 'net' },
    'total_price − total_tax − total_shipping [100,16,5] → value 79 (computed)',
  ],
  [
    'a currency that all items share',
    { total_price: 5, items: [{ ...cap, currency: 'EUR' }] },
    {},
    'items[].currency ["EUR"] → currency "EUR" (computed)',
  ],
  [
    'an order ID under another name',
    { order_id: 1001, total_price: 5, currency: 'EUR' },
    {},
    'order_id 1001 → order_id "1001" (text)',
  ],
  [
    'a GID',
    { items: [{ variant_id: 'gid://shopify/ProductVariant/7' }] },
    {},
    'items[0].variant_id "gid://shopify/ProductVariant/7" → contents[0].content_id "7" (renamed, tidied)',
  ],
  [
    'an ID of another mode',
    { items: [{ ...cap, sku: 'CAP' }] },
    { contentId: 'sku' },
    'items[0].sku "CAP" → contents[0].content_id "CAP" (renamed)',
  ],
  [
    'an item after one that is not an item',
    { items: [null, cap] },
    {},
    'items[1].name "Cap" → contents[0].content_name "Cap" (renamed)',
  ],
  ['an invalid email address', { $email: 'jane' }, {}, '$email "jane" (refused)'],
])('%s is shown', (_, properties, config, line) => {
  expect(placed(properties, config)).toContain(line)
})

test('a flat event: each property is shown once, and the value is computed from price and quantity', () => {
  expect(lines({ eventName: 'Added To Cart', properties: { ...cap, currency: 'EUR' } })).toEqual([
    'price × quantity ["19.90",2] → value 39.8 (computed)',
    'currency "EUR" → currency "EUR" (same)',
    'quantity 2 → num_items 2 (computed)',
    'config.contentType "product" → content_type "product" (configured)',
    'variant_id "90101" → contents[0].content_id "90101" (renamed)',
    'name "Cap" → contents[0].content_name "Cap" (renamed)',
    'vendor "Nord" → contents[0].brand "Nord" (renamed)',
    'price "19.90" → contents[0].price 19.9 (number)',
    'quantity 2 → contents[0].quantity 2 (same)',
    'product_id 9010 (kept)',
  ])
})

test('a search shows the property that contained its query', () => {
  expect(lines({ eventName: 'Searched', properties: { search_term: ' cap ' } })).toEqual([
    'search_term " cap " → query "cap" (renamed, tidied)',
    'search_term " cap " → search_string "cap" (renamed, tidied)',
  ])
})

test('an event without properties has nothing to compare', () => {
  expect(lines({ eventName: '$page_load' })).toEqual([])
})
