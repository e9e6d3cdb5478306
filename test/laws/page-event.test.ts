import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { safeParse } from 'valibot'
import { expect, test } from 'vitest'
import { isPageBatch, isPageEvent } from '../../src/server/is-page-event.ts'
import { pageBatchSchema, pageEventSchema } from '../../src/server/parse.ts'
import type { RelayedEvent } from '../../src/types.ts'

const text = fc.oneof(
  fc.constantFrom('1001', ' ', '', '\n', 'x'.repeat(2000), 'x'.repeat(2001), 'x'.repeat(50), 'x'.repeat(51)),
  fc.string(),
)
const word = fc.constantFrom('Placed Order', 'Lead', '1001')
const number = fc.oneof(fc.constantFrom(0, -0, 1.5, 1e308), fc.double({ noNaN: true, noDefaultInfinity: true }))
const hash = fc.constant('a0'.repeat(32))
const place = fc.constantFrom('wien', 'at', 'św. kinga')
const contentType = fc.constantFrom('product' as const, 'product_group' as const)
const decision = fc.constantFrom('granted' as const, 'denied' as const)

const content = fc.record(
  {
    content_type: contentType,
    content_id: word,
    content_name: word,
    content_category: word,
    brand: word,
    price: number,
    quantity: number,
  },
  { requiredKeys: ['content_type'] },
)
const parameters = fc.record(
  {
    ...{ contents: fc.array(content, { minLength: 1, maxLength: 3 }), content_type: contentType, value: number },
    ...{ currency: fc.constantFrom('EUR', 'JPY'), num_items: number, order_id: word, query: word, search_string: word },
  },
  { requiredKeys: [] },
)
const user = fc.record(
  {
    ...{ email: hash, phone: hash, external_id: hash, first_name: hash, last_name: hash, zip_code: hash },
    ...{ city: place, state: place, country: place },
  },
  { requiredKeys: [] },
)

const oddities: unknown[] = [
  undefined,
  null,
  true,
  false,
  [],
  {},
  'GRANTED',
  'eur',
  'Wien',
  'a@b.c',
  'A0'.repeat(32),
  'E C',
]

/** Every part of an event, as a page of ours writes it. */
const parts = {
  time: number,
  eventName: word,
  eventID: word,
  send: fc.array(fc.record({ event: word, parameters }), { minLength: 1, maxLength: 3 }),
  pixel: fc.boolean(),
  user,
  visitor: hash,
  aliases: fc.array(hash, { minLength: 1, maxLength: 10 }),
  page: fc.record({ url: fc.webUrl(), referrer: fc.constantFrom('', 'https://www.shop.test/') }),
  ttclid: fc.constantFrom('E.C.P.abc', 'a'.repeat(500)),
  ttp: fc.constantFrom('2abc', 'a'.repeat(200)),
  locale: fc.constantFrom('de-AT', 'en', 'zh_Hant_TW'),
  consent: fc.record({ analytics: decision, marketing: decision }, { requiredKeys: [] }),
  gpc: fc.constant(true as const),
  test: fc.constant('TEST123'),
} satisfies Record<keyof RelayedEvent, fc.Arbitrary<unknown>>

const requiredKeys = ['time', 'eventName', 'eventID', 'send', 'pixel', 'user', 'page', 'consent'] as const
const written = fc.record(parts, { requiredKeys: [...requiredKeys] })

test('an event as a page writes it is accepted unchanged, without the schema', () => {
  fc.assert(
    fc.property(written, (event) => {
      expect(isPageEvent(overTheWire(event))).toBe(true)
    }),
  )
})

test('the quick test passes exactly the events that the schema does not change', () => {
  fc.assert(
    fc.property(written, fc.array(change, { minLength: 1, maxLength: 3 }), (event, changes) => {
      const given = overTheWire(changes.reduce(applyChange, overTheWire(event)))
      const { success, output } = safeParse(pageEventSchema, given)
      expect(isPageEvent(given)).toBe(success && isDeepStrictEqual(output, given))
    }),
    { numRuns: 3000 },
  )
})

