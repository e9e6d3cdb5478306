import type { ConvergeEvent } from '../types.ts'
import { orderEvents } from './event-names.ts'
import { readText } from './read.ts'

type Order = Pick<ConvergeEvent, 'eventName' | 'properties'>

/** The properties that may contain an order's ID: `id`, then the names that GA4, other trackers and TikTok use. */
const orderKeys = ['id', 'order_id', 'orderId', 'transaction_id']

/** Finds the property with an order's ID: `id` first. `undefined` if the event is not an order, or has no ID. */
export function orderIdKey({ eventName, properties }: Order): string | undefined {
  // A subscription may have an `order_id` that belongs to its order, so only a Placed Order uses the other names.
  const keys = eventName === 'Placed Order' ? orderKeys : orderEvents.includes(eventName) ? ['id'] : []
  return keys.find((key) => readText(properties[key]))
}

/** Reads the order's ID, which is the event_id and TikTok's order_id. Empty if the event is not an order, or has no ID. */
export function readOrderId(order: Order): string {
  const key = orderIdKey(order)
  return key ? readText(order.properties[key]) : ''
}
