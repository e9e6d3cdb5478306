import type { Config, EventParameters } from '../../src/types.ts'
import type { Case } from './case.ts'

const item = { product_id: 'P1', price: 10, quantity: 1, currency: 'USD' }
const content = { content_id: 'P1', content_type: 'product', price: 10, quantity: 1 } as const
const base: EventParameters = { contents: [content], content_type: 'product', num_items: 1 }

const rows: [title: string, properties: object, sent: EventParameters, config?: Partial<Config>][] = [
  [
    'total_price is the value',
    { total_price: 12.5, currency: 'USD', items: [item] },
    { ...base, value: 12.5, currency: 'USD' },
  ],
  [
    'a price given as text becomes a number',
    { total_price: ' 12.50 ', currency: 'USD' },
    { value: 12.5, currency: 'USD' },
  ],
  ['a value of 0 is kept', { total_price: 0, currency: 'USD' }, { value: 0, currency: 'USD' }],
  ['an ambiguous price is left out', { total_price: '1,299', currency: 'USD' }, {}],
  ['NaN and infinity are left out', { total_price: Number.NaN, total_tax: Number.POSITIVE_INFINITY }, {}],
  [
    'a net value excludes tax and shipping',
    { total_price: 20.3, total_tax: '3.2', total_shipping: 5, currency: 'USD' },
    { value: 12.1, currency: 'USD' },
    { value: 'net' },
  ],
  [
    'a net value without tax and shipping is the total',
    { total_price: 20, currency: 'USD' },
    { value: 20, currency: 'USD' },
    { value: 'net' },
  ],
  ['a currency becomes upper case', { total_price: 1, currency: ' usd ' }, { value: 1, currency: 'USD' }],
  ['a currency without a value is left out', { currency: 'USD', items: [item] }, base],
  [
    'an empty currency becomes the one that all items share',
    { total_price: 1, currency: '', items: [item, item] },
    { contents: [content, content], content_type: 'product', num_items: 2, value: 1, currency: 'USD' },
  ],
  [
    'no currency is sent if the items have different ones',
    { total_price: 1, items: [item, { ...item, currency: 'EUR' }] },
    { contents: [content, content], content_type: 'product', num_items: 2, value: 1 },
  ],
  [
    'no currency is sent if one item has none',
    { total_price: 1, items: [item, { ...item, currency: null }] },
    { contents: [content, content], content_type: 'product', num_items: 2, value: 1 },
  ],
  [
    "the order's currency takes precedence over its items'",
    { total_price: 1, currency: 'GBP', items: [item] },
    { ...base, value: 1, currency: 'GBP' },
  ],
  ['a word that is not a currency code is left out', { total_price: 1, currency: 'dollars' }, { value: 1 }],
  [
    'a missing quantity counts as 1 in num_items, and is left out of contents',
    {
      items: [
        { product_id: 'P1', price: 10 },
        { ...item, quantity: '2' },
      ],
    },
    {
      contents: [
        { content_id: 'P1', content_type: 'product', price: 10 },
        { ...content, quantity: 2 },
      ],
      content_type: 'product',
      num_items: 3,
    },
  ],
  ['an item that is not an object is skipped', { items: [null, item, 'P2', 7, undefined, [item]] }, base],
  ['an empty list of items results in no contents', { items: [] }, {}],
  [
    'the value of a flat item is price times quantity',
    { product_id: 'P1', price: '0.1', quantity: 3, currency: 'USD' },
    {
      contents: [{ content_id: 'P1', content_type: 'product', price: 0.1, quantity: 3 }],
      content_type: 'product',
      num_items: 3,
      value: 0.3,
      currency: 'USD',
    },
  ],
  [
    'the total takes precedence over a flat price',
    { product_id: 'P1', price: 10, total_price: 8, currency: 'USD' },
    {
      contents: [{ content_id: 'P1', content_type: 'product', price: 10 }],
      content_type: 'product',
      num_items: 1,
      value: 8,
      currency: 'USD',
    },
  ],
  [
    'the catalog may contain product groups',
    { items: [item] },
    { contents: [{ ...content, content_type: 'product_group' }], content_type: 'product_group', num_items: 1 },
    { contentType: 'product_group' },
  ],
  ['only an order has an order_id', { id: '1001', total_price: 1, currency: 'USD' }, { value: 1, currency: 'USD' }],
  [
    'properties that TikTok does not use are not sent',
    {
      total_price: 1,
      currency: 'USD',
      $email: 'jane@example.com',
      phone: '+491701234567',
      value: 99,
      content_id: 'x',
      query: 'jane@example.com',
      note: 'secret',
    },
    { value: 1, currency: 'USD' },
  ],
]

const amounts: [written: string, value: number | undefined][] = [
  ['12,50', 12.5],
  ['1,234.50', 1234.5],
  ['1.234,50', 1234.5],
  ['1 234,50 €', 1234.5],
  ['1\u202f234,50\u00a0€', 1234.5],
  ["CHF 1'234.50", 1234.5],
  ['₹1,23,456.78', 123456.78],
  ['-1.234,50 €', -1234.5],
  ['1.299', 1.299],
  ['1,299', undefined],
  ['0x10', undefined],
  ['1e3', undefined],
  ['Infinity', undefined],
  ['12,50 per kg', undefined],
]

