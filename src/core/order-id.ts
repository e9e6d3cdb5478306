import type { ConvergeEvent } from '../types.ts'
import { orderEvents } from './event-names.ts'
import { readText } from './read.ts'

type Order = Pick<ConvergeEvent, 'eventName' | 'properties'>

/** Where shops put an order's id: in `id`, else under the names of GA4, of other trackers and of TikTok itself. */
const orderKeys = ['id', 'order_id', 'orderId', 'transaction_id']

/** The property that an order's id is taken from: `id` first. `undefined` if the event is no order, or has no id. */
export function orderIdKey({ eventName, properties }: Order): string | undefined {
  // A subscription may name its order beside itself: only a Placed Order is the order.
  const keys = eventName === 'Placed Order' ? orderKeys : orderEvents.includes(eventName) ? ['id'] : []
  return keys.find((key) => readText(properties[key]))
}

/** The order's id: the event_id and TikTok's order_id. Empty if the event is no order, or has no id. */
export function readOrderId(order: Order): string {
  const key = orderIdKey(order)
  return key ? readText(order.properties[key]) : ''
}
