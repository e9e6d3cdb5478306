import type { OutboxEvent } from '../../server/outbox.ts'
import { type AddResult, resultsOf } from '../add-result.ts'
import { addForCustomers } from '../customer-history.ts'
import {
  type ArrivalTimes,
  decideOrder,
  type HeldRow,
  namesOf,
  type OrderDecision,
  type OrderMoment,
} from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import { writeKept } from '../kept-event.ts'
import { logOrder, NO_CONSENT } from '../log-orders.ts'
import { orderKey, placesOfOrders } from '../order-places.ts'
import type { ProfileTransaction } from '../profile-transaction.ts'
import type { Extras, MergeOptions, OrderCounts } from '../store.ts'
import { isCountedOnce, type KeptEvent, toRelease } from '../waiting-event.ts'
import type { CustomerTransaction } from './customer-transaction.ts'
import { createLogTransaction, type LogTransaction } from './log-transaction.ts'

/** A row to insert. `due` is until when an order waits for its other copy, in milliseconds since 1970, or 0. */
export interface NewRow extends KeptEvent {
  due: number
  /** Called if the event is already waiting. */
  refuse?: () => void
}

/** What one transaction changes. */
export interface Changes {
  insert: NewRow[]
  /** Rows that waited for their other copies, merged with them. */
  replace: { id: number; event: OutboxEvent; body: string }[]
  /** IDs of rows. */
  remove: number[]
  arrivals: { event: string; event_id: string; arrivals: ArrivalTimes }[]
  counts: Partial<Record<CountName, number>>
  log: LogTransaction
}

type CountName = keyof OrderCounts | 'no_consent'

/** What the database knows about the orders of a transaction. */
export interface KnownOrders {
  arrivals: readonly { event: string; event_id: string; arrivals: ArrivalTimes }[]
  /** `isOrder` is true if its line counts for its order. */
  held: readonly (HeldRow & { event_id: string; isOrder: boolean })[]
}

/** One of the requests of a transaction. */
export interface Addition extends MergeOptions {
  kept: readonly KeptEvent[]
  extras?: Extras | undefined
}

/** A row that waits for its other copy. Rows of this transaction have a negative id until they are inserted. */
type Held = HeldRow & NewRow

/** What else decides about events, and names them. */
export interface Helpers {
  customers: CustomerTransaction | undefined
  profiles: ProfileTransaction
  /** The name of an event in the log. */
  nameOf: (eventName: string) => string
}

type TransactionHelpers = Omit<Helpers, 'customers'>

/**
 * Decides about the events of several requests, as if each were stored before the next. The database is only read before and
 * written afterwards. `results` returns the result of each event once the changes are written.
 */
export function decideAll(
  additions: readonly Addition[],
  known: KnownOrders,
  { customers, ...helpers }: Helpers,
  now: number,
): { results: () => AddResult[][]; changes: Changes } {
  const { profiles } = helpers
  const changes = createOrderChanges(known, helpers)
  const decided = additions.map(({ kept, extras, ...options }) => {
    profiles.use(options)
    profiles.deny(extras?.denials ?? [])
    const { mergeOrders } = options
    const results = new Map<KeptEvent, AddResult>()
    const part = extras?.log
    if (part) for (const unsent of part.unsent) changes.log.insertUnsent(part, unsent)
    const place = { moment: { now, mergeOrders }, part }
    const add = (some: readonly KeptEvent[]) => addEvents(changes, some, place, results)
    if (!extras?.history || !customers) add(kept)
    else {
      const answer = customers.add(extras.history, now)
      const ofAll = addForCustomers(kept, answer, add, customers.count)
      for (const [index, one] of kept.entries()) results.set(one, results.get(one) ?? ofAll[index] ?? 'for_others')
    }
    return { kept, results }
  })
  return {
    results: () => decided.map(({ kept, results }) => kept.map((one) => results.get(one) ?? 'already_sent')),
    changes: changes.changes(),
  }
}

function addEvents(
  changes: OrderChanges,
  kept: readonly KeptEvent[],
  place: Place,
  results: Map<KeptEvent, AddResult>,
): AddResult[] {
  const orders = placesOfOrders(kept)
  for (const [index, one] of kept.entries()) {
    if (!isCountedOnce(one.event)) {
      results.set(
        one,
        changes.insertFree(one, place, () => results.set(one, 'already_sent')),
      )
      continue
    }
    const places = orders.get(orderKey(one.event)) ?? []
    if (places[0] !== index) continue
    const rows = places.flatMap((place) => kept[place] ?? [])
    const ofOrder = changes.decide(rows, place)
    for (const [nth, row] of rows.entries()) results.set(row, ofOrder[nth] ?? 'already_sent')
  }
  return kept.map((one) => results.get(one) ?? 'already_sent')
}

/** When a request is added, and its part of the log. */
interface Place {
  moment: OrderMoment
  part: LogPart | undefined
}

type OrderChanges = ReturnType<typeof createOrderChanges>

