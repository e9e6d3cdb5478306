import type { OutboxEvent } from '../../server/outbox.ts'
import { addForCustomers } from '../customer-history.ts'
import { type Brought, decideOrder, type HeldRow, namesOf, type OrderMoment } from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import type { Fate } from '../fate.ts'
import { logOrder } from '../log-orders.ts'
import { orderKey, placesOfOrders } from '../order-places.ts'
import type { Extras, OrderCounts } from '../store.ts'
import { isCountedOnce, type KeptEvent } from '../waiting-event.ts'
import type { CustomerDesk } from './customer-desk.ts'
import { createLogDesk, type LogDesk } from './log-desk.ts'
import { writeBody } from './write-body.ts'

/** A row to insert. `due` is until when an order waits for its twin, in milliseconds since 1970, or 0. */
export interface NewRow extends KeptEvent {
  due: number
  /** Called if the event is already waiting. */
  refuse?: () => void
}

/** What one transaction changes. */
export interface Changes {
  insert: NewRow[]
  /** Rows that waited for their twins, merged with them. */
  replace: { id: number; event: OutboxEvent; body: string }[]
  /** IDs of rows. */
  remove: number[]
  brought: { event: string; event_id: string; brought: Brought }[]
  counts: Partial<OrderCounts>
  log: LogDesk
}

/** What the database knows about the orders of a transaction. */
export interface KnownOrders {
  brought: readonly { event: string; event_id: string; brought: Brought }[]
  /** `isOrder` is true if its line counts for its order. */
  held: readonly (HeldRow & { event_id: string; isOrder: boolean })[]
}

/** The requests of one transaction. `mergeOrders` is in seconds. */
export interface Addition {
  kept: readonly KeptEvent[]
  mergeOrders: number
  extras?: Extras | undefined
}

/** A row that waits for its twin. Rows of this transaction have a negative id until they are inserted. */
interface Held extends HeldRow {
  body: string
  due: number
}

/** What decides and counts besides the orders. */
export interface Helpers {
  customers: CustomerDesk | undefined
  /** The name of an event in the log. */
  nameOf: (eventName: string) => string
}

/**
 * Decides about the events of several requests, as if each were stored before the next. The database is only read before and
 * written afterwards. `fates` returns the fate of each event once the changes are written.
 */
export function decideAll(
  additions: readonly Addition[],
  known: KnownOrders,
  { customers, nameOf }: Helpers,
  now: number,
): { fates: () => Fate[][]; changes: Changes } {
  const orderLines = new Set(known.held.flatMap(({ line, isOrder }) => (isOrder && line !== undefined ? [line] : [])))
  const desk = createDesk(known, createLogDesk({ nameOf, orderLines }))
  const decided = additions.map(({ kept, mergeOrders, extras }) => {
    const fates = new Map<KeptEvent, Fate>()
    const part = extras?.log
    if (part) for (const unsent of part.unsent) desk.log.insertUnsent(part, unsent)
    const place = { moment: { now, mergeOrders }, part }
    const add = (some: readonly KeptEvent[]) => addEvents(desk, some, place, fates)
    if (!extras?.history || !customers) add(kept)
    else {
      const answer = customers.add(extras.history, now)
      const ofAll = addForCustomers(kept, answer, add, customers.count)
      for (const [index, one] of kept.entries()) fates.set(one, fates.get(one) ?? ofAll[index] ?? 'for_others')
    }
    return { kept, fates }
  })
  return {
    fates: () => decided.map(({ kept, fates }) => kept.map((one) => fates.get(one) ?? 'already_sent')),
    changes: desk.changes(),
  }
}

function addEvents(desk: Desk, kept: readonly KeptEvent[], place: Place, fates: Map<KeptEvent, Fate>): Fate[] {
  const orders = placesOfOrders(kept)
  for (const [index, one] of kept.entries()) {
    if (!isCountedOnce(one.event)) {
      fates.set(one, 'kept')
      desk.insertFree(one, place.part, () => fates.set(one, 'already_sent'))
      continue
    }
    const places = orders.get(orderKey(one.event)) ?? []
    if (places[0] !== index) continue
    const rows = places.flatMap((place) => kept[place] ?? [])
    const ofOrder = desk.decide(rows, place)
    for (const [nth, row] of rows.entries()) fates.set(row, ofOrder[nth] ?? 'already_sent')
  }
  return kept.map((one) => fates.get(one) ?? 'already_sent')
}

/** When a request is added, and its part of the log. */
interface Place {
  moment: OrderMoment
  part: LogPart | undefined
}

