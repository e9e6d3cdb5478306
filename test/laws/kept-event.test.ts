import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMatchKeys } from '../../src/server/match-keys.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { readKept, writeKept } from '../../src/store/kept-event.ts'

// What looks like the end of the data, or like a key.
const tricky = fc.constantFrom(
  '},"expires":1',
  '"},"expires":',
  ',"expires":1}',
  '"user":{"email":',
  '"page":{',
  '\\',
  '"',
)
const text = fc.oneof(
  tricky,
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(tricky).map((parts) => parts.join('')),
)
const key = fc.option(text, { nil: undefined })
const data: fc.Arbitrary<OutboxEvent['data']> = fc.record({
  event: text,
  event_time: fc.nat(),
  event_id: text,
  user: fc.record(
    { email: text, phone: text, external_id: text, ttclid: text, ttp: text, ip: text, user_agent: text, city: text },
    { requiredKeys: [] },
  ),
  page: fc.record({ url: text, referrer: text }, { requiredKeys: [] }),
  properties: fc.record({ query: text, order_id: text, value: fc.nat() }, { requiredKeys: [] }),
})
const event: fc.Arbitrary<OutboxEvent> = fc
  .record({ data, expires: fc.nat(), order: fc.boolean(), source: fc.constantFrom('page', 'signed'), code: key })
  .map(({ code, ...rest }) => ({ ...rest, ...(code !== undefined && { test_event_code: code }) }))
/** The same event, as programs may have written it: its keys in another order. */
const shuffled = event.chain((one) =>
  fc
    .shuffledSubarray(Object.keys(one), { minLength: Object.keys(one).length })
    .map((keys): [OutboxEvent, string] => [
      one,
      JSON.stringify(Object.fromEntries(keys.map((name) => [name, Reflect.get(one, name)]))),
    ]),
)

test('a kept event is sent as the JSON of its data, for any texts in it', () => {
  fc.assert(
    fc.property(event, (given) => {
      const { json, ...read } = readKept(writeKept(given))
      expect(json).toBe(JSON.stringify(given.data))
      expect(read).toEqual(given)
    }),
  )
})

test('an event that another program kept with a different key order is read', () => {
  fc.assert(
    fc.property(shuffled, ([given, body]) => {
      const { json, ...read } = readKept(body)
      expect(read).toEqual(given)
      if (json !== undefined) expect(JSON.parse(json)).toEqual(given.data)
    }),
  )
})

test('match keys are counted the same with and without the kept JSON', async () => {
  const sharesOf = async (one: OutboxEvent) => {
    const { counting, report } = createMatchKeys()
    await counting(async () => ['done'])([one])
    return report()
  }
  await fc.assert(
    fc.asyncProperty(event, async (given) => {
      // Our own events have no empty keys: `put` leaves them out.
      const user = Object.fromEntries(Object.entries(given.data.user).filter(([, value]) => value !== ''))
      const ours = { ...given, data: { ...given.data, user } }
      expect(await sharesOf(readKept(writeKept(ours)))).toEqual(await sharesOf(ours))
    }),
  )
})
