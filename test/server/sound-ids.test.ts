import { expect, test } from 'vitest'
import type { RelayedEvent } from '../../src/types.ts'
import { batchOf, relayed } from './relayed.ts'
import { startForwarder } from './start-forwarder.ts'

const nul = 'must not contain a NUL character (U+0000)'
const half = 'must not contain half of a surrogate pair (U+D800 to U+DFFF without its partner)'
const faults: [text: string, message: string][] = [
  ['\0', nul],
  ['a\0b', nul],
  ['1001\0', nul],
  ['\ud83d', half],
  ['\ude00', half],
  ['1001\ud83d', half],
  ['\ud83d\ud83d\ude00', half],
  ['\ude00\ud83d', half],
]

test.each(faults)('an ambiguous ID or name is refused from a page: %j', async (text, message) => {
  const forwarder = startForwarder({ mapping: { events: { [text]: 'Lead' } } })
  const answers: [Partial<RelayedEvent>, string][] = [
    [{ eventID: text }, 'eventID'],
    [{ eventName: text, send: [{ event: 'Lead', parameters: {} }] }, 'eventName'],
    [{ send: [{ event: text, parameters: {} }] }, 'send[0].event'],
  ]
  for (const [more, path] of answers) {
    const { status, body } = await forwarder.postEvents(batchOf(relayed(more), relayed()))
    expect([status, body]).toEqual([202, { accepted: 1, problems: [{ path: `events[0].${path}`, message }] }])
  }
  expect((await forwarder.postEvents(batchOf(relayed({ eventID: text })))).status).toBe(400)
  expect(forwarder.outbox.kept.map(({ data }) => data.event_id)).toEqual(['1001', '1001', '1001'])
})

test.each(faults)('an ambiguous ID or name is refused from a webhook: %j', async (text, message) => {
  const forwarder = startForwarder()
  const order = { event_name: 'Placed Order', properties: { id: '1001', total_price: 1, currency: 'EUR' } }
  const rows = [
    [{ ...order, event_id: text }, 'event_id'],
    [{ ...order, properties: { ...order.properties, id: text } }, 'properties.id'],
    [{ ...order, event_name: `Placed Order${text}` }, 'event_name'],
  ] as const
  for (const [event, path] of rows) {
    const { status, body } = await forwarder.postWebhook([event, order])
    expect([status, body]).toEqual([
      202,
      { accepted: 1, statuses: { failure: 1, success: 1 }, problems: [{ path: `[0].${path}`, message }] },
    ])
    const alone = await forwarder.postWebhook(event)
    expect([alone.status, alone.body.problems]).toEqual([400, [{ path, message }]])
  }
  expect(forwarder.outbox.kept.map(({ data }) => data.event_id)).toEqual(['1001', '1001', '1001'])
})

test.each(['1001 😀', 'größe', '注文-1001', 'a\tb', '￿'])('an unusual but valid ID is accepted: %j', async (id) => {
  const forwarder = startForwarder()
  expect((await forwarder.postEvents(batchOf(relayed({ eventID: id })))).body.accepted).toBe(1)
  const order = { event_name: 'Placed Order', event_id: id, properties: { total_price: 1, currency: 'EUR' } }
  expect((await forwarder.postWebhook(order)).body.accepted).toBe(1)
  expect(forwarder.outbox.kept.map(({ data }) => data.event_id)).toEqual([id, id])
})
