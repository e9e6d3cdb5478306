// How an order's two copies become one event, without a database.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventsApiEvent, OutboxEvent } from '../../src/server/outbox.ts'
import { contradicts, mergeOrder, mergeRows } from '../../src/store/merge-order.ts'

const time = 1_800_000_000
const [jane, mary, visitor, customer] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
]

type Parts = Partial<EventsApiEvent> & { expires?: number }

function copy(source: 'page' | 'signed', { expires = time + 1000, ...data }: Parts = {}): OutboxEvent {
  const event = { event: 'Purchase', event_time: time, event_id: '1001', user: {}, page: {}, properties: {}, ...data }
  return { data: event, expires, order: true, orderName: 'Placed Order', source }
}

const fromPage = copy('page', {
  event_time: time - 20,
  expires: time + 5,
  user: {
    ...{ email: jane, external_id: visitor, first_name: mary },
    ...{ ttclid: 'click', ttp: 'cookie', ip: '203.0.113.7', user_agent: 'Firefox', locale: 'de-AT' },
  },
  page: { url: 'https://www.shop.example/thanks', referrer: 'https://search.example/' },
  properties: { value: 0.01, currency: 'USD' },
})
const fromShop = copy('signed', {
  user: { email: jane, phone: mary, external_id: customer, ip: '198.51.100.1', user_agent: 'Shop/1.0', locale: 'en' },
  page: { url: 'https://www.shop.example' },
  properties: { value: 94.8, currency: 'EUR', order_id: '1001' },
})

test('money, parameters and expiry come from the source; URL, click IDs, IP and user agent come from the page', () => {
  expect(mergeOrder(fromShop, fromPage)).toEqual({
    data: {
      event: 'Purchase',
      event_time: time - 20,
      event_id: '1001',
      user: {
        ...{ email: jane, phone: mary, external_id: customer, first_name: mary },
        ...{ ttclid: 'click', ttp: 'cookie', ip: '203.0.113.7', user_agent: 'Firefox', locale: 'de-AT' },
      },
      page: { url: 'https://www.shop.example/thanks', referrer: 'https://search.example/' },
      properties: { value: 94.8, currency: 'EUR', order_id: '1001' },
    },
    expires: time + 1000,
    order: true,
    orderName: 'Placed Order',
    source: 'signed',
    merged: true,
  })
})

test.each([
  ['the same', 0, time],
  ['a second earlier', -1, time - 1],
  ['5 minutes earlier', -300, time - 300],
  ['5 minutes and a second earlier', -301, time],
  ['a second later', 1, time],
])('the page’s time is used up to 5 minutes before the source’s: it is %s', (_, distance, expected) => {
  expect(mergeOrder(fromShop, copy('page', { event_time: time + distance })).data.event_time).toBe(expected)
})

test('limited data use is set if either copy has it', () => {
  const limited = { limited_data_use: true }
  expect(mergeOrder(copy('signed', limited), copy('page')).data.limited_data_use).toBe(true)
  expect(mergeOrder(copy('signed'), copy('page', limited)).data.limited_data_use).toBe(true)
  expect(mergeOrder(copy('signed'), copy('page')).data).not.toHaveProperty('limited_data_use')
})

test('the source’s own URL, IP and user agent are kept if the page has none', () => {
  const { page, user } = mergeOrder(fromShop, copy('page')).data
  expect([page, user]).toEqual([fromShop.data.page, fromShop.data.user])
})

describe('a page’s copy contradicts the source’s', () => {
  test.each([
    ['another email address', { user: { email: mary } }, true],
    ['the same email address', { user: { email: jane } }, false],
    ['no email address', {}, false],
    ['another customer or visitor ID', { user: { external_id: visitor } }, false],
    ['a time an hour earlier', { event_time: time - 3600 }, false],
    ['a time an hour later', { event_time: time + 3600 }, false],
    ['a time more than an hour earlier', { event_time: time - 3601 }, true],
    ['a time more than an hour later', { event_time: time + 3601 }, true],
    ['a time 46 hours earlier', { event_time: time - 46 * 3600 }, true],
  ])('%s: %o', (_, parts, expected) => {
    expect(contradicts(copy('page', parts), fromShop)).toBe(expected)
  })
})

test('a row that only the page has is dropped, and a row that only the source has gets the page’s context', () => {
  const named = (source: 'page' | 'signed', event: string) =>
    copy(source, { event, user: source === 'page' ? { ttclid: event } : {} })
  const rows = (source: 'page' | 'signed', ...events: string[]) => events.map((event) => named(source, event))
  const contexts = (merged?: OutboxEvent[]) => merged?.map(({ data }) => `${data.event} ${data.user.ttclid}`)
  expect(contexts(mergeRows(rows('signed', 'Purchase'), rows('page', 'Purchase', 'NewCustomerPurchase')))).toEqual([
    'Purchase Purchase',
  ])
  expect(contexts(mergeRows(rows('signed', 'Purchase', 'NewCustomerPurchase'), rows('page', 'Purchase')))).toEqual([
    'Purchase Purchase',
    'NewCustomerPurchase Purchase',
  ])
  expect(mergeRows(rows('signed', 'Purchase'), [copy('page', { event_time: time - 4000 })])).toBeUndefined()
})

const hash = fc.constantFrom(jane, mary, visitor, customer)
const text = fc.string({ minLength: 1, maxLength: 5 })
const optional = { requiredKeys: [] }
const user = fc.record(
  {
    ...{ email: hash, phone: hash, external_id: hash, first_name: hash, last_name: hash, zip_code: hash },
    ...{ ttclid: text, ttp: text, ip: text, user_agent: text, locale: text, city: text },
  },
  optional,
)
const event = (source: 'page' | 'signed') =>
  fc
    .record(
      {
        user,
        event_time: fc.integer({ min: time - 4000, max: time + 4000 }),
        limited_data_use: fc.constant(true),
        page: fc.record({ url: text, referrer: text }, optional),
        properties: fc.record({ value: fc.double(), order_id: text }, optional),
        expires: fc.integer({ min: time, max: time + 1e6 }),
      },
      optional,
    )
    .map((parts) => copy(source, parts))

test('whatever a page posts, the source’s money, identity, ID and expiry are kept, and no match key of either is lost', () => {
  fc.assert(
    fc.property(event('signed'), event('page'), (signed, page) => {
      const before = structuredClone([signed, page])
      const { data, ...merged } = mergeOrder(signed, page)
      expect([signed, page]).toEqual(before)
      expect(merged).toEqual({ ...signed, data: undefined, merged: true, ...merged })
      expect([data.event, data.event_id, data.properties]).toEqual(['Purchase', '1001', signed.data.properties])
      expect([signed.data.event_time, page.data.event_time]).toContain(data.event_time)
      expect(signed.data.event_time - data.event_time).toBeGreaterThanOrEqual(0)
      expect(signed.data.event_time - data.event_time).toBeLessThanOrEqual(300)
      const keys = new Set([...Object.keys(signed.data.user), ...Object.keys(page.data.user)])
      expect(new Set(Object.keys(data.user))).toEqual(keys)
      for (const key of ['email', 'phone', 'external_id', 'first_name', 'last_name', 'zip_code', 'city'] as const)
        expect(data.user[key]).toBe(signed.data.user[key] ?? page.data.user[key])
      for (const key of ['ttclid', 'ttp', 'ip', 'user_agent'] as const)
        expect(data.user[key]).toBe(page.data.user[key] ?? signed.data.user[key])
    }),
    { numRuns: 2000 },
  )
})
