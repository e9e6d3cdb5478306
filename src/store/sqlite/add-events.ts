import type { AddResult } from '../add-result.ts'
import { addForCustomers, type HistoryExtras } from '../customer-history.ts'
import type { OrderMoment } from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import { orderKey, placesOfOrders } from '../order-places.ts'
import type { Extras, MergeOptions } from '../store.ts'
import { isCountedOnce, type KeptEvent } from '../waiting-event.ts'
import type { CustomerHistory } from './customer-history.ts'
import type { LogWriter } from './log-writer.ts'
import { noTotals, type Totals, type WaitingRows } from './waiting-rows.ts'

/** The events of a request, and what else it changes. */
export interface Addition extends MergeOptions {
  kept: readonly KeptEvent[]
  extras?: Extras | undefined
}

/** The tables that a request changes. */
export interface AddTables {
  rows: WaitingRows
  history: CustomerHistory
  log: LogWriter
}

/** Adds the events of several requests and returns their results. Call it in a transaction, within the profiles' `within`. */
export function addRequests(
  { rows, history, log }: AddTables,
  requests: readonly Addition[],
  now: number,
): AddResult[][] {
  const { profiles } = rows
  const totals = noTotals()
  const results = requests.map(({ kept, extras, ...options }) => {
    profiles.use(options)
    profiles.deny(extras?.denials ?? [])
    const part = extras?.log
    const request = { rows, kept, part, moment: { now, mergeOrders: options.mergeOrders }, totals }
    if (part) for (const unsent of part.unsent) log.insertUnsent(part, unsent)
    return extras?.history ? addWithHistory(request, history, extras.history) : addEvents(request)
  })
  rows.addTotals(totals)
  return results
}

/** Adds the request's orders to the history first, because some rows are only sent for new customers. */
function addWithHistory(request: Request, history: CustomerHistory, extras: HistoryExtras): AddResult[] {
  const answer = history.add(extras, request.moment.now)
  return addForCustomers(request.kept, answer, (kept) => addEvents({ ...request, kept }), history.count)
}

interface Request {
  rows: WaitingRows
  kept: readonly KeptEvent[]
  /** Missing if the request is not logged. */
  part?: LogPart | undefined
  moment: OrderMoment
  totals: Totals
}

function addEvents({ rows, kept, part, moment, totals }: Request): AddResult[] {
  const results: AddResult[] = []
  let orders: Map<string, number[]> | undefined
  for (const [index, one] of kept.entries()) {
    if (!isCountedOnce(one.event)) {
      results[index] = rows.insert(one, moment, { part })
      if (isWaiting(results[index])) totals.waiting++
      if (results[index] === 'no_consent') totals.no_consent++
      continue
    }
    // All rows of an order are decided together, at its first row.
    orders ??= placesOfOrders(kept)
    const places = orders.get(orderKey(one.event)) ?? []
    if (places[0] !== index) continue
    const ofOrder = rows.addOrder(
      places.flatMap((place) => kept[place] ?? []),
      { moment, totals, part },
    )
    for (const [nth, place] of places.entries()) results[place] = ofOrder[nth] ?? 'already_sent'
  }
  return results
}

const isWaiting = (result: AddResult | undefined): boolean => result === 'kept' || result === 'undecided'