/** One flat item, whose value is its price. */
const flat = (value: number | undefined): EventParameters => ({
  contents: [{ content_type: 'product', ...(value !== undefined && { price: value }) }],
  content_type: 'product',
  num_items: 1,
  ...(value !== undefined && { value, currency: 'EUR' }),
})

const amountRows: typeof rows = amounts.flatMap(([written, value]): typeof rows => {
  const name = `${JSON.stringify(written)} is ${value ?? 'not an amount'}`
  return [
    [
      `a total of ${name}`,
      { total_price: written, currency: 'EUR' },
      value === undefined ? {} : { value, currency: 'EUR' },
    ],
    [`a price of ${name}`, { price: written, currency: 'EUR' }, flat(value)],
  ]
})

const decimalRows: typeof rows = [
  [
    'a total and a price with three decimals keep them',
    { total_price: 12.345, currency: 'KWD', items: [{ product_id: 'P1', price: '4.115', quantity: 3 }] },
    {
      contents: [{ content_id: 'P1', content_type: 'product', price: 4.115, quantity: 3 }],
      content_type: 'product',
      num_items: 3,
      value: 12.345,
      currency: 'KWD',
    },
  ],
  [
    'a net value keeps three decimals',
    { total_price: '12.345', total_tax: '1,10', total_shipping: 0.001, currency: 'KWD' },
    { value: 11.244, currency: 'KWD' },
    { value: 'net' },
  ],
  [
    'the price of a flat item is rounded to four decimals, and its value is computed before rounding',
    { product_id: 'P1', price: 10 / 3, quantity: 3, currency: 'USD' },
    {
      contents: [{ content_id: 'P1', content_type: 'product', price: 3.3333, quantity: 3 }],
      content_type: 'product',
      num_items: 3,
      value: 10,
      currency: 'USD',
    },
  ],
  [
    'the price of an item is rounded to four decimals, and so is a total',
    { total_price: 20 / 3, currency: 'USD', items: [{ product_id: 'P1', price: 10 / 3, quantity: 2 }] },
    {
      contents: [{ content_id: 'P1', content_type: 'product', price: 3.3333, quantity: 2 }],
      content_type: 'product',
      num_items: 2,
      value: 6.6667,
      currency: 'USD',
    },
  ],
  [
    'a quantity is not read like money: "1,5" is unreadable',
    { product_id: 'P1', price: '1,5', quantity: '1,5', currency: 'USD' },
    {
      contents: [{ content_id: 'P1', content_type: 'product', price: 1.5 }],
      content_type: 'product',
      num_items: 1,
      value: 1.5,
      currency: 'USD',
    },
  ],
]

const queries = ['query', 'search_query', 'search_string', 'search_term', 'term', 'q']

export const parameterCases: Case[] = [
  ...[...rows, ...amountRows, ...decimalRows].map(
    ([title, properties, parameters, config = {}]): Case => ({
      title,
      config,
      track: ['Started Checkout', properties],
      pixel: [{ event: 'InitiateCheckout', parameters }],
    }),
  ),
  ...queries.map(
    (name): Case => ({
      title: `a search query may be in the property ${name}`,
      track: ['Searched', { [name]: 'cap' }],
      pixel: [{ event: 'Search', parameters: { query: 'cap', search_string: 'cap' } }],
    }),
  ),
  {
    title: 'a numeric search query is sent as text',
    track: ['Searched', { query: 501 }],
    pixel: [{ event: 'Search', parameters: { query: '501', search_string: '501' } }],
  },
  {
    title: 'a search query with an email address is not sent',
    track: ['Searched', { query: 'jane@example.com', total_price: 0 }],
    pixel: [{ event: 'Search', parameters: { value: 0 } }],
  },
  {
    title: "a Shopify order's GID becomes its last part, in event_id and order_id",
    track: ['Placed Order', { id: 'gid://shopify/Order/55' }],
    pixel: [{ event: 'Purchase', parameters: { order_id: '55' }, event_id: '55' }],
  },
  {
    title: "the caller's eventID has priority over the order's ID, and is sent unchanged",
    track: ['Placed Order', { id: 55 }, { eventID: '65f0c1a2b3c4d5.12345678' }],
    pixel: [{ event: 'Purchase', parameters: { order_id: '55' }, event_id: '65f0c1a2b3c4d5.12345678' }],
  },
  {
    title: 'a numeric eventID of another event is sent as text',
    track: ['Subscribed To Newsletter', {}, { eventID: 42 }],
    pixel: [{ event: 'CompleteRegistration', parameters: {}, event_id: '42' }],
  },
  {
    title: 'an eventID of null is ignored',
    track: ['Placed Order', { id: 55 }, { eventID: null }],
    pixel: [{ event: 'Purchase', parameters: { order_id: '55' }, event_id: '55' }],
  },
]
