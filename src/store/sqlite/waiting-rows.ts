import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { decideOrder, type HeldRow, namesOf, type OrderMoment } from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import type { Fate } from '../fate.ts'
import { writeKept } from '../kept-event.ts'
import type { OrderCounts } from '../store.ts'
import { isCountedOnce, type KeptEvent, originOf, type RowKey, toRelease } from '../waiting-event.ts'
import { logOrder } from './log-orders.ts'
import type { LogWriter } from './log-writer.ts'
import type { OrderMemory } from './order-memory.ts'

export type Total = 'waiting' | 'sent' | keyof OrderCounts

/** Changes to the totals by one transaction. They are written once, at its end. */
export type Totals = Record<Exclude<Total, 'sent'>, number>

const orderCounts = ['merged', 'conflict', 'late_twin', 'left_to_source'] as const satisfies (keyof OrderCounts)[]

export type WaitingRows = ReturnType<typeof createWaitingRows>

/** Adds and removes rows of waiting events. Call it in a transaction. */
export function createWaitingRows(database: DatabaseSync, orders: OrderMemory, log: LogWriter) {
  const prepare = (sql: string) => database.prepare(sql)
  const insertRow = prepare(
    'INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body, line) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertHeld = prepare(
    'INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body, line, due, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)',
  )
  const heldRows = prepare('SELECT id, body, line FROM waiting WHERE held = 1 AND event_id = ?')
  const replaceRow = prepare('UPDATE waiting SET expires = ?, due = ?, held = 0, body = ? WHERE id = ?')
  const bury = prepare(`INSERT INTO dead_letters (event, event_id, died, attempts, problem, body, line)
    SELECT event, event_id, ?, attempts + ?, ?, body, line FROM waiting WHERE id = ? AND event_id = ?`)
  const take = prepare('DELETE FROM waiting WHERE id = ? AND event_id = ? RETURNING body')
  const removeRows = prepare('DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))')
  // SQLite gives an id again once the row was erased. Then it is another event's, which has not been sent.
  const removeSame = prepare(`DELETE FROM waiting WHERE id IN (SELECT waiting.id FROM json_each(?) AS sent
    CROSS JOIN waiting ON waiting.id = sent.value ->> 'id' WHERE waiting.event_id = sent.value ->> 'event_id')`)
  const addToTotal = prepare(`INSERT INTO totals (name, count) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`)

  /** Deletes rows and returns their number. */
  const remove = (ids: readonly number[]): number =>
    ids.length ? Number(removeRows.run(JSON.stringify(ids)).changes) : 0

  /** Gives back how many there still were. */
  function removeSettled(settled: readonly RowKey[]): number {
    if (!settled.length) return 0
    return Number(removeSame.run(JSON.stringify(settled.map(({ id, event_id }) => ({ id, event_id })))).changes)
  }

  function addTotal(name: Total, count: number): void {
    if (count) addToTotal.run(name, count)
  }

  /** Returns false if the event is already waiting. `due` is until when it waits for its twin, or 0 if it may be sent at once. */
  function insert({ event, body, line }: KeptEvent, now: number, due = 0): boolean {
    const { data } = event
    const origin = originOf(event)
    const expires = Math.floor(event.expires)
    const { changes } = due
      ? insertHeld.run(data.event, data.event_id, origin, now, expires, body, line ?? null, due)
      : insertRow.run(data.event, data.event_id, origin, now, expires, body, line ?? null)
    return changes === 1
  }

  /** Returns the rows of an order that wait for their twins. */
  function heldOf({ orderName, data }: OutboxEvent): HeldRow[] {
    if (!orderName) return []
    return heldRows
      .all(data.event_id)
      .map(({ id, body, line }): HeldRow => {
        const row = { id: Number(id), event: JSON.parse(String(body)) }
        return line === null ? row : { ...row, line: Number(line) }
      })
      .filter(({ event }) => event.orderName === orderName)
  }

  /** Adds the rows of one order from one side. They share event_id and order name. */
  function addOrder(kept: readonly KeptEvent[], { moment, totals, part }: OrderPlace): Fate[] {
    const rows = kept.map(({ event }) => event)
    const [first] = rows
    if (!first) return []
    const { event_id } = first.data
    const brought = orders.read(namesOf(rows), event_id)
    const held = heldOf(first)
    const decision = decideOrder(rows, { held, brought }, moment)
    const lines = logOrder(log, { kept, decision, held, part })
    const { now } = moment
    const removed = remove(decision.remove.map(({ id }) => id))
    let inserted = 0
    for (const { event, due } of decision.insert) {
      const given = kept.find((one) => one.event === event)
      const line = lines.get(event.data.event) ?? given?.line
      if (insert({ event, body: given?.body ?? writeKept(event), line }, now, due)) inserted++
      else if (line !== undefined) log.skip(line, 'skipped', 'already_sent')
    }
    for (const { id, event } of decision.replace) replaceRow.run(Math.floor(event.expires), now, writeKept(event), id)
    for (const [name, times] of decision.brought) orders.write(name, event_id, times)
    for (const name of orderCounts) totals[name] += decision.counts[name] ?? 0
    totals.waiting += inserted - removed
    return decision.fates
  }

  function addTotals(totals: Totals): void {
    addTotal('waiting', totals.waiting)
    for (const name of orderCounts) addTotal(name, totals[name])
  }

  return {
    addTotal,
    addTotals,
    addOrder,
    insert,
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

/** What else adding an order needs. */
export interface OrderPlace {
  moment: OrderMoment
  totals: Totals
  /** Missing if the request is not logged. */
  part?: LogPart | undefined
}
