import { createHash } from 'node:crypto'
import type { AddResult } from '../add-result.ts'
import { needsConsent } from '../consent-decision.ts'
import { createNewProfileLimit } from '../new-profile-limit.ts'
import type { ProfileKey } from '../profile.ts'
import { createProfileTransaction, type ProfileTransaction } from '../profile-transaction.ts'
import type { ProfileOptions } from '../store.ts'
import { isCountedOnce, originOf } from '../waiting-event.ts'
import { durable, type Query, type Row } from './connections.ts'
import { createCustomerTable, createCustomerTransaction } from './customer-transaction.ts'
import { createLogWriter } from './log-writer.ts'
import { type Addition, type Changes, decideAll, type KnownOrders, type NewRow } from './order-transaction.ts'
import { keysAround } from './profile-key.ts'
import { createProfileRows, noProfiles, type ProfileRows } from './profile-rows.ts'

// JSON has no such character outside of escapes, so it separates bodies without a copy of their text.
const SEPARATOR = '\u001e'

// One lock for each order could exceed the database's table of locks. Orders that share a lock wait for each other.
const LOCKS = 256

/**
 * Adds waiting events to the tables of a schema. `slot` is this process's row of each total. `profileLock` is the key of the lock
 * that transactions with profiles have.
 */
export function createRowAdder(schema: string, slot: number, profileLock: string) {
  const profileRows = createProfileRows(schema, profileLock)
  const [first = 0] = new Int32Array(createHash('sha256').update(schema).digest().buffer.slice(0, 4))

  const insertSql = insertSqlOf(schema, 'SELECT')
  const insertAndCountSql = insertSqlOf(schema, 'INSERT')
  const customers = createCustomerTable(schema)
  const log = createLogWriter(schema)
  const locksSql = 'SELECT pg_advisory_xact_lock($1, bucket) FROM unnest($2::integer[]) AS bucket'
  const arrivalsSql = `SELECT event, event_id, added, signed FROM ${schema}.orders WHERE event_id = ANY($1)`
  // A row that is released at the same moment is locked, and does not wait for its other copy any more.
  const heldSql = `SELECT id, event_id, body, line,
      (SELECT is_order FROM ${schema}.log WHERE log.id = waiting.line) AS is_order
    FROM ${schema}.waiting WHERE held AND event_id = ANY($1) ORDER BY id FOR UPDATE`
  const rememberSql = `INSERT INTO ${schema}.orders (event, event_id, added, signed)
    SELECT event, event_id, added, signed
    FROM json_to_recordset($1) AS given (event text, event_id text, added bigint, signed bigint)
    ON CONFLICT (event_id, event) DO UPDATE SET added = excluded.added, signed = excluded.signed`
  const forgetSql = `DELETE FROM ${schema}.orders WHERE event_id = ANY($1) AND added = 0 AND signed = 0`
  const replaceSql = `UPDATE ${schema}.waiting SET expires = given.expires, due = $2, held = false, body = given.body
    FROM json_to_recordset($1) AS given (id bigint, expires bigint, body text) WHERE waiting.id = given.id`
  const removeSql = `DELETE FROM ${schema}.waiting WHERE id = ANY($1) RETURNING 1`
  const totalSql = `INSERT INTO ${schema}.totals AS totals (name, slot, count)
    SELECT name, $1, given.count FROM json_to_recordset($2) AS given (name text, count bigint) ORDER BY name
    ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count`

  /** Returns the number of rows that were not waiting before. `isAlone` counts them in the same statement. */
  async function insert(query: Query, rows: readonly NewRow[], { now, lines, isAlone }: Insertion): Promise<number> {
    if (!rows.length) return 0
    const keys = rows.map(({ event, due, line }) => {
      const { event: name, event_id } = event.data
      return {
        event: name,
        event_id,
        origin: originOf(event),
        expires: Math.floor(event.expires),
        due,
        line: line !== undefined && line < 0 ? lines[-line - 1] : line,
      }
    })
    const bodies = rows.map(({ body }) => body).join(SEPARATOR)
    const given = [JSON.stringify(keys), bodies, now]
    const refused = await (isAlone ? query(insertAndCountSql, [...given, slot]) : query(insertSql, given))
    for (const { place } of refused) rows[Number(place) - 1]?.refuse?.()
    return rows.length - refused.length
  }

  /** Locks orders and persons until the end of the transaction, so that no other process decides about them meanwhile. */
  async function lockOrders(query: Query, ids: readonly string[]): Promise<void> {
    const buckets = [...new Set(ids.map(bucketOf))].sort((one, other) => one - other)
    if (buckets.length) await query(locksSql, [first, buckets])
  }

  async function readOrders(query: Query, ids: readonly string[]): Promise<KnownOrders> {
    if (!ids.length) return { arrivals: [], held: [] }
    const held = await query(heldSql, [ids])
    const arrivals = await query(arrivalsSql, [ids])
    return { arrivals: arrivals.map(toArrivals), held: held.map(toHeld) }
  }

  /** Call it last. */
  async function addTotals(query: Query, totals: Totals): Promise<void> {
    const given = Object.entries(totals).flatMap(([name, count]) => (count ? [{ name, count }] : []))
    if (given.length) await query(totalSql, [slot, JSON.stringify(given)])
  }

  /** Writes all but the totals, and returns what to add to them. */
  async function writeRows(query: Query, changes: Changes, now: number, isAlone = false): Promise<Totals> {
    const { replace, remove, arrivals, counts } = changes
    const lines = await log.takeIds(query, changes.log.added.length)
    const removed = remove.length ? await query(removeSql, [remove]) : []
    if (replace.length) {
      const rows = replace.map(({ id, event, body }) => ({ id, expires: Math.floor(event.expires), body }))
      await query(replaceSql, [JSON.stringify(rows), now])
    }
    const inserted = await insert(query, changes.insert, { now, lines, isAlone })
    if (arrivals.length) {
      const rows = arrivals.map(({ arrivals: { page, signed }, ...key }) => ({ ...key, added: page, signed }))
      await query(rememberSql, [JSON.stringify(rows)])
      const gone = rows.filter(({ added, signed }) => !added && !signed).map(({ event_id }) => event_id)
      if (gone.length) await query(forgetSql, [gone])
    }
    await log.write(query, changes.log, lines, now)
    return { ...counts, waiting: (isAlone ? 0 : inserted) - removed.length }
  }

  const withProfiles = createWithProfiles(profileRows)

  return {
    slot,
    log,
    lockOrders,
    readOrders,
    addTotals,
    writeRows,
    withProfiles,
    profileRows,

    /** True if `add` must run in a transaction, because it takes more than one statement. */
    needsTransaction: (additions: readonly Addition[]): boolean =>
      additions.some(
        (one) =>
          one.extras?.history ||
          one.extras?.log ||
          usesProfiles(one) ||
          one.kept.some(({ event }) => isCountedOnce(event)),
      ),

    /**
     * Adds the events of several requests and returns their results. `now` is in milliseconds since 1970. `isAlone` needs no
     * transaction. `before` runs before the totals are changed, which comes last.
     */
    async add(
      query: Query,
      additions: readonly Addition[],
      { now, isAlone, before }: AddOptions,
    ): Promise<AddResult[][]> {
      const orders = additions.flatMap(({ kept }) => kept.filter(({ event }) => isCountedOnce(event)))
      const ids = [...new Set(orders.map(({ event }) => event.data.event_id))]
      const forHistory = additions.flatMap(({ extras }) => extras?.history?.orders ?? [])
      const hasHistory = additions.some(({ extras }) => extras?.history)
      const settings = hasHistory ? await customers.settings(query) : undefined
      const keys = settings ? customers.keysOf(settings, forHistory) : []
      await lockOrders(query, [...ids, ...keys])
      const known = await readOrders(query, ids)
      const history = settings && createCustomerTransaction(settings, await customers.read(query, keys))
      const profileKeys = additions.some(usesProfiles) ? keysOfAll(additions, known) : undefined
      const { nameOf } = log
      const { answer, time, totals } = await withProfiles(query, profileKeys, {
        now,
        work: (profiles, time) => decideAll(additions, known, { customers: history, profiles, nameOf }, time),
      })
      const counts = await writeRows(query, answer.changes, time, isAlone)
      if (history) await customers.write(query, history.changes())
      const results = answer.results()
      await before?.(results)
      await addTotals(query, { ...totals, ...counts, ...history?.changes().counts })
      return results
    },
  }
}

