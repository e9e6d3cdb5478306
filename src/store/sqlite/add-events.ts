import type { OutboxEvent } from '../../server/outbox.ts'
import type { OrderMoment } from '../decide-order.ts'
import type { Fate } from '../fate.ts'
import { isCountedOnce, type KeptEvent, type WaitingRows } from './waiting-rows.ts'

export interface Added {
  fates: Fate[]
  /** How many rows are new, orders not included: those are counted where they are merged. */
  added: number
}

/** Adds what one request brings, and gives back the fate of each. To be called in a transaction. */
export function addEvents(rows: WaitingRows, kept: readonly KeptEvent[], moment: OrderMoment): Added {
  const fates = new Array<Fate>(kept.length).fill('kept')
  const orders = new Map<string, number[]>()
  let added = 0
  for (const [index, one] of kept.entries()) {
    if (isCountedOnce(one.event)) {
      const key = keyOf(one.event)
      const places = orders.get(key)
      if (places) places.push(index)
      else orders.set(key, [index])
    } else if (rows.insert(one, moment.now)) added++
    else fates[index] = 'already_sent'
  }
  for (const places of orders.values()) {
    const ofOrder = rows.addOrder(
      places.flatMap((place) => kept[place] ?? []),
      moment,
    )
    for (const [nth, place] of places.entries()) fates[place] = ofOrder[nth] ?? 'already_sent'
  }
  return { fates, added }
}

/** What stands in one order's rows alike. An event without an order's name stands for itself. */
function keyOf({ source, orderName, data: { event, event_id } }: OutboxEvent): string {
  return JSON.stringify([source, orderName ? ['order', orderName] : ['event', event], event_id])
}
