import fc from 'fast-check'
import { expect, test } from 'vitest'
import { debugLine, warningLine } from '../../src/inspector/debug-line.ts'
import { diagnose } from '../../src/inspector/diagnose.ts'
import type { Channel, State, TrackResult } from '../../src/types.ts'
import { mapped } from './mapped.ts'

const order = {
  id: '1001',
  total_price: 64.9,
  currency: 'EUR',
  $is_new_customer: true,
  items: [{ product_id: '9010', price: 64.9, quantity: 1 }],
}
const { result } = mapped({ eventName: 'Placed Order', properties: order })
const live = { pixel: 'live', relay: 'ready' } as const

test.each<[title: string, result: TrackResult, line: string]>([
  ['sent', result, 'Placed Order → Purchase, NewCustomerPurchase · success · event_id 1001 · 64.9 EUR · pixel'],
  [
    'sent by both channels',
    {
      ...result,
      destinationEvents: result.destinationEvents.map((event) => ({ ...event, via: ['pixel', 'relay'] })),
    },
    'Placed Order → Purchase, NewCustomerPurchase · success · event_id 1001 · 64.9 EUR · pixel and relay',
  ],
  [
    'without money',
    mapped({ eventName: 'Searched', properties: { q: 'cap' } }).result,
    'Searched → Search · success · event_id e1 · pixel',
  ],
  [
    'unmapped',
    mapped({ eventName: 'My Event' }).result,
    'My Event → nothing · skipped: unmapped · event_id e1 · Skipped: no mapping row has this event name, or its row is turned off.',
  ],
  [
    'unnamed',
    mapped({ eventName: '' }).result,
    '(no name) → nothing · skipped: unmapped · event_id e1 · Skipped: no mapping row has this event name, or its row is turned off.',
  ],
])('a line contains the call, the status and the reason: %s', (_, result, line) => {
  expect(debugLine(result, live)).toBe(line)
})

test('a warning names the problem and the fix', () => {
  const { result } = mapped({ eventName: 'added to cart' })
  expect(diagnose(result).map(warningLine)).toEqual([
    'added to cart · MISSPELT_EVENT_NAME · No mapping row has this name. Did you mean "Added To Cart"? Call track(\'Added To Cart\', …).',
  ])
})

test('a warning names an order without an ID', () => {
  const { result, source } = mapped({ eventName: 'Placed Order', properties: { ...order, id: undefined } })
  expect(diagnose(result, source).map(warningLine)).toEqual([
    'Purchase · MISSING_ORDER_ID · The order has no id. Each reload of its page counts it again, and so does the server copy. Set properties.id to the order\'s id, such as "1001", or pass it as options.eventID.',
  ])
})

const email = fc.emailAddress()
const around = fc.constantFrom('', ' ', 'mailto:', 'a\n', '?email=', '"')
const personal = fc.tuple(around, email, around).map((parts) => parts.join(''))
const text = fc.oneof(personal, fc.string(), personal.map(encodeURIComponent))

test('no line contains an email address, wherever the page put it', () => {
  const check = (eventName: string, eventID: string, $email: string, to: boolean, currency: string) => {
    const config = to ? { mapping: { events: { [eventName]: 'lead' } } } : {}
    const properties = { ...order, id: eventID, $email, $phone_number: $email, currency, name: $email }
    for (const name of [eventName, 'Placed Order']) {
      const { result, source } = mapped({ eventName: name, properties, eventID, config })
      const lines = [debugLine(result, live), ...diagnose(result, source).map(warningLine)]
      for (const line of lines) expect(line).not.toMatch(/@|%40|\n/)
    }
  }
  fc.assert(fc.property(text, text, text, fc.boolean(), text, check), { numRuns: 1000 })
})

test.each([
  ['a phone number', '+43 664 1234567', '…'],
  ['a hash', 'a'.repeat(64), '…'],
  ['a long name', 'x'.repeat(200), `${'x'.repeat(100)}…`],
])('no line contains %s', (_, eventName, shown) => {
  expect(debugLine(mapped({ eventName }).result, live)).toMatch(new RegExp(`^${shown} → nothing`))
})

const search = mapped({ eventName: 'Searched', properties: { q: 'cap' } }).result
const sentBy = (via: Channel[], change: Partial<TrackResult>): TrackResult => ({
  ...search,
  destinationEvents: search.destinationEvents.map((event) => ({ ...event, via })),
  ...change,
})

test.each<[change: Partial<TrackResult>, via: Channel[], pixel: State['pixel'], ways: string]>([
  [{}, ['pixel', 'relay'], 'live', 'success · event_id e1 · pixel and relay'],
  [{}, ['pixel'], 'waiting', 'success, pixel waiting · event_id e1 · pixel waiting'],
  [{}, ['pixel', 'relay'], 'waiting', 'success, pixel waiting · event_id e1 · pixel waiting and relay'],
  [{ reason: 'pixel_blocked' }, ['pixel', 'relay'], 'blocked', 'success: pixel_blocked · event_id e1 · relay'],
  [{ reason: 'undecided' }, ['relay'], 'waiting', 'success: undecided · event_id e1 · relay'],
  [{ reason: 'relay_refused' }, ['pixel', 'relay'], 'live', 'success: relay_refused · event_id e1 · pixel'],
  [{ reason: 'too_late' }, ['pixel', 'relay'], 'live', 'success: too_late · event_id e1 · pixel'],
  [{ reason: 'denied' }, ['pixel', 'relay'], 'live', 'success: denied · event_id e1 · pixel'],
  [
    { status: 'retry', reason: 'relay_down' },
    ['pixel', 'relay'],
    'live',
    'retry: relay_down · event_id e1 · pixel and relay waiting',
  ],
])('a line names only the channels that have the event: %j by %j, pixel %s', (change, via, pixel, ways) => {
  const line = debugLine(sentBy(via, change), { pixel, relay: 'ready' })
  expect(line.replace(/ · [A-Z][^·]*$/, '')).toBe(`Searched → Search · ${ways}`)
})
