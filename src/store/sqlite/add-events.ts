import type { OutboxEvent } from '../../server/outbox.ts'
import type { OrderMoment } from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import type { Fate } from '../fate.ts'
import type { LogWriter } from './log-writer.ts'
import { isCountedOnce, type KeptEvent, type Totals, type WaitingRows } from './waiting-rows.ts'

/** The events of one request. */
export interface AddedRequest {
  kept: readonly KeptEvent[]
  /** Seconds that an order waits for its twin. */
  mergeOrders: number
  /** Missing if the request is not logged. */
  log?: LogPart | undefined
}

/** Adds the events of several requests and returns their fates. Call it in a transaction. */
export function addRequests(
  rows: WaitingRows,
  log: LogWriter,
  requests: readonly AddedRequest[],
  now: number,
): Fate[][] {
  const totals: Totals = { waiting: 0, merged: 0, conflict: 0, late_twin: 0, left_to_source: 0 }
  const fates = requests.map(({ mergeOrders, ...request }) => {
    const part = request.log
    if (part) for (const unsent of part.unsent) log.insertUnsent(part, unsent)
    return addEvents({ ...request, rows, writer: log, moment: { now, mergeOrders }, totals })
  })
  rows.addTotals(totals)
  return fates
}

interface Request {
  rows: WaitingRows
  kept: readonly KeptEvent[]
  log?: LogPart | undefined
  writer: LogWriter
  moment: OrderMoment
  totals: Totals
}

function addEvents({ rows, kept, log, writer, moment, totals }: Request): Fate[] {
  const fates: Fate[] = []
  let orders: Map<string, number[]> | undefined
  for (const [index, one] of kept.entries()) {
    if (!isCountedOnce(one.event)) {
      const line = log && writer.insert({ part: log, eventName: log.eventNames[index] ?? '', event: one.event })
      const isNew = rows.insert(line === undefined ? one : { ...one, line }, moment.now)
      if (isNew) totals.waiting++
      else if (line !== undefined) writer.skip(line, 'skipped', 'already_sent')
      fates[index] = isNew ? 'kept' : 'already_sent'
      continue
    }
    // All rows of an order are decided together, at its first row.
    orders ??= placesOfOrders(kept)
    const places = orders.get(keyOf(one.event)) ?? []
    if (places[0] !== index) continue
    const ofOrder = rows.addOrder(
      places.flatMap((place) => kept[place] ?? []),
      { moment, totals, logged: log && { part: log, eventName: log.eventNames[index] ?? '' } },
    )
    for (const [nth, place] of places.entries()) fates[place] = ofOrder[nth] ?? 'already_sent'
  }
  return fates
}

/** The indexes of each order's rows. */
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

/** A key that the rows of one order share. An event without an order name has a key of its own. */
function keyOf({ source, orderName, data: { event, event_id } }: OutboxEvent): string {
  return JSON.stringify([source, orderName ? ['order', orderName] : ['event', event], event_id])
}
