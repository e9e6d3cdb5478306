import fc from 'fast-check'
import { beforeEach, expect, test, vi } from 'vitest'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import { openShop, tracked } from '../unit/page.ts'
import { anything, properties } from './messy.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

const eventName = fc.oneof(fc.constantFrom(...Object.keys(defaultMapping)), anything)
const options = fc.oneof(anything, fc.record({ eventID: anything }))

test('track accepts any value, and its event_id is non-empty text', () => {
  const { page, track } = openShop()
  const check = (name: unknown, event: unknown, options: unknown) => {
    const result = track(name, event, options)
    expect(result.eventID).toBeTypeOf('string')
    expect(result.eventID.trim()).not.toBe('')
    for (const { event_id } of result.destinationEvents) expect(event_id).toBe(result.eventID)
  }
  fc.assert(fc.property(eventName, fc.oneof(properties, anything), options, check), { numRuns: 1000 })
  expect(page.ttq.length).toBeGreaterThan(0)
})

test('the ttq queue and the result agree', () => {
  const check = (name: unknown, event: unknown, options: unknown) => {
    const { page, track } = openShop()
    const { destinationEvents } = track(name, event, options)
    const said = destinationEvents.map(({ event, event_id, parameters }) => [event, parameters, event_id])
    const calls = tracked(page).map(([, event, parameters, ids]) => [event, parameters, Object(ids).event_id])
    expect(calls).toStrictEqual(said)
  }
  fc.assert(fc.property(eventName, properties, options, check))
})
