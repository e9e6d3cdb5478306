import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { type AddResult, resultsOf } from '../add-result.ts'
import { decideOrder, type HeldRow, namesOf, type OrderDecision, type OrderMoment } from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import { writeKept } from '../kept-event.ts'
import { logOrder, NO_CONSENT } from '../log-orders.ts'
import type { OrderCounts } from '../store.ts'
import { isCountedOnce, type KeptEvent, originOf, type RowKey, toRelease } from '../waiting-event.ts'
import type { LogWriter, WaitingLine } from './log-writer.ts'
import type { OrderMemory } from './order-memory.ts'
import type { ProfileTotals } from './profile-rows.ts'
import { createProfileWriter } from './profile-writer.ts'

export type Total = 'waiting' | 'sent' | 'no_consent' | keyof ProfileTotals | keyof OrderCounts

/** Changes to the totals by one transaction. They are written once, at its end. */
export type Totals = Record<Exclude<Total, 'sent' | keyof ProfileTotals>, number>

const orderCounts = ['merged', 'conflict', 'late_twin', 'left_to_source'] as const satisfies (keyof OrderCounts)[]

const profileTotals = ['profiles', 'denials', 'shared_keys'] as const satisfies (keyof ProfileTotals)[]

export const noTotals = (): Totals => ({
  waiting: 0,
  no_consent: 0,
  merged: 0,
  conflict: 0,
  late_twin: 0,
  left_to_source: 0,
})

export type WaitingRows = ReturnType<typeof createWaitingRows>

