import { expect, test } from 'vitest'
import { createMatchKeys } from '../../src/server/match-keys.ts'
import type { DeliveryResult, OutboxEvent } from '../../src/server/outbox.ts'

function event(user: OutboxEvent['data']['user'], order = false): OutboxEvent {
  const data = { event: 'Purchase', event_time: 1, event_id: '1', user, page: {}, properties: {} }
  return { data, expires: 2, order }
}

test('match keys count accepted events, not retried or refused ones', async () => {
  const { counting, report } = createMatchKeys()
  const shares = () => report().match_keys
  let results: DeliveryResult[] = []
  const deliver = counting(async () => results)
  expect(shares()).toMatchObject({ email: 0, ip: 0 })
  const events = [event({ email: 'a', ip: '1' }), event({ email: 'a' }), event({ ip: '1' }), event({ ttclid: 't' })]
  for (results of [['retry', 'retry', 'retry', 'retry'], ['stop'], []] satisfies DeliveryResult[][]) {
    expect(await deliver(events)).toBe(results)
    expect(shares()).toMatchObject({ email: 0, ip: 0, ttclid: 0 })
  }
  results = ['done', 'dead', 'done', 'retry']
  await deliver(events)
  expect(shares()).toEqual({ email: 0.5, phone: 0, external_id: 0, ttclid: 0, ttp: 0, ip: 1, user_agent: 0 })
})

test('orders are counted among the events, and separately', async () => {
  const { counting, report } = createMatchKeys()
  const deliver = counting(async (events) => events.map(() => 'done'))
  await deliver([event({ email: 'a', ip: '1' }, true), event({ ttclid: 't' }, true), event({ ip: '1' }), event({})])
  const none = { email: 0, phone: 0, external_id: 0, ttclid: 0, ttp: 0, ip: 0, user_agent: 0 }
  expect(report()).toEqual({
    match_keys: { ...none, email: 0.25, ttclid: 0.25, ip: 0.5 },
    match_keys_of_orders: { ...none, email: 0.5, ttclid: 0.5, ip: 0.5 },
    match_keys_counted: { events: 4, orders: 2 },
  })
})