/** Changes to totals, by name. */
export type Totals = Readonly<Record<string, number>>

export interface AddOptions {
  now: () => number
  isAlone?: boolean
  before?: (results: readonly AddResult[][]) => Promise<void>
}

interface Insertion {
  now: number
  /** The IDs of new lines. */
  lines: readonly number[]
  isAlone: boolean
}

/** Inserts rows, and returns the places of those that were already waiting. `INSERT` also counts them. */
const insertSqlOf = (schema: string, count: 'INSERT' | 'SELECT'): string => `WITH durable AS MATERIALIZED (${durable}),
  given AS MATERIALIZED (
    SELECT nextval('${schema}.waiting_id_seq') AS id, place, event, event_id, origin, added, expires, due, line, body
    FROM ROWS FROM (
      json_to_recordset($1) AS (event text, event_id text, origin text, expires bigint, due bigint, line bigint),
      unnest(string_to_array($2, E'\\x1e'))
    ) WITH ORDINALITY AS rows (event, event_id, origin, expires, due, line, body, place),
    (SELECT $3::bigint AS added, count(*) FROM durable) AS common
  ),
  -- In one order in all transactions, so that none waits for another in a circle.
  inserted AS (
    INSERT INTO ${schema}.waiting (id, event, event_id, origin, added, expires, due, held, line, body)
    SELECT id, event, event_id, origin, added, expires, due, due > 0, line, body FROM given
    ORDER BY event COLLATE "C", event_id COLLATE "C", origin COLLATE "C", place
    ON CONFLICT DO NOTHING RETURNING id
  )${count === 'INSERT' ? countSqlOf(schema) : ''}
  SELECT given.place::integer AS place FROM given WHERE id NOT IN (SELECT id FROM inserted)`

