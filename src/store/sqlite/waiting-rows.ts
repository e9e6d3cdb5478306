import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { decideOrder, type HeldRow, namesOf, type OrderMoment } from '../decide-order.ts'
import { type Fate, isSent } from '../fate.ts'
import { writeKept } from '../kept-event.ts'
import type { OrderCounts } from '../store.ts'
import { isCountedOnce, type KeptEvent, originOf, type RowKey, toRelease } from '../waiting-event.ts'
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
export function createWaitingRows(database: DatabaseSync, orders: OrderMemory) {
  const prepare = (sql: string) => database.prepare(sql)
  const insertRow = prepare(
    'INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const insertHeld = prepare(
    'INSERT OR IGNORE INTO waiting (event, event_id, origin, added, expires, body, due, held) VALUES (?, ?, ?, ?, ?, ?, ?, 1)',
  )
  const profiles = createProfileWriter(database, (totals) => {
    for (const name of profileTotals) addTotal(name, totals[name])
  })
  const heldRows = prepare('SELECT id, body FROM waiting WHERE held = 1 AND event_id = ?')
  const replaceRow = prepare('UPDATE waiting SET expires = ?, due = ?, held = 0, body = ? WHERE id = ?')
  const bury = prepare(`INSERT INTO dead_letters (event, event_id, died, attempts, problem, body)
    SELECT event, event_id, ?, attempts + ?, ?, body FROM waiting WHERE id = ? AND event_id = ?`)
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

  /**
   * Adds an event unless it is already waiting. `twinDue` is until when it waits for its twin, or 0 if it does not. An event
   * without the needed decision waits as long. An event that may be sent at once is filled by the profiles first.
   */
  function insert(given: KeptEvent, { now, mergeOrders }: OrderMoment, twinDue = 0): Fate {
    const isUndecided = profiles.isUndecided(given.event)
    const due = twinDue || (isUndecided && mergeOrders ? now + mergeOrders * 1000 : 0)
    const event = due ? given.event : profiles.prepare(given.event)
    if (!event) return 'no_consent'
    const body = event === given.event ? given.body : writeKept(event)
    const { data } = event
    const origin = originOf(event)
    const expires = Math.floor(event.expires)
    const { changes } = due
      ? insertHeld.run(data.event, data.event_id, origin, now, expires, body, due)
      : insertRow.run(data.event, data.event_id, origin, now, expires, body)
    if (changes !== 1) return 'already_sent'
    return due && isUndecided ? 'undecided' : 'kept'
  }

  /** Returns the rows of an order that wait for their twins. Those that may no longer be sent are deleted. */
  function heldOf({ orderName, data }: OutboxEvent, totals: Totals): HeldRow[] {
    if (!orderName) return []
    const held: HeldRow[] = []
    for (const { id, body } of heldRows.all(data.event_id)) {
      const event: OutboxEvent = JSON.parse(String(body))
      if (event.orderName !== orderName) continue
      const admitted = event.source === 'signed' ? event : profiles.admit(event)
      if (admitted) held.push({ id: Number(id), event: admitted })
      else dropDenied({ id: Number(id), event }, totals)
    }
    return held
  }

  function dropDenied({ id, event }: HeldRow, totals: Totals): void {
    totals.waiting -= remove([id])
    totals.no_consent++
    if (isCountedOnce(event)) release(event)
  }

  /** Adds the rows of one order from one side. They share event_id and order name. */
  function addOrder(kept: readonly KeptEvent[], moment: OrderMoment, totals: Totals): Fate[] {
    const admitted = kept.map((one) => (one.event.source === 'signed' ? one.event : profiles.admit(one.event)))
    const rows = admitted.filter((event) => event !== undefined)
    const [first] = rows
    totals.no_consent += kept.length - rows.length
    if (!first) return kept.map(() => 'no_consent')
    for (const event of rows) profiles.note(event)
    const { event_id } = first.data
    const held = heldOf(first, totals)
    const brought = orders.read(namesOf(rows), event_id)
    const decision = decideOrder(rows, { held, brought }, moment)
    totals.waiting -= remove(decision.remove.map(({ id }) => id))
    for (const [name, times] of decision.brought) orders.write(name, event_id, times)
    const byConsent = new Map<string, Fate>()
    for (const { event, due } of decision.insert) {
      const body = kept.find((one) => one.event === event)?.body ?? writeKept(event)
      const fate = insert({ event, body }, moment, due)
      if (fate === 'kept' || fate === 'undecided') totals.waiting++
      if (fate === 'no_consent') {
        totals.no_consent++
        release(event)
      }
      if (fate === 'no_consent' || fate === 'undecided') byConsent.set(event.data.event, fate)
    }
    for (const row of decision.replace) free(row, moment.now, totals)
    for (const name of orderCounts) totals[name] += decision.counts[name] ?? 0
    const fates = decision.fates.values()
    return admitted.map((event): Fate => {
      if (!event) return 'no_consent'
      const fate = fates.next().value ?? 'already_sent'
      return (isSent(fate, event) && byConsent.get(event.data.event)) || fate
    })
  }

  /** Lets a row be sent that waited for its twin, unless consent forbids it. */
  function free({ id, event }: HeldRow, now: number, totals: Totals): void {
    const ready = profiles.prepare(event)
    if (ready) replaceRow.run(Math.floor(ready.expires), now, writeKept(ready), id)
    else dropDenied({ id, event }, totals)
  }

  function addTotals(totals: Totals): void {
    addTotal('waiting', totals.waiting)
    addTotal('no_consent', totals.no_consent)
    for (const name of orderCounts) addTotal(name, totals[name])
  }

  return {
    profiles,
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
