import type { OrderMoment } from '../decide-order.ts'
import type { Fate } from '../fate.ts'
import { orderKey, placesOfOrders } from '../order-places.ts'
import type { Denial } from '../profile-events.ts'
import type { MergeOptions } from '../store.ts'
import { isCountedOnce, type KeptEvent } from '../waiting-event.ts'
import type { ProfileWriter } from './profile-writer.ts'
import { noTotals, type Totals, type WaitingRows } from './waiting-rows.ts'

/** The events of one request. */
export interface AddedRequest extends MergeOptions {
  kept: readonly KeptEvent[]
  denials?: readonly Denial[] | undefined
}

/** Adds the events of several requests and returns their fates. Call it in a transaction. */
export function addRequests(
  rows: WaitingRows,
  profiles: ProfileWriter,
  requests: readonly AddedRequest[],
  now: number,
): Fate[][] {
  const totals = noTotals()
  const fates = requests.map(({ kept, denials = [], ...options }) => {
    profiles.use(options)
    profiles.deny(denials)
    return addEvents({ rows, kept, moment: { now, mergeOrders: options.mergeOrders }, totals })
  })
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
      fates[index] = rows.insert(one, moment)
      if (isWaiting(fates[index])) totals.waiting++
      if (fates[index] === 'no_consent') totals.no_consent++
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

const isWaiting = (fate: Fate | undefined): boolean => fate === 'kept' || fate === 'undecided'