type Desk = ReturnType<typeof createDesk>

function createDesk(known: KnownOrders, log: LogDesk) {
  const brought = new Map(known.brought.map((one) => [keyOf(one.event, one.event_id), one]))
  const changed = new Map<string, KnownOrders['brought'][number]>()
  const held = new Map<string, Held[]>()
  for (const { event_id, isOrder: _, ...row } of known.held) heldOf(event_id).push({ ...row, body: '', due: 0 })
  const rows: NewRow[] = []
  const changes: Changes = { insert: [], replace: [], remove: [], brought: [], counts: {}, log }
  let lastId = 0

  function heldOf(event_id: string): Held[] {
    const list = held.get(event_id) ?? []
    held.set(event_id, list)
    return list
  }

  function knownOf(events: readonly OutboxEvent[], event_id: string) {
    const names = namesOf(events)
    const { orderName } = events[0] ?? {}
    const ofOrder = heldOf(event_id).filter(({ event }) => orderName && event.orderName === orderName)
    const times = names.flatMap((name) => {
      const one = brought.get(keyOf(name, event_id))
      return one ? [[name, one.brought] as const] : []
    })
    return { held: ofOrder, brought: new Map(times) }
  }

  /** Takes a row out of those that wait for their twins. */
  function take(event_id: string, id: number): Held | undefined {
    const list = heldOf(event_id)
    const index = list.findIndex((one) => one.id === id)
    return index < 0 ? undefined : list.splice(index, 1)[0]
  }

  /** A new line is not of an event that was already waiting. */
  function skipLine(line: number | undefined): void {
    if (line !== undefined && line < 0) log.skip(line, 'skipped', 'already_sent')
  }

  function remember(event: string, event_id: string, times: Brought): void {
    const one = { event, event_id, brought: times }
    brought.set(keyOf(event, event_id), one)
    changed.set(keyOf(event, event_id), one)
  }

  return {
    log,

    /** Adds an event that is no order. `refuse` is called if it is already waiting. */
    insertFree(one: KeptEvent, part: LogPart | undefined, refuse: () => void): void {
      const line = part ? log.insert({ part, eventName: one.eventName ?? '', event: one.event }) : one.line
      rows.push({
        ...one,
        ...(line !== undefined && { line }),
        due: 0,
        refuse: () => {
          refuse()
          skipLine(line)
        },
      })
    },

    /** Decides about the rows of one order from one side. They share event_id and order name. */
    decide(kept: readonly KeptEvent[], { moment, part }: Place): Fate[] {
      const events = kept.map(({ event }) => event)
      const event_id = events[0]?.data.event_id ?? ''
      const knownRows = knownOf(events, event_id)
      const decision = decideOrder(events, knownRows, moment)
      const lines = logOrder(log, { kept, decision, held: knownRows.held, part })
      for (const { id } of decision.remove) {
        take(event_id, id)
        if (id > 0) changes.remove.push(id)
      }
      for (const { id, event } of decision.replace) {
        const line = take(event_id, id)?.line
        const body = writeBody(event)
        if (id > 0) changes.replace.push({ id, event, body })
        else rows.push({ event, body, line, due: 0 })
      }
      for (const { event, due } of decision.insert) {
        const given = kept.find((one) => one.event === event)
        const body = given?.body ?? writeBody(event)
        const line = lines.get(event.data.event) ?? given?.line
        const row = { event, body, due, ...(line !== undefined && { line }) }
        if (due) heldOf(event_id).push({ id: --lastId, ...row })
        else rows.push({ ...row, refuse: () => skipLine(line) })
      }
      for (const [name, times] of decision.brought) remember(name, event_id, times)
      for (const [name, count] of countsOf(decision.counts)) changes.counts[name] = (changes.counts[name] ?? 0) + count
      return decision.fates
    },

    changes(): Changes {
      const fresh = [...held.values()].flat().filter(({ id }) => id < 0)
      return {
        ...changes,
        insert: [...rows, ...fresh.map(({ id: _, ...row }) => ({ ...row, refuse: () => skipLine(row.line) }))],
        brought: [...changed.values()],
      }
    },
  }
}

const orderCounts = ['merged', 'conflict', 'late_twin', 'left_to_source'] as const satisfies (keyof OrderCounts)[]

const countsOf = (counts: Partial<OrderCounts>): [keyof OrderCounts, number][] =>
  orderCounts.flatMap((name) => (counts[name] ? [[name, counts[name]]] : []))

const keyOf = (event: string, event_id: string): string => JSON.stringify([event, event_id])