/** Adds and removes rows of waiting events. Call it in a transaction. */
export function createWaitingRows(database: DatabaseSync, orders: OrderMemory, log: LogWriter) {
  const prepare = (sql: string) => database.prepare(sql)
  const insertReady = prepare(
    'INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body, line) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertWithLine =
    prepare(`INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body, line, kind, keys,
    value, currency, person) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertHeld = prepare(
    'INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body, line, due, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)',
  )
  const profiles = createProfileWriter(database, (totals) => {
    for (const name of profileTotals) addTotal(name, totals[name])
  })
  const heldRows = prepare('SELECT id, body, line FROM waiting WHERE held = 1 AND event_id = ?')
  const replaceRow = prepare('UPDATE waiting SET expires = ?, due = ?, held = 0, body = ? WHERE id = ?')
  const bury = prepare(`INSERT INTO dead_letters (event, event_id, died, attempts, problem, body, line)
    SELECT event, event_id, ?, attempts + ?, ?, body, line FROM waiting WHERE id = ? AND event_id = ?`)
  const take = prepare('DELETE FROM waiting WHERE id = ? AND event_id = ? RETURNING body')
  const removeRows = prepare('DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))')
  // SQLite may reuse the id of an erased row for another event, which has not been sent.
  const removeSame = prepare(`DELETE FROM waiting WHERE id IN (SELECT waiting.id FROM json_each(?) AS sent
    CROSS JOIN waiting ON waiting.id = CAST(sent.key AS INTEGER) WHERE waiting.event_id = sent.value)`)
  const addToTotal = prepare(`INSERT INTO totals (name, count) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`)

  /** Deletes rows and returns their number. Their lines stay. */
  function remove(ids: readonly number[]): number {
    if (!ids.length) return 0
    const list = JSON.stringify(ids)
    log.moveToLog(list)
    return Number(removeRows.run(list).changes)
  }

  /** Returns the number of rows that still existed. */
  function removeSettled(settled: readonly RowKey[]): number {
    if (!settled.length) return 0
    const sent = Object.fromEntries(settled.map(({ id, event_id }) => [id, event_id]))
    return Number(removeSame.run(JSON.stringify(sent)).changes)
  }

  function addTotal(name: Total, count: number): void {
    if (count) addToTotal.run(name, count)
  }

  /**
   * Adds an event unless it is already waiting. `heldUntil` is until when it waits for its other copy, or 0 if it does not. An
   * event without the needed decision waits as long. An event that may be sent at once is filled by the profiles first. With
   * `part`, it gets a line in the log.
   */
  function insert(
    given: KeptEvent,
    { now, mergeOrders }: OrderMoment,
    { heldUntil = 0, part }: Insertion = {},
  ): AddResult {
    const isUndecided = profiles.isUndecided(given.event)
    const due = heldUntil || (isUndecided && mergeOrders ? now + mergeOrders * 1000 : 0)
    const event = due ? given.event : profiles.prepare(given.event)
    if (!event) {
      logUnsent(given, part, { status: 'no_consent', reason: NO_CONSENT })
      return 'no_consent'
    }
    const isFilled = event !== given.event
    if (isFilled && given.line !== undefined) log.fill(given.line, event)
    const unlogged = part && { part, eventName: given.eventName ?? '', event }
    const own = unlogged && !due ? log.waitingLine(unlogged) : undefined
    const line = given.line ?? (unlogged && !own ? log.insert(unlogged) : undefined)
    const body = isFilled ? writeKept(event) : given.body
    if (!insertRow({ event, body, line, own, due, now })) {
      // A dead letter that cannot be queued again stays one, and so does its line.
      if (line === undefined || log.isNew(line))
        logUnsent({ ...given, event, line }, part, { status: 'skipped', reason: 'already_sent' })
      return 'already_sent'
    }
    if (own) log.countWaiting(own)
    return due && isUndecided ? 'undecided' : 'kept'
  }

  /** Returns false if the event is already waiting. */
  function insertRow({ event, body, line, own, due, now }: NewRow): boolean {
    const { event: name, event_id } = event.data
    const origin = originOf(event)
    const expires = Math.floor(event.expires)
    if (due) return insertHeld.run(name, event_id, origin, now, expires, body, line ?? null, due).changes === 1
    if (!own) return insertReady.run(name, event_id, origin, now, expires, body, line ?? null).changes === 1
    const { id, kind, keys, value, currency, person } = own
    const row = insertWithLine.run(name, event_id, origin, now, expires, body, id, kind, keys, value, currency, person)
    return row.changes === 1
  }

  /** Logs that an event is not added. */
  function logUnsent(
    { event, eventName = '', line }: KeptEvent,
    part: LogPart | undefined,
    why: { status: 'skipped' | 'no_consent'; reason: string },
  ): void {
    if (line !== undefined) log.skip(line, why.status, why.reason)
    else if (part) log.insert({ part, eventName, event, ...why })
  }

  /** Returns the rows of an order that wait for their other copies. Those that may no longer be sent are deleted. */
  function heldOf({ orderName, data }: OutboxEvent, totals: Totals): HeldRow[] {
    if (!orderName) return []
    const held: HeldRow[] = []
    for (const { id, body, line } of heldRows.all(data.event_id)) {
      const event: OutboxEvent = JSON.parse(String(body))
      if (event.orderName !== orderName) continue
      const row = { id: Number(id), ...(line !== null && { line: Number(line) }) }
      const admitted = event.source === 'signed' ? event : profiles.admit(event)
      if (admitted) held.push({ ...row, event: admitted })
      else dropDenied({ ...row, event }, totals)
    }
    return held
  }

  function dropDenied({ id, event, line }: HeldRow, totals: Totals): void {
    totals.waiting -= remove([id])
    totals.no_consent++
    if (line !== undefined) log.skip(line, 'no_consent', NO_CONSENT)
    if (isCountedOnce(event)) release(event)
  }

  /** Returns a page's copy of an order as it may be sent, or `undefined` if its visitor has denied consent. */
  function admit(kept: KeptEvent, part: LogPart | undefined): KeptEvent | undefined {
    const { event } = kept
    if (event.source === 'signed') return kept
    const admitted = profiles.admit(event)
    if (admitted === event) return kept
    if (admitted) return { ...kept, event: admitted, body: writeKept(admitted) }
    logUnsent(kept, part, { status: 'no_consent', reason: NO_CONSENT })
    return undefined
  }

  /** Adds the rows of one order from one side. They share event_id and order name. */
  function addOrder(given: readonly KeptEvent[], { moment, totals, part }: OrderPlace): AddResult[] {
    const admitted = given.map((one) => admit(one, part))
    const kept = admitted.filter((one) => one !== undefined)
    totals.no_consent += given.length - kept.length
    const rows = kept.map(({ event }) => event)
    const [first] = rows
    if (!first) return given.map(() => 'no_consent')
    for (const event of rows) profiles.note(event)
    const { event_id } = first.data
    const held = heldOf(first, totals)
    const arrivals = orders.read(namesOf(rows), event_id)
    const decision = decideOrder(rows, { held, arrivals }, moment)
    const lines = logOrder(log, { kept, decision, held, part })
    totals.waiting -= remove(decision.remove.map(({ id }) => id))
    for (const [name, times] of decision.arrivals) orders.write(name, event_id, times)
    const byConsent = insertAll(decision.insert, { kept, lines, moment, totals })
    for (const { id, event } of decision.replace) {
      const line = held.find((row) => row.id === id)?.line
      free({ id, event, ...(line !== undefined && { line }) }, moment.now, totals)
    }
    for (const name of orderCounts) totals[name] += decision.counts[name] ?? 0
    return resultsOf(admitted, decision.results, byConsent)
  }

  /** Inserts the rows of an order, and returns the results of those that consent delays or forbids, by TikTok's event name. */
  function insertAll(
    insertions: OrderDecision['insert'],
    { kept, lines, moment, totals }: OrderInsertion,
  ): ReadonlyMap<string, AddResult> {
    const byConsent = new Map<string, AddResult>()
    for (const { event, due } of insertions) {
      const name = event.data.event
      const given = kept.find((one) => one.event === event)
      const line = lines.get(name) ?? given?.line
      const result = insert({ event, body: given?.body ?? writeKept(event), line }, moment, { heldUntil: due })
      if (result === 'kept' || result === 'undecided') totals.waiting++
      if (result === 'no_consent') {
        totals.no_consent++
        release(event)
      }
      if (result === 'no_consent' || result === 'undecided') byConsent.set(name, result)
    }
    return byConsent
  }

  /** Lets a row be sent that waited for its other copy, unless consent forbids it. */
  function free(row: HeldRow, now: number, totals: Totals): void {
    const { id, event, line } = row
    const ready = profiles.prepare(event)
    if (!ready) {
      dropDenied(row, totals)
      return
    }
    if (ready !== event && line !== undefined) log.fill(line, ready)
    replaceRow.run(Math.floor(ready.expires), now, writeKept(ready), id)
  }

  function addTotals(totals: Totals): void {
    addTotal('waiting', totals.waiting)
    addTotal('no_consent', totals.no_consent)
    for (const name of orderCounts) addTotal(name, totals[name])
  }

  return {
    profiles,

    /** Runs work that adds, sends or drops rows. Call it in a transaction. `now` is in milliseconds since 1970. */
    within: <Answer>(now: number, work: () => Answer): Answer => log.within(now, () => profiles.within(now, work)),

    addTotal,
    addTotals,
    addOrder,
    insert,
    free,
    dropDenied,
    remove,
    removeSettled,

    /** Makes a waiting event a dead letter. Returns 1, or 0 if there is no such row. */
    setAside(
      { id, event_id }: RowKey,
      { problem, tries, now }: { problem: string; tries: number; now: number },
    ): number {
      bury.run(now, tries, problem, id, event_id)
      const body = take.get(id, event_id)?.body
      if (body === undefined) return 0
      const event: OutboxEvent = JSON.parse(String(body))
      if (isCountedOnce(event)) release(event)
      return 1
    },
  }

  function release(event: OutboxEvent): void {
    for (const { name, by } of toRelease(event)) orders.release(name, event.data.event_id, by)
  }
}

interface Insertion {
  /** Until when the event waits for its other copy, in milliseconds since 1970. Default 0: it does not. */
  heldUntil?: number
  /** Missing if the event has a line already, or gets none. */
  part?: LogPart | undefined
}

interface NewRow {
  event: OutboxEvent
  body: string
  /** Its line in the log. */
  line: number | undefined
  /** The line that is a part of the row instead. */
  own: WaitingLine | undefined
  due: number
  now: number
}

interface OrderInsertion {
  kept: readonly KeptEvent[]
  /** The lines of the log, by TikTok's event name. */
  lines: ReadonlyMap<string, number>
  moment: OrderMoment
  totals: Totals
}

/** What else adding an order needs. */
export interface OrderPlace {
  moment: OrderMoment
  totals: Totals
  /** Missing if the request is not logged. */
  part?: LogPart | undefined
}
