import { expect, test, vi } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { openShop, tracked } from './page.ts'

/** What one call hands to TikTok: the parameters of each `ttq.track`. */
function sent(call: unknown[], config: Partial<Config> = {}): unknown[] {
  const { page, track } = openShop(config)
  track(...call)
  return tracked(page).map(([, , parameters]) => parameters)
}

/** The one item that TikTok receives. */
function content(item: unknown, config: Partial<Config> = {}): unknown {
  const [parameters] = sent(['Started Checkout', { items: [item] }], config)
  return Object(parameters).contents?.[0]
}

const product = { content_type: 'product' }
const forget = Symbol('forget')

function thrower(): never {
  throw new Error('from the page')
}

/** A proxy that throws on every access. */
const wall = new Proxy({}, { get: thrower, ownKeys: thrower, has: thrower, getOwnPropertyDescriptor: thrower })

const functionWall = new Proxy(() => {}, { get: thrower, ownKeys: thrower, apply: thrower })

test.each<[title: string, item: object, expected: object, config?: Partial<Config>]>([
  ['IDs that are numbers become text', { product_id: 7, variant_id: 0 }, { content_id: '0' }],
  ['a variant_id of null is left out', { product_id: 'P1', variant_id: null }, { content_id: 'P1' }],
  ['an empty SKU is left out', { product_id: 'P1', sku: '' }, {}, { contentId: 'sku' }],
  ['a Shopify GID becomes its last part', { variant_id: 'gid://shopify/ProductVariant/44' }, { content_id: '44' }],
  ['a Shopify GID without a last part is left out', { variant_id: 'gid://shopify/ProductVariant/' }, {}],
  ['an ID that is a list or an object is left out', { variant_id: ['V1'], product_id: { id: 1 } }, {}],
  [
    'a BigInt can be an ID and a price',
    { variant_id: 2n ** 64n, price: 5n },
    { content_id: '18446744073709551616', price: 5 },
  ],
  ['a price as text becomes a number', { price: '10.50', quantity: '2' }, { price: 10.5, quantity: 2 }],
  ['a price of zero is kept', { price: 0, quantity: 0 }, { price: 0, quantity: 0 }],
  ['NaN and infinity are left out', { price: Number.NaN, quantity: Number.POSITIVE_INFINITY }, {}],
  ['a missing quantity is left out', { product_id: 'P1', price: 1 }, { content_id: 'P1', price: 1 }],
  ['true, a symbol and a function are not numbers', { price: true, quantity: Symbol('two') }, {}],
  ['a name that is a number becomes text', { name: 42 }, { content_name: '42' }],
  [
    'a name that is neither text nor a number is left out',
    { name: true, vendor: ['Nike'], category: () => 'Caps' },
    {},
  ],
  [
    'an item without a prototype is read',
    Object.assign(Object.create(null), { sku: 'S1' }),
    { content_id: 'S1' },
    { contentId: 'sku' },
  ],
  ['a frozen item is read', Object.freeze({ product_id: 'P1' }), { content_id: 'P1' }],
  [
    'an item of a class is read',
    new (class {
      product_id = 'P1'
    })(),
    { content_id: 'P1' },
  ],
  ['a date becomes its ISO text', { name: new Date(0), sku: 'S1' }, { content_name: '1970-01-01T00:00:00.000Z' }],
  ['an invalid date is left out', { name: new Date(Number.NaN), product_id: 'P1' }, { content_id: 'P1' }],
  ['toJSON is honoured', { toJSON: () => ({ product_id: 'P1' }), product_id: 'P2' }, { content_id: 'P1' }],
  [
    'a getter that throws loses only its property',
    {
      get name() {
        return thrower()
      },
      sku: 'S1',
      price: 1,
    },
    { price: 1 },
  ],
  ['a symbol as a key is skipped', { [forget]: 1, product_id: 'P1' }, { content_id: 'P1' }],
])('%s', (_, item, expected, config) => {
  expect(content(item, config)).toStrictEqual({ ...product, ...expected })
})

test.each<[title: string, properties: unknown, expected: object]>([
  ['an event without properties has no parameters', undefined, {}],
  ['an event with null properties has no parameters', null, {}],
  ['an event with text as properties has no parameters', 'items', {}],
  ['an event with a list as properties has no parameters', [{ product_id: 'P1' }], {}],
  ['a lower-case currency becomes upper case', { total_price: 1, currency: 'eur' }, { value: 1, currency: 'EUR' }],
  ['a currency that is not text is left out', { total_price: 1, currency: ['EUR'] }, { value: 1 }],
  ['an empty currency is left out', { total_price: 1, currency: '' }, { value: 1 }],
  ['a total of NaN is left out, and so is the currency', { total_price: Number.NaN, currency: 'EUR' }, {}],
  ['items that are not a list are left out', { items: { 0: { product_id: 'P1' }, length: 1 } }, {}],
  [
    'a getter for items that throws keeps the value',
    {
      total_price: 3,
      get items() {
        return thrower()
      },
    },
    { value: 3 },
  ],
  ['a proxy that throws keeps the other properties', { total_price: 3, items: wall, coupon: wall }, { value: 3 }],
  ['properties that always throw are left out', wall, {}],
  ['a function that always throws is left out', functionWall, {}],
  ['a toJSON that throws loses only its property', { total_price: 3, at: { toJSON: thrower } }, { value: 3 }],
  [
    'an endless toJSON loses only its property',
    {
      total_price: 3,
      at: {
        toJSON() {
          return this
        },
      },
    },
    { value: 3 },
  ],
  ['frozen properties are read', Object.freeze({ total_price: 3 }), { value: 3 }],
])('%s', (_, properties, expected) => {
  expect(sent(['Started Checkout', properties])).toStrictEqual([expected])
})

