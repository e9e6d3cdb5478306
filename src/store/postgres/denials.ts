import type { OutboxEvent } from '../../server/outbox.ts'
import { needsConsent } from '../consent-decision.ts'
import type { HeldRow } from '../decide-order.ts'
import { writeKept } from '../kept-event.ts'
import { deniableKeysOf, type ProfileKey } from '../profile.ts'
import type { ProfileOptions } from '../store.ts'
import type { RowAdder } from './add-rows.ts'
import type { Connections, Query, Row } from './connections.ts'
import { lockEvents } from './lock-events.ts'
import { decideAdmitted } from './order-transaction.ts'
import { fromHex, keysAround, toHex } from './profile-key.ts'
import type { Batch } from './queue.ts'

export interface DenialOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
  /** Milliseconds since 1970. */
  now: () => number
}

type Table = 'waiting' | 'dead_letters'

const ROWS_OF_PART = 1000

/**
 * Erases the unsent events of visitors who have denied consent since. Reading all of them takes long, so `withoutDenied` also
 * checks each batch before it is sent.
 */
export function createDenials({ connections, schema, rows, now }: DenialOptions) {
  const newestSql = `SELECT max(number) AS number FROM ${schema}.tombstones`
  const deniedSql = `SELECT encode(key, 'hex') AS key FROM ${schema}.tombstones
    WHERE key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`
  const sinceSql = `SELECT encode(key, 'hex') AS key FROM ${schema}.tombstones WHERE number > $1`
  const partSql = (table: Table) =>
    `SELECT id, body, line FROM ${schema}.${table} WHERE id > $1 ORDER BY id LIMIT ${ROWS_OF_PART}`
  const lockSql = (table: Table) =>
    `SELECT id, body, line FROM ${schema}.${table} WHERE id = ANY($1) ORDER BY id FOR UPDATE`
  const replaceSql = (table: Table) => `UPDATE ${schema}.${table} AS stored SET body = given.body
    FROM json_to_recordset($1) AS given (id bigint, body text) WHERE stored.id = given.id`
  const dropLettersSql = `DELETE FROM ${schema}.dead_letters WHERE id = ANY($1)`
  // A lease that is locked is of a process that took the event meanwhile, and records its outcome now.
  const dropLeasesSql = `DELETE FROM ${schema}.leases
    WHERE id IN (SELECT id FROM ${schema}.leases WHERE id = ANY($1) FOR UPDATE SKIP LOCKED)`
  // Denials up to this number have been applied to all events. After a start, all are applied once.
  let done = 0

  async function newest(): Promise<number> {
    return Number((await connections.query(newestSql))[0]?.number ?? 0)
  }

  async function applyIn(query: Query, table: Table, found: readonly HeldRow[], options: ProfileOptions) {
    const orderIds = [...new Set(found.map(({ event }) => event.data.event_id))]
    await rows.lockOrders(query, orderIds)
    if (table === 'waiting')
      await lockEvents(
        query,
        schema,
        found.map(({ id }) => id),
      )
    const stored = (await query(lockSql(table), [found.map(({ id }) => id)])).map(toStored)
    const { arrivals } = await rows.readOrders(query, orderIds)
    const keys = stored.flatMap(({ event }) => [...keysAround(event)])
    const decided = await rows.withProfiles(query, keys, {
      now,
      work: (profiles) => {
        profiles.use(options)
        return decideAdmitted({ arrivals, held: [] }, stored, { profiles, nameOf: rows.log.nameOf })
      },
    })
    const { time, totals } = decided
    const { changes, replaced, left } = decided.answer
    if (replaced.length)
      await query(replaceSql(table), [
        JSON.stringify(replaced.map(({ id, event }) => ({ id, body: writeKept(event) }))),
      ])
    if (table === 'waiting') {
      const counts = await rows.writeRows(query, changes, time)
      if (changes.remove.length) await query(dropLeasesSql, [changes.remove])
      await rows.addTotals(query, { ...totals, ...counts })
    } else if (changes.remove.length) {
      await query(dropLettersSql, [changes.remove])
      await rows.log.write(query, changes.log, [], time)
      await rows.addTotals(query, totals)
    }
    return new Map<number, OutboxEvent | undefined>([
      ...found.map(({ id }) => [id, undefined] as const),
      ...left.map(({ id, event }) => [id, event] as const),
    ])
  }

  const apply = (table: Table, found: readonly HeldRow[], options: ProfileOptions) =>
    connections.transaction((query) => applyIn(query, table, found, options))

  return {
    /** Takes events out of a batch, and out of the table, whose visitors have denied consent. */
    async withoutDenied(batch: Batch, options: ProfileOptions): Promise<Batch> {
      if (!needsConsent(options) || (await newest()) === 0) return batch
      const named = batch.events.map((row) => ({ row, keys: deniableKeysOf(row.event) }))
      const hex = [...new Set(named.flatMap(({ keys }) => keys))].map(toHex)
      const denied = new Set((await connections.query(deniedSql, [hex])).map(({ key }) => fromHex(key)))
      const concerned = named.filter(({ keys }) => keys.some((key) => denied.has(key))).map(({ row }) => row)
      if (!concerned.length) return batch
      const left = await apply('waiting', concerned, options)
      const events = batch.events.flatMap((row) => {
        if (!left.has(row.id)) return row
        const event = left.get(row.id)
        return event ? { ...row, event: Object.assign(event, { arrived: row.event.arrived }) } : []
      })
      return { ...batch, events }
    },

    /** Applies new denials to all events. */
    async sweep(options: ProfileOptions): Promise<void> {
      const upTo = await newest()
      if (upTo <= done) return
      if (needsConsent(options)) {
        const keys = new Set((await connections.query(sinceSql, [done])).map(({ key }) => fromHex(key)))
        for (const table of ['waiting', 'dead_letters'] as const) await sweepTable(table, keys, options)
      }
      done = upTo
    },
  }

  async function sweepTable(table: Table, keys: ReadonlySet<ProfileKey>, options: ProfileOptions): Promise<void> {
    for (let last = 0; ; ) {
      const part = (await connections.query(partSql(table), [last])).map(toStored)
      const concerned = part.filter(({ event }) => deniableKeysOf(event).some((key) => keys.has(key)))
      if (concerned.length) await apply(table, concerned, options)
      last = part.at(-1)?.id ?? last
      if (part.length < ROWS_OF_PART) return
    }
  }
}

export type Denials = ReturnType<typeof createDenials>

const toStored = ({ id, body, line }: Row): HeldRow => ({
  id: Number(id),
  event: JSON.parse(String(body)),
  ...(line !== null && { line: Number(line) }),
})
