import { expect, test } from 'vitest'
import { checks } from '../../src/inspector/checks.ts'
import { currencies } from '../../src/inspector/currencies.ts'
import { type Diagnosis, diagnose } from '../../src/inspector/diagnose.ts'
import { type Call, made, mapped } from './mapped.ts'

const item = { product_id: '9010', variant_id: '90101', name: 'Cap', price: 19.9, quantity: 2, currency: 'EUR' }
const order = { id: '1001', total_price: 64.9, currency: 'EUR', items: [item] }
const placed = (change: object = {}, rest: Partial<Call> = {}) =>
  mapped({ eventName: 'Placed Order', properties: { ...order, ...change }, ...rest })
const viewed = (change: object = {}) => mapped({ eventName: 'Viewed Product', properties: { ...item, ...change } })
const renamed = (event: string) =>
  mapped({ eventName: 'My Event', config: { mapping: { events: { 'My Event': event } } } })

function found({ result, source }: ReturnType<typeof made>): Diagnosis[] {
  return diagnose(result, source)
}

type Row = [
  code: string,
  title: string,
  wrong: ReturnType<typeof made>,
  /** What the fix names. */
  place: string,
  right: ReturnType<typeof made>,
]

const rows: Row[] = [
  ['EMPTY_EVENT_TYPE_NAME', 'no name', made({ event: ' ' }), 'mapping.events["My Event"]', made({})],
  ['EMPTY_EVENT_TYPE_NAME', 'the name "null"', renamed('null'), 'mapping.events["My Event"]', renamed('nullable')],
  [
    'EMPTY_EVENT_TYPE_NAME',
    'a call without a name',
    mapped({ eventName: '' }),
    'first argument: track(',
    mapped({ eventName: 'My Event' }),
  ],
  [
    'MISMATCHED_EVENT_TYPE_NAME_FOR_CUSTOM_EVENT',
    'a space',
    made({ event: 'My Lead' }),
    'mapping.events["My Event"]',
    renamed('MyLead'),
  ],
  [
    'MISMATCHED_EVENT_TYPE_NAME_FOR_CUSTOM_EVENT',
    'a dash at the end',
    made({ event: 'My-' }),
    'mapping.events["My Event"]',
    renamed('My-1'),
  ],
  [
    'LONG_EVENT_TYPE_NAME',
    '51 characters',
    made({ event: 'a'.repeat(51) }),
    'mapping.events["My Event"]',
    renamed('a'.repeat(50)),
  ],
  [
    'MISSING_CONTENT_ID',
    'one item of three without an ID',
    placed({ items: [item, item, { name: 'Cap' }] }),
    'properties.items[2]',
    placed({ items: [item, item] }),
  ],
  [
    'MISSING_CONTENT_ID',
    'one item of a cart without an ID',
    mapped({ eventName: 'Added To Cart', properties: { items: [item, {}] } }),
    'properties.items[1]',
    mapped({ eventName: 'Added To Cart', properties: { items: [item, item] } }),
  ],
  ['MISSING_CONTENT_ID', 'no items', placed({ items: [] }), 'properties.items.', placed()],
  [
    'MISSING_CONTENT_ID',
    "a flat product without the ID of the config's mode",
    mapped({ eventName: 'Viewed Product', properties: item, config: { contentId: 'sku' } }),
    'in properties.',
    mapped({ eventName: 'Viewed Product', properties: { ...item, sku: 'C1' }, config: { contentId: 'sku' } }),
  ],
  [
    'MISSING_CONTENT_ID',
    'a collection without its products',
    mapped({ eventName: 'Viewed Collection', properties: { id: '1', name: 'Caps' } }),
    'properties.items',
    mapped({ eventName: 'Searched', properties: { query: 'cap' } }),
  ],
  [
    'INVALID_CONTENT_ID',
    'a blank ID',
    made({ event: 'AddToCart', parameters: { contents: [{ content_id: ' ', content_type: 'product' }] } }),
    'properties.items[0]',
    made({ event: 'AddToCart', parameters: { contents: [{ content_id: '0', content_type: 'product' }] } }),
  ],
  [
    'INVALID_CONTENT_TYPE',
    'an unknown content_type',
    mapped({ eventName: 'Viewed Product', properties: item, config: Object({ contentType: 'sku' }) }),
    'contentType',
    mapped({ eventName: 'Viewed Product', properties: item, config: { contentType: 'product_group' } }),
  ],
  [
    'INVALID_EVENT_PARAMETER_VALUE',
    'text',
    made({ parameters: Object({ value: '1,299', currency: 'EUR' }) }),
    'properties.total_price',
    made({ parameters: Object({ value: '1299.50', currency: 'EUR' }) }),
  ],
  [
    'INVALID_EVENT_PARAMETER_VALUE',
    'NaN',
    made({ parameters: { value: Number.NaN, currency: 'EUR' } }),
    'properties.total_price',
    placed({ total_price: 0 }),
  ],
  [
    'MISSING_VALUE_PARAMETER',
    'a purchase without a value',
    placed({ total_price: '1,299' }),
    'properties.total_price',
    placed({ total_price: '1299' }),
  ],
  [
    'MISSING_VALUE_PARAMETER',
    'a currency without a value',
    made({ parameters: { currency: 'EUR' } }),
    'properties.total_price',
    made({ parameters: { currency: 'EUR', value: 0 } }),
  ],
  [
    'MISSING_CURRENCY_PARAMETER',
    'no currency',
    placed({ currency: '', items: [{ ...item, currency: null }] }),
    'properties.currency',
    placed({ currency: '' }),
  ],
  [
    'MISSING_CURRENCY_PARAMETER',
    'items with different currencies',
    placed({ currency: undefined, items: [item, { ...item, currency: 'USD' }] }),
    'properties.currency',
    placed({ items: [item, { ...item, currency: 'USD' }] }),
  ],
  [
    'INVALID_CURRENCY_CODE',
    'a currency that TikTok does not support',
    viewed({ currency: 'XAU' }),
    'properties.currency',
    viewed({ currency: 'eur' }),
  ],
  [
    'MISSING_EMAIL_AND_PHONE',
    'a purchase without email and phone',
    placed({}, { matchKeys: ['external_id'] }),
    'profileProperties',
    placed({}, { matchKeys: ['phone'] }),
  ],
  [
    'INVALID_EMAIL_FORMAT',
    'an incomplete address',
    placed({ $email: 'jane.example.com' }),
    '$email',
    placed({ $email: ' Jane@Example.com ' }),
  ],
  [
    'INVALID_EMAIL_FORMAT',
    'a list without a valid address',
    placed({ $email: ['jane', 'jane@example'] }),
    '$email',
    placed({ $email: ['jane', 'me@x.com'] }),
  ],
  [
    'INVALID_EMAIL_INFORMATION',
    'a list of templates without a value',
    placed({ $email: ['', 'null'] }),
    '$email',
    placed({ $email: [] }),
  ],
  ['INVALID_EMAIL_INFORMATION', 'a template without a value', placed({ $email: 'undefined' }), '$email', placed()],
  [
    'INVALID_EMAIL_INFORMATION',
    'the hash of nothing',
    placed({ $email: 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855' }),
    '$email',
    placed({ $email: 'a'.repeat(64) }),
  ],
  [
    'INVALID_PHONE_NUMBER_FORMAT',
    'no country code',
    placed({ $phone_number: '0664 1234567' }),
    '$phone_number',
    placed({ $phone_number: '+43 664 1234567' }),
  ],
  [
    'INVALID_PHONE_NUMBER_INFORMATION',
    'an empty number',
    placed({ $phone_number: '' }),
    '$phone_number',
    placed({ $phone_number: null }),
  ],
  [
    'MISSING_ORDER_ID',
    'an order without an ID',
    placed({ id: undefined }),
    'properties.id ',
    placed({ id: undefined }, { eventID: 'e-1' }),
  ],
  ['MISSING_ORDER_ID', 'a blank ID of an order', placed({ id: ' ' }), 'properties.id ', placed({ id: 0 })],
  [
    'MISSING_ORDER_ID',
    'a subscription without an ID',
    mapped({ eventName: 'Started Subscription', properties: { order_id: '1001' } }),
    'properties.id ',
    mapped({ eventName: 'Placed Recurring Subscription Order' }),
  ],
  ...['order_id', 'orderId', 'transaction_id'].map(
    (key): Row => [
      'MISSING_ORDER_ID',
      `an ID named ${key}`,
      placed({ id: undefined, [key]: '1001' }),
      `Rename properties.${key} to properties.id.`,
      placed({ [key]: '1002' }),
    ],
  ),
  [
    'MISSPELT_EVENT_NAME',
    "Converge's name in lower case",
    mapped({ eventName: 'Added to Cart' }),
    "track('Added To Cart'",
    mapped({ eventName: 'Added To Cart', properties: item }),
  ],
  [
    'MISSPELT_EVENT_NAME',
    "Converge's name without spaces",
    mapped({ eventName: 'placed_order' }),
    "track('Placed Order'",
    mapped({ eventName: 'Viewed Order' }),
  ],
  [
    'MISSPELT_EVENT_NAME',
    "TikTok's name instead of Converge's",
    mapped({ eventName: 'CompletePayment' }),
    "track('Placed Order'",
    mapped({ eventName: 'Refunded Order' }),
  ],
  [
    'MISSPELT_EVENT_NAME',
    "Segment's name instead of Converge's",
    mapped({ eventName: 'Product Viewed' }),
    "track('Viewed Product'",
    mapped({ eventName: 'Product Shared' }),
  ],
  [
    'MISSPELT_EVENT_NAME',
    "TikTok's name in lower case",
    renamed('AddtoCart'),
    'mapping.events["My Event"] to "AddToCart"',
    renamed('AddToCartNow'),
  ],
]

test.each(rows)('%s: %s', (code, _, wrong, place, right) => {
  const [diagnosis] = found(wrong).filter((one) => one.code === code)
  expect(diagnosis?.fix).toContain(place)
  expect(diagnosis?.message).toMatch(/^.+[.?]$/)
  expect(found(right).map((one) => one.code)).not.toContain(code)
})

test('each code has a call that triggers it', () => {
  expect(new Set(rows.map(([code]) => code))).toEqual(new Set(checks.map(({ code }) => code)))
})

test.each<[wrong: ReturnType<typeof made>, code: string]>([
  [made({ event: '' }), 'EMPTY_EVENT_TYPE_NAME'],
  [placed({ $email: 'null' }), 'INVALID_EMAIL_INFORMATION'],
  [placed({ $phone_number: 'None' }), 'INVALID_PHONE_NUMBER_INFORMATION'],
])('one problem is reported with one code', (wrong, code) => {
  expect(found(wrong).map((one) => one.code)).toEqual([code])
})

test.each(['me@x.com', "sinead.o'brien@example.ie", 'info@müller.de', ['me@x.com'], [], null, undefined])(
  'a valid email address, or none, is not reported: %j',
  ($email) => {
    expect(found(placed({ $email }, { matchKeys: ['email'] }))).toEqual([])
  },
)

test('a valid order has no problems', () => {
  expect(found(placed({ $email: 'jane@example.com' }, { matchKeys: ['email'] }))).toEqual([])
})

test('each TikTok event of a call is checked under its own name', () => {
  const codes = found(placed({ $is_new_customer: true, items: [], total_price: null, currency: null })).map(
    ({ code, event, event_id }) => [code, event, event_id],
  )
  expect(codes).toEqual([
    ['MISSING_CONTENT_ID', 'Purchase', '1001'],
    ['MISSING_VALUE_PARAMETER', 'Purchase', '1001'],
  ])
})

test('an order without an ID is reported once, however many TikTok events it becomes', () => {
  const diagnoses = found(placed({ id: null, $is_new_customer: true, $email: 'jane@example.com' }))
  expect(diagnoses.map(({ code, event }) => [code, event])).toEqual([['MISSING_ORDER_ID', 'Purchase']])
})

test('a value missing in many items is reported in one line', () => {
  const [diagnosis] = found(placed({ items: Array(40).fill({ name: 'Cap' }) }))
  expect(diagnosis?.fix).toContain('properties.items[4] and 35 more')
})

test.each(['My Event', 'Logged In', 'Added', 'Page Left'])(
  'an unmapped event with a name unlike any other is not reported: %s',
  (eventName) => {
    expect(found(mapped({ eventName }))).toEqual([])
  },
)

test('a known event that is switched off is not reported', () => {
  expect(found(mapped({ eventName: 'Searched', config: { mapping: { events: { Searched: false } } } }))).toEqual([])
})

test('a purchase is not reported as anonymous if its identity is unknown to the inspector', () => {
  const { result } = placed({ $email: 'junk' })
  expect(diagnose(result)).toEqual([])
})

test('TikTok accepts 62 currencies', () => {
  expect(currencies.size).toBe(62)
})

test('no other name is suggested if the mapping has a row for the tracked name', () => {
  const purchase = mapped({ eventName: 'Purchase' })
  const codes = (mapping?: Parameters<typeof diagnose>[2]) =>
    diagnose({ ...purchase.result, reason: 'unmapped' }, purchase.source, mapping).map(({ code }) => code)
  expect(codes()).toEqual(['MISSPELT_EVENT_NAME'])
  expect(codes({ events: { Purchase: false } })).toEqual([])
  expect(codes({ mode: 'custom', events: { Sold: 'Lead' } })).toEqual([])
})