test('a null item is skipped, and its neighbors are sent', () => {
  const items = [null, { product_id: 'P1', quantity: 2 }, undefined, 'P2', wall, { product_id: 'P3' }]
  expect(sent(['Started Checkout', { items }])).toStrictEqual([
    {
      contents: [
        { ...product, content_id: 'P1', quantity: 2 },
        { ...product, content_id: 'P3' },
      ],
      content_type: 'product',
      num_items: 3,
    },
  ])
})

test('an order that contains itself is sent', () => {
  const order: Record<string, unknown> = { id: 1, total_price: 20, currency: 'EUR' }
  order.self = order
  order.items = [{ product_id: 'P1', order, list: order }]
  expect(sent(['Placed Order', order])).toStrictEqual([
    {
      contents: [{ ...product, content_id: 'P1' }],
      content_type: 'product',
      num_items: 1,
      value: 20,
      currency: 'EUR',
      order_id: '1',
    },
  ])
})

test('a text of 1 MB is cut at 2,000 characters, in any place', () => {
  const long = 'x'.repeat(1e6)
  const cut = long.slice(0, 2000)
  expect(content({ product_id: long, name: long })).toStrictEqual({ ...product, content_id: cut, content_name: cut })
  expect(sent(['Searched', { query: long }])).toStrictEqual([{ query: cut, search_string: cut }])
})

test('10,000 items: the value is sent, and the first 1,998 of them', () => {
  const items = Array.from({ length: 10_000 }, (_, product_id) => ({ product_id }))
  const [parameters] = sent(['Started Checkout', { items, total_price: 5 }])
  expect(parameters).toMatchObject({ value: 5, num_items: 1998 })
  expect(Object(parameters).contents.at(-1)).toStrictEqual({ ...product, content_id: '1997' })
})

test('items stored by ID are found, also in a list with a hole of four billion entries', () => {
  const items: object[] = []
  items[4294967294] = { product_id: 'P1' }
  expect(sent(['Started Checkout', { items }])).toStrictEqual([
    { contents: [{ ...product, content_id: 'P1' }], content_type: 'product', num_items: 1 },
  ])
})

test('an object that branches endlessly is read up to 2,000 objects', () => {
  let read = 0
  const endless = (): object =>
    new Proxy(Object.fromEntries(Array.from('abcdefghij', (key) => [key, 0])), {
      get: (_, key) => (key === 'toJSON' ? undefined : endless()),
      ownKeys: (target) => {
        read++
        return Reflect.ownKeys(target)
      },
    })
  expect(sent(['Started Checkout', { total_price: 5, endless: endless() }])).toStrictEqual([{ value: 5 }])
  expect(read).toBeGreaterThan(1900)
  expect(read).toBeLessThanOrEqual(2000)
})

test('an object nested 100,000 levels deep is read to its sixth level', () => {
  let nested: object = {}
  for (let depth = 0; depth < 1e5; depth++) nested = { nested }
  const { converge, track } = openShop()
  const heard = vi.fn()
  converge.on('event', heard)
  track('Started Checkout', nested)
  let depth = 0
  for (let level = heard.mock.lastCall?.[1].properties; level?.nested; level = level.nested) depth++
  expect(depth).toBe(6)
})

test('changing an argument after the call changes nothing', () => {
  const { page, converge, track } = openShop()
  const item = { product_id: 'P1', price: 10 }
  const order = { id: '1', total_price: 10, items: [item] }
  track('Placed Order', order)
  item.price = 99
  order.total_price = 99
  order.items.push({ product_id: 'P2', price: 1 })

  const parameters = {
    contents: [{ ...product, content_id: 'P1', price: 10 }],
    content_type: 'product',
    num_items: 1,
    value: 10,
    order_id: '1',
  }
  expect(tracked(page)[0]?.[2]).toStrictEqual(parameters)
  const heard = vi.fn()
  converge.on('event', heard)
  const [result, event] = heard.mock.lastCall ?? []
  expect(result.destinationEvents[0].parameters).toStrictEqual(parameters)
  expect(event.properties).toMatchObject({ total_price: 10, items: [{ product_id: 'P1', price: 10 }] })
})

