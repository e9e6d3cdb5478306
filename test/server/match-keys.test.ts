import { expect, test } from 'vitest'
import { createMatchKeys } from '../../src/server/match-keys.ts'
import type { OutboxEvent, Verdict } from '../../src/server/outbox.ts'

function event(user: OutboxEvent['data']['user']): OutboxEvent {
  const data = { event: 'Purchase', event_time: 1, event_id: '1', user, page: {}, properties: {} }
  return { data, expires: 2, order: false }
}

test('match keys count accepted events, not retried or refused ones', async () => {
  const { counting, shares } = createMatchKeys()
  let verdicts: Verdict[] = []
  const deliver = counting(async () => verdicts)
  expect(shares()).toMatchObject({ email: 0, ip: 0 })
  const events = [event({ email: 'a', ip: '1' }), event({ email: 'a' }), event({ ip: '1' }), event({ ttclid: 't' })]
  for (verdicts of [['retry', 'retry', 'retry', 'retry'], ['stop'], []] satisfies Verdict[][]) {
    expect(await deliver(events)).toBe(verdicts)
    expect(shares()).toMatchObject({ email: 0, ip: 0, ttclid: 0 })
  }
  verdicts = ['done', 'dead', 'done', 'retry']
  await deliver(events)
  expect(shares()).toEqual({ email: 0.5, phone: 0, external_id: 0, ttclid: 0, ttp: 0, ip: 1, user_agent: 0 })
})
