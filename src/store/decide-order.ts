import type { OutboxEvent } from '../server/outbox.ts'
import { SECONDS_BESIDE_PIXEL } from '../tiktok/limits.ts'
import type { AddResult } from './add-result.ts'
import { mergeRows } from './merge-order.ts'
import { retention } from './retention.ts'
import type { OrderCounts } from './store.ts'

/** When a page and a signed source sent an order, in milliseconds since 1970. 0 means never. */
export interface ArrivalTimes {
  page: number
  signed: number
}

/** A row that waits for its other copy. It was never passed to `deliver`. */
export interface HeldRow {
  id: number
  event: OutboxEvent
  /** Its line in the log, if it has one. */
  line?: number
}

/** What a store knows about an order when a copy of it arrives. */
export interface KnownOrder {
  /** Rows of the order that wait for their other copies. */
  held: readonly HeldRow[]
  /** By TikTok event name. The entry under the order's own name is when a signed source decided which rows the order has. */
  arrivals: ReadonlyMap<string, ArrivalTimes>
}

/** What a store writes when a copy of an order arrives. */
export interface OrderDecision {
  /** One for each arrived row, in the same order. */
  results: AddResult[]
  /**
   * New rows. `due` is when a row stops waiting for its other copy, in milliseconds since 1970, or 0 if it may be sent at once.
   */
  insert: { event: OutboxEvent; due: number }[]
  /** Waiting rows, merged with the arrived copy. They may be sent at once. */
  replace: HeldRow[]
  /** Waiting rows to delete, because they are not sent. */
  remove: HeldRow[]
  /** Updates of the order memory, by name. */
  arrivals: Map<string, ArrivalTimes>
  counts: Partial<OrderCounts>
}

export interface OrderMoment {
  /** Milliseconds since 1970. */
  now: number
  /** Seconds that an order waits for its other copy. */
  mergeOrders: number
}

// Seconds. TikTok may be down when the wait ends, so an order that expires soon does not wait.
const MARGIN = 300
const never: ArrivalTimes = { page: 0, signed: 0 }

/** Returns the names under which the order memory stores an order. */
export function namesOf(rows: readonly OutboxEvent[]): string[] {
  return [...new Set(rows.flatMap(({ data, orderName }) => (orderName ? [data.event, orderName] : [data.event])))]
}

/**
 * Decides what happens to the rows of an order from one side, a page or a signed source. A page's copy never blocks a signed
 * source's order, because anybody can post as a page.
 */
export function decideOrder(rows: readonly OutboxEvent[], known: KnownOrder, moment: OrderMoment): OrderDecision {
  const decide = rows[0]?.source === 'signed' ? decideSigned : decidePage
  return decide(rows, known, moment)
}

function decideSigned(rows: readonly OutboxEvent[], known: KnownOrder, moment: OrderMoment): OrderDecision {
  const { now } = moment
  const fromPage = known.held.filter(({ event }) => event.source !== 'signed')
  const isHeld = (name: string) => fromPage.some(({ event }) => event.data.event === name)
  const decision = createDecision()
  const fresh = new Map<OutboxEvent, OutboxEvent>()
  let wasPageCopySent = false
  for (const row of rows) {
    const name = row.data.event
    const { page, signed } = arrivalsBefore(decision, known, name)
    const wasSent = isRemembered(page, now) && !isHeld(name)
    const expires = wasSent ? untilSecondCopy(row, page, now) : row.expires
    if (isRemembered(signed, now) || (wasSent && expires <= now / 1000)) continue
    wasPageCopySent ||= wasSent
    fresh.set(row, expires === row.expires ? row : { ...row, expires })
    decision.arrivals.set(name, { page, signed: now })
    if (row.orderName) decision.arrivals.set(row.orderName, { ...never, signed: now })
  }
  const taken = [...fresh.values()]
  const merged = taken.length && fromPage.length ? mergeWithPage(taken, fromPage, known, decision) : undefined
  const due = wasPageCopySent || fromPage.length ? 0 : undefined
  decision.insert.push(...(merged ?? taken).map((event) => ({ event, due: due ?? dueOf(event, moment) })))
  const result: AddResult = merged ? 'merged' : fromPage.length ? 'conflict' : 'kept'
  decision.results = rows.map((row) => (fresh.has(row) ? result : 'already_sent'))
  return decision
}