function createOrderChanges(known: KnownOrders, { profiles, nameOf }: TransactionHelpers) {
  const memory = createMemory(known)
  const orderLines = new Set(known.held.flatMap(({ line, isOrder }) => (isOrder && line !== undefined ? [line] : [])))
  const log = createLogTransaction({ nameOf, orderLines })
  const rows: NewRow[] = []
  const changes: Omit<Changes, 'arrivals'> = { insert: [], replace: [], remove: [], counts: {}, log }

  function count(name: CountName, more = 1): void {
    changes.counts[name] = (changes.counts[name] ?? 0) + more
  }

  function remove(event_id: string, id: number): void {
    memory.take(event_id, id)
    if (id > 0) changes.remove.push(id)
  }

  /** A new line is not of an event that was already waiting. */
  function skipLine(line: number | undefined): void {
    if (line !== undefined && line < 0) log.skip(line, 'skipped', 'already_sent')
  }

  /**
   * Adds an event. `row.due` is until when it waits for its other copy. An event without the needed decision waits as long. An
   * event that may be sent at once is filled by the profiles first.
   */
  function insert(row: NewRow, { now, mergeOrders }: OrderMoment): AddResult {
    const isUndecided = profiles.isUndecided(row.event)
    const due = row.due || (isUndecided && mergeOrders ? now + mergeOrders * 1000 : 0)
    const event = due ? row.event : profiles.prepare(row.event)
    const { line } = row
    if (!event) {
      count('no_consent')
      if (line !== undefined) log.skip(line, 'no_consent', NO_CONSENT)
      return 'no_consent'
    }
    const isFilled = event !== row.event
    if (isFilled && line !== undefined) log.fill(line, event)
    const refuse = () => {
      row.refuse?.()
      skipLine(line)
    }
    const given = { ...row, due, event, body: isFilled ? writeKept(event) : row.body, refuse }
    if (due) memory.hold(given)
    else rows.push(given)
    return due && isUndecided ? 'undecided' : 'kept'
  }

  /** Returns the rows of an order that wait for their other copies, without those that may no longer be sent. */
  function heldOf({ orderName, data: { event_id } }: OutboxEvent): Held[] {
    return memory.heldOf(event_id, orderName).flatMap((row) => {
      const event = row.event.source === 'signed' ? row.event : profiles.admit(row.event)
      if (event) return { ...row, event }
      dropDenied(row)
      return []
    })
  }

  function dropDenied({ id, event, line }: HeldRow): void {
    remove(event.data.event_id, id)
    count('no_consent')
    if (line !== undefined) log.skip(line, 'no_consent', NO_CONSENT)
    memory.release(event)
  }

  /** Returns a page's copy of an order as it may be sent, or `undefined` if its visitor has denied consent. */
  function admit(kept: KeptEvent, part: LogPart | undefined): KeptEvent | undefined {
    const { event: given, eventName = '' } = kept
    const event = given.source === 'signed' ? given : profiles.admit(given)
    if (event === given) return kept
    if (event) return { ...kept, event, body: writeKept(event) }
    if (part) log.insert({ part, eventName, event: given, status: 'no_consent', reason: NO_CONSENT })
    return undefined
  }

  /** Lets a row be sent that waited for its other copy, unless consent forbids it. */
  function free(row: HeldRow): void {
    const { id, event, line } = row
    const ready = profiles.prepare(event)
    if (!ready) {
      dropDenied(row)
      return
    }
    if (ready !== event && line !== undefined) log.fill(line, ready)
    const body = writeKept(ready)
    memory.take(event.data.event_id, id)
    if (id > 0) changes.replace.push({ id, event: ready, body })
    else rows.push({ event: ready, body, line, due: 0, refuse: () => skipLine(line) })
  }

  /** Inserts the rows of an order, and returns the results of those that consent delays or forbids, by TikTok's event name. */
  function insertAll(
    insertions: OrderDecision['insert'],
    { kept, lines, moment }: OrderInsertion,
  ): ReadonlyMap<string, AddResult> {
    const byConsent = new Map<string, AddResult>()
    for (const { event, due } of insertions) {
      const name = event.data.event
      const given = kept.find((one) => one.event === event)
      const line = lines.get(name) ?? given?.line
      const result = insert({ event, body: given?.body ?? writeKept(event), line, due }, moment)
      if (result === 'no_consent') memory.release(event)
      if (result !== 'kept') byConsent.set(name, result)
    }
    return byConsent
  }

  return {
    log,
    free,
    dropDenied,

    /** Adds an event that is no order. `refuse` is called if it is already waiting. */
    insertFree(one: KeptEvent, { moment, part }: Place, refuse: () => void): AddResult {
      const line = part ? log.insert({ part, eventName: one.eventName ?? '', event: one.event }) : one.line
      return insert({ ...one, line, due: 0, refuse }, moment)
    },

    /** Decides about the rows of one order from one side. They share event_id and order name. */
    decide(given: readonly KeptEvent[], { moment, part }: Place): AddResult[] {
      const admitted = given.map((one) => admit(one, part))
      const kept = admitted.filter((one) => one !== undefined)
      if (kept.length < given.length) count('no_consent', given.length - kept.length)
      const events = kept.map(({ event }) => event)
      const [first] = events
      if (!first) return given.map(() => 'no_consent')
      for (const event of events) profiles.note(event)
      const { event_id } = first.data
      const held = heldOf(first)
      const decision = decideOrder(events, { held, arrivals: memory.arrivals(events) }, moment)
      const lines = logOrder(log, { kept, decision, held, part })
      for (const { id } of decision.remove) remove(event_id, id)
      for (const [name, times] of decision.arrivals) memory.remember(name, event_id, times)
      const byConsent = insertAll(decision.insert, { kept, lines, moment })
      for (const { id, event } of decision.replace) {
        const line = held.find((row) => row.id === id)?.line
        free({ id, event, ...(line !== undefined && { line }) })
      }
      for (const [name, more] of countsOf(decision.counts)) count(name, more)
      return resultsOf(admitted, decision.results, byConsent)
    },

    changes: (): Changes => ({
      ...changes,
      insert: [...rows, ...memory.newlyHeld()],
      arrivals: memory.changed(),
    }),
  }
}

