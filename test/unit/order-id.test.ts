import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { diagnose } from '../../src/inspector/diagnose.ts'
import type { ConvergeEvent, TrackResult } from '../../src/types.ts'
import { openShop } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** The codes that the inspector prints for one call of a page. */
function codesOf(eventName: string, properties: object, eventID?: string): string[] {
  const { track, converge } = openShop()
  const heard: [TrackResult, ConvergeEvent][] = []
  converge.on('event', (...news) => heard.push(news))
  track(eventName, properties, { eventID })
  return heard.flatMap((news) => diagnose(...news)).map(({ code }) => code)
}

test.each<[title: string, properties: object, eventID?: string]>([
  ['no ID', { total_price: 5 }],
  ['an ID of null', { id: null }],
  ['a blank ID', { id: ' ' }],
  ['an ID that is not text', { id: { value: '1001' } }],
  ['an ID under another name', { order_id: '1001' }],
  ['an ID under another name, even with an eventID', { orderId: '1001' }, 'e-1'],
  ['a blank eventID', { total_price: 5 }, ' '],
])('the inspector reports an order with %s', (_, properties, eventID) => {
  expect(codesOf('Placed Order', properties, eventID)).toContain('MISSING_ORDER_ID')
})

test.each<[title: string, eventName: string, properties: object, eventID?: string]>([
  ['an order with an ID', 'Placed Order', { id: '1001' }],
  ['an order with the ID 0', 'Placed Order', { id: 0 }],
  ['an order with an eventID instead of an ID', 'Placed Order', { total_price: 5 }, 'e-1'],
  ['an event that is not an order', 'Added To Cart', { product_id: '1' }],
])('the inspector reports no missing order ID for %s', (_, eventName, properties, eventID) => {
  expect(codesOf(eventName, properties, eventID)).not.toContain('MISSING_ORDER_ID')
})