test('a list shared by several calls is not shared by the sent events', () => {
  const { page, track } = openShop()
  const items = Object.freeze([Object.freeze({ product_id: 'P1' })])
  track('Started Checkout', { items })
  track('Added Payment Info', { items })
  const [first, second] = tracked(page).map((call) => Object(call[2]).contents)
  first[0].content_id = 'changed by TikTok'
  expect(second).toStrictEqual([{ ...product, content_id: 'P1' }])
  expect(items).toStrictEqual([{ product_id: 'P1' }])
})

test('a __proto__ from JSON neither pollutes objects nor sets properties of the event', () => {
  const hostile = JSON.parse('{ "total_price": 5, "__proto__": { "currency": "EUR", "polluted": true } }')
  expect(sent(['Started Checkout', hostile])).toStrictEqual([{ value: 5 }])
  expect(Object({}).polluted).toBeUndefined()
})

test.each([
  undefined,
  null,
  42,
  {},
  [],
  Symbol('name'),
  true,
  '',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
])('an event name without a row is unmapped: %s', (eventName) => {
  const { page, track } = openShop()
  expect(track(eventName, { total_price: 1 })).toMatchObject({
    status: 'skipped',
    reason: 'unmapped',
    eventName: /^(string|number)$/.test(typeof eventName) ? String(eventName) : '',
    destinationEvents: [],
  })
  expect(tracked(page)).toEqual([])
})

test.each<[title: string, eventID: unknown, sent: string]>([
  ['text, unchanged', '65f0c1a2b3c4d5.12345678', '65f0c1a2b3c4d5.12345678'],
  ['a Shopify GID as text, unchanged, as on the server', 'gid://shopify/Order/1', 'gid://shopify/Order/1'],
  ['a number, as text', 1001, '1001'],
  ['zero, as text', 0, '0'],
  ['a BigInt, as text', 12345678901234567890n, '12345678901234567890'],
])("the caller's eventID is sent: %s", (_, eventID, event_id) => {
  const { page, track } = openShop()
  expect(track('Placed Order', { id: 'order' }, { eventID }).eventID).toBe(event_id)
  expect(tracked(page)[0]?.[3]).toStrictEqual({ event_id, pixel_code: pixelId })
})

test.each<[title: string, options: unknown]>([
  ['options undefined', undefined],
  ['options null', null],
  ['options that are a number', 7],
  ['options that are text', 'e-1'],
  ['options that throw', wall],
  [
    'a getter that throws',
    {
      get eventID() {
        return thrower()
      },
    },
  ],
  ['eventID null', { eventID: null }],
  ['an empty eventID', { eventID: '' }],
  ['a blank eventID', { eventID: '  ' }],
  ['eventID NaN', { eventID: Number.NaN }],
  ['an eventID that is an object', { eventID: { toString: () => 'x' } }],
  ['an eventID that is a function', { eventID: () => 'x' }],
])("without a usable eventID the order's own ID is sent: %s", (_, options) => {
  const { page, track } = openShop()
  track('Placed Order', { id: 'gid://shopify/Order/1001' }, options)
  expect(tracked(page)[0]?.[3]).toStrictEqual({ event_id: '1001', pixel_code: pixelId })
})

test('two events without an ID get two IDs, both text', () => {
  const { page, track } = openShop()
  track('Placed Order', { id: null })
  track('Placed Order', { id: {} })
  const ids = tracked(page).map((call) => Object(call[3]).event_id)
  expect(ids).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)])
  expect(new Set(ids).size).toBe(2)
})

test.each<[title: string, value: unknown]>([
  ['a function whose toString throws', Object.assign(() => {}, { toString: thrower })],
  ['an object without a toString', Object.create(null)],
  ['a symbol', Symbol('web')],
  ['a list of lists', [[[]]]],
  ['a proxy that throws', wall],
])('a filter on a property never throws, whatever its value: %s', (_, source_name) => {
  const any = [{ property: 'source_name', operator: 'matches_regex', value: '^pos$' }] as const
  const { track } = openShop({ filters: [{ event: '*', any }] })
  expect(track('Searched', { source_name })).toMatchObject({ status: 'filtered', reason: 'filter' })
})

test('an email and a name among the properties are not sent', () => {
  const order = {
    id: '1',
    $email: 'jane@shop.test',
    $first_name: 'Jane',
    note: 'Jane',
    items: [{ sku: 'S', $email: 'jane' }],
  }
  expect(JSON.stringify(sent(['Placed Order', order]))).not.toMatch(/jane/i)
})

test.each<[title: string, consent: unknown]>([
  ['a proxy that throws', wall],
  [
    'a getter that throws',
    {
      get marketing() {
        return thrower()
      },
    },
  ],
])('an unreadable decision never throws, and denies: %s', (_, consent) => {
  const { converge, track } = openShop({ consent: 'implied' })
  expect(() => Reflect.apply(converge.consent, converge, [consent])).not.toThrow()
  expect(track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
})
