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
  ['no id', { total_price: 5 }],
  ['an id of null', { id: null }],
  ['a blank id', { id: ' ' }],
  ['an id that is no text', { id: { value: '1001' } }],
  ['an id under another name', { order_id: '1001' }],
  ['an id under another name, though an eventID is given', { orderId: '1001' }, 'e-1'],
  ['an eventID that is blank', { total_price: 5 }, ' '],
])('the inspector reports an order with %s', (_, properties, eventID) => {
  expect(codesOf('Placed Order', properties, eventID)).toContain('MISSING_ORDER_ID')
})

test.each<[title: string, eventName: string, properties: object, eventID?: string]>([
  ['an order with its id', 'Placed Order', { id: '1001' }],
  ['an order whose id is 0', 'Placed Order', { id: 0 }],
  ['an order with an eventID in place of its id', 'Placed Order', { total_price: 5 }, 'e-1'],
  ['an event that is no order', 'Added To Cart', { product_id: '1' }],
])('the inspector reports no missing order ID for %s', (_, eventName, properties, eventID) => {
  expect(codesOf(eventName, properties, eventID)).not.toContain('MISSING_ORDER_ID')
})