/** Removes the page's waiting rows. They are never sent by themselves once the source's order is here, merged or not. */
function mergeWithPage(
  signed: readonly OutboxEvent[],
  fromPage: readonly HeldRow[],
  known: KnownOrder,
  decision: OrderDecision,
): OutboxEvent[] | undefined {
  const merged = mergeRows(
    signed,
    fromPage.map(({ event }) => event),
  )
  for (const row of fromPage) {
    const name = row.event.data.event
    const isSameEvent = signed.some(({ data }) => data.event === name)
    decision.remove.push(row)
    count(decision, merged ? (isSameEvent ? 'merged' : 'left_to_source') : 'conflict')
    if (!merged || !isSameEvent) decision.arrivals.set(name, { ...arrivalsBefore(decision, known, name), page: 0 })
  }
  return merged
}

function decidePage(rows: readonly OutboxEvent[], known: KnownOrder, moment: OrderMoment): OrderDecision {
  const signed = known.held.filter(({ event }) => event.source === 'signed')
  const decision = createDecision()
  const merged = signed.length
    ? mergeRows(
        signed.map(({ event }) => event),
        rows,
      )
    : undefined
  if (signed.length && !merged) {
    // The source's order keeps waiting, because this copy may be forged and the real one may still arrive.
    decision.results = rows.map(() => 'conflict')
    count(decision, 'conflict', rows.length)
    return decision
  }
  for (const [index, event] of (merged ?? []).entries()) {
    const row = signed[index]
    if (row) decision.replace.push({ id: row.id, event })
  }
  decision.results = rows.map((row) => {
    const result = resultOfPage(row, { signed, known, decision, moment })
    if (result === 'kept') decision.insert.push({ event: row, due: dueOf(row, moment) })
    else if (result !== 'already_sent') count(decision, result)
    return result
  })
  return decision
}

type OrderResult = 'kept' | 'already_sent' | keyof OrderCounts

interface PageContext {
  /** The waiting rows of the source that this copy is merged with. */
  signed: readonly HeldRow[]
  known: KnownOrder
  decision: OrderDecision
  moment: OrderMoment
}

function resultOfPage(row: OutboxEvent, { signed, known, decision, moment: { now } }: PageContext): OrderResult {
  const name = row.data.event
  const before = arrivalsBefore(decision, known, name)
  if (isRemembered(before.page, now)) return 'already_sent'
  if (signed.some(({ event }) => event.data.event === name)) {
    decision.arrivals.set(name, { ...before, page: now })
    return 'merged'
  }
  if (isRemembered(before.signed, now)) return 'late_twin'
  const decided = row.orderName ? arrivalsBefore(decision, known, row.orderName).signed : 0
  if (isRemembered(decided, now)) return 'left_to_source'
  decision.arrivals.set(name, { ...before, page: now })
  return 'kept'
}

function createDecision(): OrderDecision {
  return { results: [], insert: [], replace: [], remove: [], arrivals: new Map(), counts: {} }
}

function arrivalsBefore(decision: OrderDecision, known: KnownOrder, name: string): ArrivalTimes {
  return decision.arrivals.get(name) ?? known.arrivals.get(name) ?? never
}

/** A time in the future counts as well, because the clock may have been set back. */
function isRemembered(time: number, now: number): boolean {
  return time > now - retention.orders
}

/**
 * Returns until when a second copy may be sent, in Unix seconds. TikTok must still remember the first copy, which was sent
 * at `page` or later.
 */
function untilSecondCopy({ data, expires }: OutboxEvent, page: number, now: number): number {
  const first = Math.max(data.event_time, Math.floor(Math.min(page, now) / 1000))
  return Math.min(expires, first + SECONDS_BESIDE_PIXEL)
}

function dueOf({ expires, orderName }: OutboxEvent, { now, mergeOrders }: OrderMoment): number {
  if (!orderName || mergeOrders === 0) return 0
  return expires > now / 1000 + mergeOrders + MARGIN ? now + mergeOrders * 1000 : 0
}

function count({ counts }: OrderDecision, name: keyof OrderCounts, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more
}
