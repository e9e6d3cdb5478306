import type { OutboxEvent } from '../server/outbox.ts'
import { isCountedOnce, type KeptEvent } from './waiting-event.ts'

/** The indexes of each order's rows in a request, by `orderKey`. All rows of an order are decided together. */
export function placesOfOrders(kept: readonly KeptEvent[]): Map<string, number[]> {
  const orders = new Map<string, number[]>()
  for (const [index, { event }] of kept.entries()) {
    if (!isCountedOnce(event)) continue
    const key = orderKey(event)
    const places = orders.get(key)
    if (places) places.push(index)
    else orders.set(key, [index])
  }
  return orders
}

/** A key that the rows of one order share. An event without an order name has a key of its own. */
export function orderKey({ source, orderName, data: { event, event_id } }: OutboxEvent): string {
  return JSON.stringify([source, orderName ? ['order', orderName] : ['event', event], event_id])
}