interface OrderInsertion {
  kept: readonly KeptEvent[]
  /** The lines of the log, by TikTok's event name. */
  lines: ReadonlyMap<string, number>
  moment: OrderMoment
}

/** The orders of a transaction: what is stored, with the changes so far. */
function createMemory(known: KnownOrders) {
  const arrivals = new Map(known.arrivals.map((one) => [keyOf(one.event, one.event_id), one]))
  const changed = new Map<string, KnownOrders['arrivals'][number]>()
  const held = new Map<string, Held[]>()
  let lastId = 0
  for (const { event_id, isOrder: _, ...row } of known.held) listOf(event_id).push({ ...row, body: '', due: 0 })

  function listOf(event_id: string): Held[] {
    const list = held.get(event_id) ?? []
    held.set(event_id, list)
    return list
  }

  function remember(event: string, event_id: string, times: ArrivalTimes): void {
    const one = { event, event_id, arrivals: times }
    arrivals.set(keyOf(event, event_id), one)
    changed.set(keyOf(event, event_id), one)
  }

  return {
    remember,

    heldOf: (event_id: string, orderName: string | undefined): Held[] =>
      listOf(event_id).filter(({ event }) => orderName && event.orderName === orderName),

    hold: ({ line, ...row }: NewRow): void =>
      void listOf(row.event.data.event_id).push({ ...row, ...(line !== undefined && { line }), id: --lastId }),

    /** Takes a row out of those that wait for their other copies. */
    take(event_id: string, id: number): void {
      const list = listOf(event_id)
      const index = list.findIndex((one) => one.id === id)
      if (index >= 0) list.splice(index, 1)
    },

    /** When each side sent an order, by TikTok's event name and by the order's own. */
    arrivals(events: readonly OutboxEvent[]): Map<string, ArrivalTimes> {
      const event_id = events[0]?.data.event_id ?? ''
      return new Map(
        namesOf(events).flatMap((name) => {
          const one = arrivals.get(keyOf(name, event_id))
          return one ? [[name, one.arrivals] as const] : []
        }),
      )
    },

    /** Forgets an order that is not sent, so that another copy may be. */
    release(event: OutboxEvent): void {
      if (!isCountedOnce(event)) return
      const { event_id } = event.data
      for (const { name, by } of toRelease(event)) {
        const one = arrivals.get(keyOf(name, event_id))
        if (one) remember(name, event_id, { ...one.arrivals, [by]: 0 })
      }
    },

    newlyHeld: (): NewRow[] =>
      [...held.values()]
        .flat()
        .filter(({ id }) => id < 0)
        .map(({ id: _, ...row }) => row),

    changed: () => [...changed.values()],
  }
}

const orderCounts = ['merged', 'conflict', 'late_twin', 'left_to_source'] as const satisfies (keyof OrderCounts)[]

const countsOf = (counts: Partial<OrderCounts>): [keyof OrderCounts, number][] =>
  orderCounts.flatMap((name) => (counts[name] ? [[name, counts[name]]] : []))

const keyOf = (event: string, event_id: string): string => JSON.stringify([event, event_id])

/** Decides about events that have waited long enough for another copy or a decision. */
export function decideReleased(known: KnownOrders, released: readonly HeldRow[], helpers: TransactionHelpers): Changes {
  const changes = createOrderChanges(known, helpers)
  released.forEach(changes.free)
  return changes.changes()
}

/** The events that may still be sent, after newer denials were applied. */
export interface Admitted {
  changes: Changes
  left: HeldRow[]
  /** Those of them that have changed. */
  replaced: HeldRow[]
}

export function decideAdmitted(known: KnownOrders, stored: readonly HeldRow[], helpers: TransactionHelpers): Admitted {
  const changes = createOrderChanges(known, helpers)
  const left: HeldRow[] = []
  const replaced: HeldRow[] = []
  for (const row of stored) {
    const { id, event } = row
    const admitted = helpers.profiles.admit(event)
    if (!admitted) changes.dropDenied(row)
    else {
      left.push({ id, event: admitted })
      if (admitted !== event) replaced.push({ id, event: admitted })
    }
  }
  return { changes: changes.changes(), left, replaced }
}
