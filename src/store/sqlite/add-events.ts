import type { OutboxEvent } from '../../server/outbox.ts'
import type { OrderMoment } from '../decide-order.ts'
import type { Fate } from '../fate.ts'
import { isCountedOnce, type KeptEvent, type WaitingRows } from './waiting-rows.ts'

/** Adds what one request brings, and gives back the fate of each. To be called in a transaction. */
export function addEvents(rows: WaitingRows, kept: readonly KeptEvent[], moment: OrderMoment): Fate[] {
  const fates = new Array<Fate>(kept.length).fill('kept')
  const orders = placesOfOrders(kept)
  let added = 0
  for (const [index, one] of kept.entries()) {
    if (!isCountedOnce(one.event)) {
      if (rows.insert(one, moment.now)) added++
      else fates[index] = 'already_sent'
      continue
    }
    // All rows of an order are decided together, when its first one comes.
    const places = orders.get(keyOf(one.event)) ?? []
    if (places[0] !== index) continue
    const ofOrder = rows.addOrder(
      places.flatMap((place) => kept[place] ?? []),
      moment,
    )
    for (const [nth, place] of places.entries()) fates[place] = ofOrder[nth] ?? 'already_sent'
  }
  rows.addTotal('waiting', added)
  return fates
}

/** Where each order's rows stand. */
function placesOfOrders(kept: readonly KeptEvent[]): Map<string, number[]> {
  const orders = new Map<string, number[]>()
  for (const [index, { event }] of kept.entries()) {
    if (!isCountedOnce(event)) continue
    const key = keyOf(event)
    const places = orders.get(key)
    if (places) places.push(index)
    else orders.set(key, [index])
  }
  return orders
}

/** What an order's rows have in common. An event without an order's name stands for itself. */
function keyOf({ source, orderName, data: { event, event_id } }: OutboxEvent): string {
  return JSON.stringify([source, orderName ? ['order', orderName] : ['event', event], event_id])
}
