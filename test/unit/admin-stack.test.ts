import { describe, expect, test } from 'vitest'
import { edgesOf, stackOf } from '../../src/admin/stack.ts'
import type { AdminPeriod } from '../../src/server/admin/admin-api.ts'

const period = (start: number, events: AdminPeriod['events']): AdminPeriod => ({
  ...{ start, events, channels: { page: 0, server: 0, merged: 0 }, orders: 0, value: {} },
})

const hours = [
  period(0, { Purchase: { success: 3, failure: 1 }, ViewContent: { success: 5 } }),
  period(3_600_000, {}),
  period(7_200_000, { Purchase: { waiting: 2 }, ViewContent: { filtered: 4, no_consent: 1 } }),
]

describe('the plots', () => {
  test('count by status, and leave out statuses without an event', () => {
    const { series, starts } = stackOf(hours, 'status')
    expect(starts).toEqual([0, 3_600_000, 7_200_000])
    expect(series.map(({ name, counts }) => [name, counts])).toEqual([
      ['Success', [8, 0, 0]],
      ['Waiting', [0, 0, 2]],
      ['Failure', [1, 0, 0]],
      ['Filtered', [0, 0, 4]],
      ['No consent', [0, 0, 1]],
    ])
  })

  test('count by event, the most frequent event first', () => {
    expect(stackOf(hours, 'event').series.map(({ name, counts }) => [name, counts])).toEqual([
      ['ViewContent', [5, 0, 5]],
      ['Purchase', [4, 0, 2]],
    ])
  })

  test('combine rare events, so that each series has a color of its own', () => {
    const events = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`Event${index}`, { success: 12 - index }]),
    )
    const { series } = stackOf([period(0, events)], 'event')
    expect(series.map(({ name }) => name)).toEqual(['Event0', 'Event1', 'Event2', 'Event3', 'Event4', 'Other events'])
    expect(series.at(-1)?.total).toBe(7 + 6 + 5 + 4 + 3 + 2 + 1)
    expect(new Set(series.map(({ color }) => color)).size).toBe(series.length)
  })

  test.each(['status', 'event'] as const)('by %s, a bar is as high as the number of its events', (by) => {
    expect(edgesOf(stackOf(hours, by)).at(-1)).toEqual([9, 0, 7])
  })

  test('of a forwarder without events have no series', () => {
    expect(stackOf([period(0, {})], 'status').series).toEqual([])
  })
})
