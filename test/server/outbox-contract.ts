// The contract of every outbox and store.
import { describe, expect, test } from 'vitest'
import type { Deliver, DeliveryResult, OutboxEvent } from '../../src/server/outbox.ts'
import { purchase } from './outbox-kit.ts'

/** An outbox under test, or a store that is used like one. */
export interface Kept {
  add(events: OutboxEvent[]): Promise<unknown>
  start(deliver: Deliver): void
}

/** Runs the contract. `open` returns a new, empty outbox, which is closed after the test. */
export function testOutbox(name: string, open: () => Kept): void {
  /** Adds events, answers each batch, and resolves with the delivered events once there are enough. */
  async function deliverUntil(
    events: OutboxEvent[],
    answer: (event: OutboxEvent, round: number) => DeliveryResult,
    isEnough: (handedOut: OutboxEvent[]) => boolean,
  ): Promise<OutboxEvent[]> {
    const kept = open()
    const handedOut: OutboxEvent[] = []
    const rounds = new Map<string, number>()
    kept.start(async (batch) =>
      batch.map((event) => {
        const { json: _, arrived: __, ...given } = event // the JSON of `data`, which a store may give beside it
        handedOut.push(structuredClone(given))
        const round = (rounds.get(event.data.event_id) ?? 0) + 1
        rounds.set(event.data.event_id, round)
        const result = answer(event, round)
        if (result !== 'done') event.problem = `round ${round}`
        return result
      }),
    )
    await kept.add(events)
    await expect.poll(() => isEnough(handedOut)).toBe(true)
    return handedOut
  }
  const idsOf = (events: OutboxEvent[]) => events.map(({ data }) => data.event_id).sort()

  describe(name, () => {
    test('delivers added events unchanged, each once if it is done', async () => {
      const given = [purchase('1', { source: 'page' }), purchase('2', { test_event_code: 'TEST1' }), purchase('ü €')]
      const handedOut = await deliverUntil(
        given,
        () => 'done',
        ({ length }) => length >= 3,
      )
      expect(handedOut.sort((a, b) => a.data.event_id.localeCompare(b.data.event_id))).toEqual(
        given.sort((a, b) => a.data.event_id.localeCompare(b.data.event_id)),
      )
    })

    test.each(['retry', 'stop'] as const)('delivers events again after the result %s', async (result) => {
      const handedOut = await deliverUntil(
        [purchase('1')],
        (_, round) => (round < 3 ? result : 'done'),
        ({ length }) => length >= 3,
      )
      expect(idsOf(handedOut)).toEqual(['1', '1', '1'])
      expect(handedOut[2]?.data).toEqual(handedOut[0]?.data)
    })

    test('does not deliver dead letters again, and continues with the others', async () => {
      const handedOut = await deliverUntil(
        [purchase('bad'), purchase('good')],
        ({ data }, round) => (data.event_id === 'bad' ? 'dead' : round < 3 ? 'retry' : 'done'),
        (events) => events.filter(({ data }) => data.event_id === 'good').length >= 3,
      )
      expect(idsOf(handedOut)).toEqual(['bad', 'good', 'good', 'good'])
    })

    test('delivers at most 1,000 events at a time, and all events in the end', async () => {
      const kept = open()
      const sizes: number[] = []
      kept.start(async (batch) => {
        sizes.push(batch.length)
        return batch.map(() => 'done')
      })
      await kept.add(Array.from({ length: 1500 }, (_, index) => purchase(String(index))))
      await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(1500)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1000)
    })
  })
}
