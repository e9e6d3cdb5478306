import type { OutboxEvent } from '../server/outbox.ts'
import { SECONDS_BESIDE_PIXEL } from '../tiktok/limits.ts'
import type { Fate } from './fate.ts'
import { mergeRows } from './merge-order.ts'
import { retention } from './retention.ts'
import type { OrderCounts } from './store.ts'

/** When a page brought an order, and when a signed source did, in milliseconds since 1970. 0 is never. */
export interface Brought {
  page: number
  signed: number
}

/** A row that waits for its twin. It was never handed out. */
export interface HeldRow {
  id: number
  event: OutboxEvent
}

/** What a store knows of an order before a copy of it comes. */
export interface KnownOrder {
  /** Its rows that wait for their twins. */
  held: readonly HeldRow[]
  /** By TikTok's name of a row. By the order's own name: when a signed source decided which rows it has. */
  brought: ReadonlyMap<string, Brought>
}

/** What a store writes when a copy of an order comes. */
export interface OrderDecision {
  /** One for each row that came, in their order. */
  fates: Fate[]
  /** New rows. `due` is in milliseconds since 1970, of a row that waits for its twin; 0: it may leave at once. */
  insert: { event: OutboxEvent; due: number }[]
  /** Rows that were merged with what came. They may leave at once. */
  replace: HeldRow[]
  /** Rows that are not sent. */
  remove: HeldRow[]
  /** What is remembered from now on, by name. */
  brought: Map<string, Brought>
  counts: Partial<OrderCounts>
}

export interface OrderMoment {
  /** Milliseconds since 1970. */
  now: number
  /** Seconds that an order waits for its twin. */
  mergeOrders: number
}

// TikTok may be down when the wait ends. An order that is almost too late does not wait.
const MARGIN = 300
const never: Brought = { page: 0, signed: 0 }

/** Names under which an order's memory is kept. */
export function namesOf(rows: readonly OutboxEvent[]): string[] {
  return [...new Set(rows.flatMap(({ data, orderName }) => (orderName ? [data.event, orderName] : [data.event])))]
}

/**
 * Decides what becomes of an order's rows that one side has brought, a page or a signed source. A page's claim never keeps a
 * signed source's order back: anybody can post what a page posts.
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
  let hasTwinLeft = false
  for (const row of rows) {
    const name = row.data.event
    const { page, signed } = broughtBefore(decision, known, name)
    const hasLeft = isRemembered(page, now) && !isHeld(name)
    const expires = hasLeft ? untilSecondCopy(row, page, now) : row.expires
    if (isRemembered(signed, now) || (hasLeft && expires <= now / 1000)) continue
    hasTwinLeft ||= hasLeft
    fresh.set(row, expires === row.expires ? row : { ...row, expires })
    decision.brought.set(name, { page, signed: now })
    if (row.orderName) decision.brought.set(row.orderName, { ...never, signed: now })
  }
  const taken = [...fresh.values()]
  const merged = taken.length && fromPage.length ? mergeWithPage(taken, fromPage, known, decision) : undefined
  const due = hasTwinLeft || fromPage.length ? 0 : undefined
  decision.insert.push(...(merged ?? taken).map((event) => ({ event, due: due ?? dueOf(event, moment) })))
  const fate: Fate = merged ? 'merged' : fromPage.length ? 'conflict' : 'kept'
  decision.fates = rows.map((row) => (fresh.has(row) ? fate : 'already_sent'))
  return decision
}

/** The page's rows never leave by themselves any more, whether they could be merged or not. */
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
    const isTwin = signed.some(({ data }) => data.event === name)
    decision.remove.push(row)
    count(decision, merged ? (isTwin ? 'merged' : 'left_to_source') : 'conflict')
    if (!merged || !isTwin) decision.brought.set(name, { ...broughtBefore(decision, known, name), page: 0 })
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
    // The source's order goes on waiting: this copy may be forged, and its twin still come.
    decision.fates = rows.map(() => 'conflict')
    count(decision, 'conflict', rows.length)
    return decision
  }
  for (const [index, event] of (merged ?? []).entries()) {
    const row = signed[index]
    if (row) decision.replace.push({ id: row.id, event })
  }
  decision.fates = rows.map((row): Fate => {
    const fate = fateOfPage(row, { signed, known, decision, moment })
    if (fate === 'kept') decision.insert.push({ event: row, due: dueOf(row, moment) })
    else if (fate !== 'already_sent') count(decision, fate)
    return fate
  })
  return decision
}

interface PageContext {
  /** The source's rows that this copy is merged with. */
  signed: readonly HeldRow[]
  known: KnownOrder
  decision: OrderDecision
  moment: OrderMoment
}

function fateOfPage(row: OutboxEvent, { signed, known, decision, moment: { now } }: PageContext): Fate {
  const name = row.data.event
  const before = broughtBefore(decision, known, name)
  if (isRemembered(before.page, now)) return 'already_sent'
  if (signed.some(({ event }) => event.data.event === name)) {
    decision.brought.set(name, { ...before, page: now })
    return 'merged'
  }
  if (isRemembered(before.signed, now)) return 'late_twin'
  const decided = row.orderName ? broughtBefore(decision, known, row.orderName).signed : 0
  if (isRemembered(decided, now)) return 'left_to_source'
  decision.brought.set(name, { ...before, page: now })
  return 'kept'
}

function createDecision(): OrderDecision {
  return { fates: [], insert: [], replace: [], remove: [], brought: new Map(), counts: {} }
}

function broughtBefore(decision: OrderDecision, known: KnownOrder, name: string): Brought {
  return decision.brought.get(name) ?? known.brought.get(name) ?? never
}

/** A time that is ahead counts, too: the clock was set back. */
function isRemembered(time: number, now: number): boolean {
  return time > now - retention.orders
}

/** Until when a second copy may be sent, in Unix seconds: while TikTok remembers the first, which left at `page` or later. */
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