// Random changes rarely reach the depth at which an item loses its type.
test('the quick test and the schema agree on every part of an event, at its limits and without it', () => {
  const hash = 'a0'.repeat(32)
  const content = { content_type: 'product', content_id: '1', content_name: 'a', content_category: 'a', brand: 'a' }
  const whole = {
    ...{
      time: 1,
      eventName: 'a',
      eventID: '1',
      pixel: true,
      ttclid: 'a',
      ttp: 'a',
      locale: 'de',
      gpc: true,
      test: 'a',
      visitor: hash,
      aliases: [hash],
    },
    send: [
      {
        event: 'Purchase',
        parameters: {
          contents: [{ ...content, price: 1, quantity: 1 }],
          ...{ content_type: 'product', value: 1, currency: 'EUR', num_items: 1 },
          ...{ order_id: '1', query: 'a', search_string: 'a' },
        },
      },
    ],
    user: {
      ...{ email: hash, phone: hash, external_id: hash, first_name: hash, last_name: hash, zip_code: hash },
      ...{ city: 'wien', state: 'wien', country: 'at' },
    },
    page: { url: '', referrer: '' },
    consent: { analytics: 'granted', marketing: 'denied' },
  }
  const lengths = [1, 50, 51, 64, 65, 100, 101, 200, 201, 500, 501, 2000, 2001, 8000, 8001]
  const texts = lengths.map((length) => 'a'.repeat(length))
  const lists = [0, 10, 11, 20, 21, 2000, 2001].flatMap((length) =>
    [whole.send[0], content, hash].map((entry) => new Array(length).fill(entry)),
  )
  expect(isPageEvent(whole)).toBe(true)
  for (const path of pathsOf(whole))
    for (const value of [...texts, ...lists, ...oddities, '', ' ', 0, 1.5, hash]) {
      const given = overTheWire(replaceAt(whole, path, value))
      const { success, output } = safeParse(pageEventSchema, given)
      const isSame = success && isDeepStrictEqual(output, given)
      if (isPageEvent(given) !== isSame) expect([path, value, isPageEvent(given)]).toEqual([path, value, isSame])
    }
})

test('the quick test and the schema of a batch agree on every part of it', () => {
  const hash = 'a0'.repeat(32)
  const whole = {
    v: 1,
    sentAt: 1,
    events: [{}],
    denied: { visitor: hash },
    cookies: { visitor: hash, ttclid: 'a' },
  }
  const lists = [1, 1000, 1001].map((length) => new Array(length).fill('an event that is checked later'))
  const optional = [
    { ...whole, denied: undefined },
    { ...whole, cookies: undefined },
    { ...whole, cookies: {} },
  ]
  expect(isPageBatch(whole)).toBe(true)
  for (const one of [whole, ...optional])
    for (const path of pathsOf(one))
      for (const value of ['a'.repeat(500), 'a'.repeat(501), ...lists, ...oddities, '', ' ', 0, 1, 2, hash, {}]) {
        const given = overTheWire(replaceAt(one, path, value))
        // A batch without events is rare. The schema checks it.
        if (isEmptyBatch(given)) continue
        const { success, output } = safeParse(pageBatchSchema, given)
        const isSame = success && isDeepStrictEqual(output, given)
        if (isPageBatch(given) !== isSame) expect([path, value, isPageBatch(given)]).toEqual([path, value, isSame])
      }
})

const isEmptyBatch = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && 'events' in given && isDeepStrictEqual(given.events, [])

/** The place of every part, from the whole down to single values. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner).map((path) => [key, ...path]))]
}

function replaceAt(value: unknown, [key, ...deeper]: readonly string[], replacement: unknown): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return replacement
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
    name,
    name === key ? replaceAt(inner, deeper, replacement) : inner,
  ])
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

/** A change of a part, which is replaced, added or removed: a key for each level, and the new value. */
interface Change {
  places: number[]
  key: string | undefined
  value: unknown
}

const strange = fc.oneof(text, number, fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(...oddities))
const change: fc.Arbitrary<Change> = fc.record({
  places: fc.array(fc.nat(), { maxLength: 5 }),
  key: fc.option(fc.constantFrom('more', '__proto__', 'constructor', 'email', 'contents', 'length', '0'), {
    nil: undefined,
    freq: 4,
  }),
  value: strange,
})

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null')

/** Goes down by the places, and replaces what stands at the last one; a key is added beside it instead. */
function applyChange(value: unknown, { places: [place, ...deeper], key, value: replacement }: Change): unknown {
  if (place === undefined || typeof value !== 'object' || value === null) return replacement
  const entries = Object.entries(value)
  const [name] = entries[place % Math.max(1, entries.length)] ?? []
  if (name === undefined || (deeper.length === 0 && key !== undefined && !Array.isArray(value)))
    return Object.fromEntries([...entries, [key ?? 'more', replacement]])
  const changed = entries.map(([each, old]): [string, unknown] => {
    if (each !== name) return [each, old]
    return [each, deeper.length ? applyChange(old, { places: deeper, key, value: replacement }) : replacement]
  })
  return Array.isArray(value) ? changed.map(([, each]) => each) : Object.fromEntries(changed)
}