const countSqlOf = (schema: string): string => `,
  counted AS (
    INSERT INTO ${schema}.totals AS totals (name, slot, count)
    SELECT 'waiting', $4, count(*) FROM inserted
    ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count
  )`

export interface Decided<Answer> {
  answer: Answer
  /** When it was decided, in milliseconds since 1970. */
  time: number
  totals: Totals
}

/**
 * Decides with the profiles that the keys lead to, and writes what has changed in them. Without `keys`, nothing is read. Lock
 * orders and rows before, and add the totals at the end, so that no two transactions wait for each other.
 */
function createWithProfiles(profileRows: ProfileRows) {
  const mayCreate = createNewProfileLimit(() => performance.now())

  return async function withProfiles<Answer>(
    query: Query,
    keys: Iterable<ProfileKey> | undefined,
    { now, work }: { now: () => number; work: (profiles: ProfileTransaction, time: number) => Answer },
  ): Promise<Decided<Answer>> {
    if (keys) await profileRows.lock(query)
    const known = keys ? await profileRows.read(query, keys) : noProfiles
    const time = now()
    const profiles = createProfileTransaction(known.reader, { now: time, latest: () => known.latest(time), mayCreate })
    const answer = work(profiles, time)
    if (!keys) return { answer, time, totals: {} }
    const totals = await profileRows.apply(query, profiles.changes(), { now: time, known })
    if (profiles.isUsed()) await profileRows.setClock(query, time, known)
    return { answer, time, totals: { ...totals } }
  }
}

/** True if profiles or denials decide about events. */
export const readsProfiles = (options: ProfileOptions): boolean =>
  options.profiles !== undefined || needsConsent(options)

const usesProfiles = ({ extras, ...options }: Addition): boolean =>
  readsProfiles(options) || (extras?.denials?.length ?? 0) > 0

function* keysOfAll(additions: readonly Addition[], { held }: KnownOrders): Generator<ProfileKey> {
  for (const { event } of held) yield* keysAround(event)
  for (const { kept, extras } of additions) {
    for (const { event } of kept) yield* keysAround(event)
    for (const { keys } of extras?.denials ?? []) yield* keys
  }
}

export type RowAdder = ReturnType<typeof createRowAdder>

function toArrivals({ event, event_id, added, signed }: Row): KnownOrders['arrivals'][number] {
  return {
    event: String(event),
    event_id: String(event_id),
    arrivals: { page: Number(added), signed: Number(signed) },
  }
}

const toHeld = ({ id, event_id, body, line, is_order }: Row): KnownOrders['held'][number] => ({
  id: Number(id),
  event_id: String(event_id),
  event: JSON.parse(String(body)),
  ...(line !== null && { line: Number(line) }),
  isOrder: is_order === true,
})

function bucketOf(event_id: string): number {
  let hash = 0
  for (let index = 0; index < event_id.length; index++) hash = (hash * 31 + event_id.charCodeAt(index)) | 0
  return Math.abs(hash % LOCKS)
}
