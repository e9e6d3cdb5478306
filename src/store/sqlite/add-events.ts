import type { OrderMoment } from '../decide-order.ts'
import type { Fate } from '../fate.ts'
import { orderKey, placesOfOrders } from '../order-places.ts'
import { isCountedOnce, type KeptEvent } from '../waiting-event.ts'
import type { Totals, WaitingRows } from './waiting-rows.ts'

/** Adds the events of several requests and returns their fates. `mergeOrders` is in seconds. Call it in a transaction. */
export function addRequests(
  rows: WaitingRows,
  requests: readonly { kept: readonly KeptEvent[]; mergeOrders: number }[],
  now: number,
): Fate[][] {
  const totals: Totals = { waiting: 0, merged: 0, conflict: 0, late_twin: 0, left_to_source: 0 }
  const fates = requests.map(({ kept, mergeOrders }) => addEvents({ rows, kept, moment: { now, mergeOrders }, totals }))
  rows.addTotals(totals)
  return fates
}

interface Request {
  rows: WaitingRows
  kept: readonly KeptEvent[]
  moment: OrderMoment
  totals: Totals
}

function addEvents({ rows, kept, moment, totals }: Request): Fate[] {
  const fates: Fate[] = []
  let orders: Map<string, number[]> | undefined
  for (const [index, one] of kept.entries()) {
    if (!isCountedOnce(one.event)) {
      const isNew = rows.insert(one, moment.now)
      if (isNew) totals.waiting++
      fates[index] = isNew ? 'kept' : 'already_sent'
      continue
    }
    // All rows of an order are decided together, at its first row.
    orders ??= placesOfOrders(kept)
    const places = orders.get(orderKey(one.event)) ?? []
    if (places[0] !== index) continue
    const ofOrder = rows.addOrder(
      places.flatMap((place) => kept[place] ?? []),
      moment,
      totals,
    )
    for (const [nth, place] of places.entries()) fates[place] = ofOrder[nth] ?? 'already_sent'
  }
  return fates
}
