import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyRecord } from '../../src/core/event.ts'
import { parsePageRequest, parseServerRequest } from '../../src/server/parse.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import { readUser } from '../../src/tiktok/user.ts'
import { config, properties } from '../laws/messy.ts'
import { batchOf, relayed } from './relayed.ts'

const eventName = fc.constantFrom('Placed Order', 'Viewed Product', 'Searched', 'Added To Cart')

test('any event that a page writes is accepted unchanged', () => {
  fc.assert(
    fc.property(config, eventName, properties, (config, eventName, given) => {
      const properties = copyRecord(given)
      const rows = route({ eventName, eventID: '1', properties }, readRules(config), config) ?? []
      const send = rows.map(({ event, parameters }) => ({ event, parameters }))
      const user = readUser(properties)

      const { good, problems } = parsePageRequest(JSON.stringify(batchOf({ ...relayed({ eventName, send }), user })))

      expect(problems).toEqual([])
      expect(good.map(({ event }) => event.send)).toEqual([JSON.parse(JSON.stringify(send))])
      expect(good[0]?.event.user.email).toBe(user.email)
    }),
  )
})

test('an order of 2,000 items, with text of 2,000 characters, is accepted', () => {
  const text = 'x'.repeat(2000)
  const contents = Array.from({ length: 2000 }, () => ({ content_id: '1', content_type: 'product' }))
  const send = [{ event: 'Purchase', parameters: { contents, order_id: text } }]
  const { good } = parsePageRequest(JSON.stringify(batchOf({ ...relayed(), eventID: text, send })))
  expect(good).toHaveLength(1)
})

test('it never throws and never repeats a value, whatever the input', () => {
  const jane = fc.constant('jane@example.com')
  const anything = fc.oneof(
    fc.json(),
    fc.string(),
    jane.map((text) => JSON.stringify(text)),
  )
  const event = fc.record({ ...relayedShape(jane) }, { requiredKeys: [] })
  const events = fc
    .array(fc.oneof(event, fc.jsonValue(), jane), { maxLength: 5 })
    .map((list) => JSON.stringify(batchOf(...list)))
  fc.assert(
    fc.property(fc.oneof(anything, events), (body) => {
      for (const { problems } of [parsePageRequest(body), parseServerRequest(body)]) {
        expect(JSON.stringify(problems)).not.toContain('jane@')
      }
    }),
  )
})

/** Each part of an event as it should be, or anything else. */
function relayedShape(text: fc.Arbitrary<string>): Record<string, fc.Arbitrary<unknown>> {
  const parts = { ...relayed(), event_name: 'Lead', event_id: '1', timestamp: 1, profile_properties: {}, aliases: [] }
  return Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [name, fc.oneof(fc.constant(value), text, fc.jsonValue())]),
  )
}

test('a batch needs an event, or the visitor who denied consent', () => {
  const visitor = 'a'.repeat(64)
  const parse = (parts: object) => parsePageRequest(JSON.stringify({ ...batchOf(), ...parts }))
  expect(parse({ denied: { visitor } })).toMatchObject({ denied: visitor, good: [], problems: [] })
  expect(parse({ denied: { visitor }, events: [relayed()] })).toMatchObject({ denied: visitor, good: [{}] })
  expect(parse({})).toMatchObject({
    denied: undefined,
    problems: [{ path: 'events', message: 'must have at least 1 entry' }],
  })
  expect(parse({ denied: { visitor: 'jane@example.com' } }).problems).toEqual([
    { path: 'denied.visitor', message: 'must be a SHA-256 hash of 64 lowercase hex digits' },
  ])
})

test.each([
  ['{"event_name":', '', 'is not JSON'],
  ['', '', 'is not JSON'],
  ['{}', 'event_name', 'is missing'],
  ['{"event_name":""}', 'event_name', 'must have at least 1 character'],
  ['{"event_name":{}}', 'event_name', 'must be text'],
  ['{"events":[]}', 'events', 'must be 1 to 1000 events'],
])('a server’s body %j has a problem at "%s": %s', (body, path, message) => {
  expect(parseServerRequest(body).problems).toEqual([{ path, message }])
})
