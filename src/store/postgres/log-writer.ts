import { defaultRetention, type LogRetention } from '../event-log.ts'
import { answersKept, type LineOutcome, statusCode } from '../line-outcome.ts'
import { HOUR } from '../log-reading.ts'
import { createEncrypt, referenceBytes } from '../log-reference.ts'
import type { PersonKeys } from '../person.ts'
import type { Connections, Query, Row } from './connections.ts'
import { lockedSql } from './lock-events.ts'
import {
  createNames,
  type LineChange,
  type LogTransaction,
  type NewLine,
  toStored,
  toStoredId,
} from './log-transaction.ts'

const DAY = 24 * HOUR
const [waiting, retry, success, failure] = (['waiting', 'retry', 'success', 'failure'] as const).map(statusCode)

/** Lines that are deleted at once. */
const LINES_OF_STEP = 5000
const SEARCH_SECONDS = 600

/**
 * Updates lines by the rows of `given`, which is SQL. Lines that are settled or deleted stay as they are. `now` is SQL, in
 * milliseconds since 1970.
 */
export const concludeSql = (schema: string, given: string, now: string): string => `UPDATE ${schema}.log SET
    status = given.status, attempts = log.attempts + given.tries, code = given.code, message = given.message,
    reason = given.reason, sent = CASE WHEN given.status = ${success} THEN ${now} END,
    answers = CASE WHEN given.status = ${success} OR given.tries = 0 OR given.message IS NULL OR log.attempts >= ${answersKept}
      THEN answers ELSE answers || jsonb_build_object('time', ${now}, 'code', given.code, 'message', given.message) END
  FROM ${given} WHERE log.id = given.line AND log.status IN (${waiting}, ${retry})`

export const outcomeColumns =
  'id bigint, line bigint, status smallint, tries integer, code double precision, message text, reason text'

/** Outcomes as JSON for `json_to_recordset`. */
export const outcomesJson = (outcomes: readonly (LineOutcome & { id?: number })[]): string =>
  JSON.stringify(
    outcomes.map(({ id, line, status, tries, code, message, reason }) => ({
      ...{ id, line, tries, code, status: statusCode(status) },
      message: message && toStored(message),
      reason: reason && toStored(reason),
    })),
  )

/** Marks the lines of the rows of `gone` as too late. `reason` is SQL. */
export const lateLinesSql = (schema: string, reason: string): string =>
  `UPDATE ${schema}.log SET status = ${failure}, reason = ${reason} FROM gone
    WHERE log.id = gone.line AND log.status IN (${waiting}, ${retry})`

export type LogWriter = ReturnType<typeof createLogWriter>

/** Writes lines of the event log. `schema` is quoted. */
export function createLogWriter(schema: string) {
  const idsSql = `SELECT nextval('${schema}.log_id_seq') AS id FROM generate_series(1, $1)`
  const columns = `id bigint, source text, channel text, event_name text, event text, event_id text, order_id text,
    status smallint, keys integer, is_order boolean, value double precision, currency text, person bigint[], reason text`
  const names = columns.replace(/ (bigint\[\]|double precision|\w+)(?=,|$)/g, '')
  const insertSql = `INSERT INTO ${schema}.log (time, ${names})
    SELECT $1, ${names} FROM json_to_recordset($2) AS given (${columns}) ORDER BY id`
  const mergeSql = `UPDATE ${schema}.log SET channel = given.channel, source = coalesce(given.source, log.source),
      keys = given.keys, value = given.value, currency = given.currency, person = given.person, is_order = given.is_order
    FROM json_to_recordset($1) AS given (${columns}) WHERE log.id = given.id AND given.channel IS NOT NULL`
  const fillSql = `UPDATE ${schema}.log SET keys = given.keys, person = given.person
    FROM json_to_recordset($1) AS given (${columns})
    WHERE log.id = given.id AND given.keys IS NOT NULL AND given.channel IS NULL`
  const skipSql = `UPDATE ${schema}.log SET status = given.status, reason = given.reason, is_order = given.is_order
    FROM json_to_recordset($1) AS given (${columns}) WHERE log.id = given.id AND given.status IS NOT NULL`
  const reopenSql = `UPDATE ${schema}.log SET status = ${waiting}, attempts = 0, reason = NULL, code = NULL, message = NULL
    WHERE id = ANY($1)`
  const triedSql = concludeSql(schema, `json_to_recordset($1) AS given (${outcomeColumns})`, '$2::bigint')
  const secretSql = `SELECT encode(secret, 'hex') AS secret FROM ${schema}.log_secret`
  const formerSecretsSql = `SELECT encode(secret, 'hex') AS secret FROM ${schema}.log_former_secrets`
  const nameOf = createNames()
  let encrypt: ReturnType<typeof createEncrypt> | undefined

  /** Returns a function that makes a person's references. */
  async function readReferences(query: Query): Promise<(hashes: readonly string[]) => string[]> {
    encrypt ??= encryptWith((await query(secretSql))[0])
    const encryptAll = encrypt
    return (hashes) => referencesOf(encryptAll, hashes)
  }

  return {
    nameOf,

    /** The IDs of new lines. */
    takeIds: async (query: Query, count: number): Promise<number[]> =>
      count ? (await query(idsSql, [count])).map(({ id }) => Number(id)) : [],

    /** Writes the lines of a transaction. `ids` are those of its new lines. */
    async write(query: Query, { added, changed }: LogTransaction, ids: readonly number[], now: number): Promise<void> {
      if (!added.length && !changed.size) return
      const references = await readReferences(query)
      const toRow = <Line extends NewLine | LineChange>({ hashes = [], ...line }: Line) => ({
        ...line,
        person: hashes.length ? references(hashes) : undefined,
      })
      if (added.length) {
        const rows = added.map((line, index) => ({ id: ids[index], ...toRow(line) }))
        await query(insertSql, [now, JSON.stringify(rows)])
      }
      if (!changed.size) return
      const changes = [...changed].sort(([one], [other]) => one - other)
      const rows = changes.map(([id, change]) => ({ id, ...toRow(change) }))
      if (rows.some(({ channel }) => channel)) await query(mergeSql, [JSON.stringify(rows)])
      if (rows.some(({ channel, keys }) => !channel && keys !== undefined)) await query(fillSql, [JSON.stringify(rows)])
      if (rows.some(({ status }) => status !== undefined)) await query(skipSql, [JSON.stringify(rows)])
    },

    /** Records attempts that failed. */
    async conclude(query: Query, outcomes: readonly LineOutcome[], now: number): Promise<void> {
      if (outcomes.length) await query(triedSql, [outcomesJson(outcomes), now])
    },

    /** Dead letters wait again. */
    async reopen(query: Query, lines: readonly number[]): Promise<void> {
      if (lines.length) await query(reopenSql, [lines])
    },

    /** Deletes or counts a person's lines. Deleted lines stay in the counts, which say nothing about a person. */
    async find({ query }: Pick<Connections, 'query'>, person: PersonKeys, action: 'count' | 'erase'): Promise<number> {
      const { emails, phones, customerIds, orderIds } = person
      const hashes = [...emails, ...phones, ...customerIds]
      const formerSecrets = await query(formerSecretsSql)
      const references = [
        ...(await readReferences(query))(hashes),
        ...formerSecrets.flatMap((row) => referencesOf(encryptWith(row), hashes)),
      ]
      const which = `event_id = ANY($1) OR order_id = ANY($1) OR person && $2::bigint[]`
      const given = [orderIds.map(toStoredId), references]
      const deleteSql = `DELETE FROM ${schema}.log WHERE id IN (${lockedSql(`${schema}.log`, which)}) RETURNING 1`
      if (action === 'erase') return (await query(deleteSql, given, SEARCH_SECONDS)).length
      const [row] = await query(`SELECT count(*) AS count FROM ${schema}.log WHERE ${which}`, given, SEARCH_SECONDS)
      return Number(row?.count)
    },
  }
}

const encryptWith = (row: Row | undefined) => createEncrypt(Buffer.from(String(row?.secret), 'hex'))

function referencesOf(encrypt: ReturnType<typeof createEncrypt>, hashes: readonly string[]): string[] {
  const bytes = Buffer.from(encrypt(hashes))
  return hashes.map((_, index) => bytes.readBigInt64BE(index * referenceBytes).toString())
}

/**
 * Returns a function that deletes some of the oldest lines, if they are too old or too many. It returns their number: call it
 * again until that is 0. Only one process at a time does so.
 */
export function createLogPruning(connections: Connections, schema: string, lock: string) {
  const lockSql = 'SELECT pg_try_advisory_xact_lock($1) AS mine'
  // As in the order memory, a clock that is ahead must not delete everything: days count from the newest line at most.
  const oldestSql = `SELECT least($1::bigint, max(time)) - $2::bigint AS oldest FROM ${schema}.log`
  const bytesSql = `SELECT sum(count) AS bytes FROM ${schema}.log_counts WHERE key = '["bytes"]'`
  const deleteSql = (condition: string) => `DELETE FROM ${schema}.log WHERE id IN (
    SELECT id FROM ${schema}.log ${condition} ORDER BY time, id LIMIT ${LINES_OF_STEP}) RETURNING 1`
  const deleteHoursSql = `DELETE FROM ${schema}.log_counts WHERE hour < $1`
  // Transactions only add rows, so that none waits for another. Each count that they have changed becomes one row again.
  const joinSql = `WITH changed AS MATERIALIZED (SELECT DISTINCT hour, key FROM ${schema}.log_counts WHERE NOT joined),
    gone AS (DELETE FROM ${schema}.log_counts AS known USING changed
      WHERE known.hour = changed.hour AND known.key = changed.key RETURNING known.hour, known.key, count, value)
    INSERT INTO ${schema}.log_counts (hour, key, count, value, joined)
    SELECT hour, key, sum(count), sum(value), true FROM gone GROUP BY hour, key`

  return (now: number, { days = defaultRetention.days, maxBytes = defaultRetention.maxBytes }: LogRetention) =>
    connections.transaction(async (query) => {
      const [locked] = await query(lockSql, [lock])
      if (locked?.mine !== true) return 0
      const oldest = Number((await query(oldestSql, [now, Math.ceil(days * DAY)]))[0]?.oldest ?? 0)
      const old = await query(deleteSql('WHERE time <= $1'), [oldest])
      if (old.length === LINES_OF_STEP) return old.length
      await query(deleteHoursSql, [Math.floor(oldest / HOUR)])
      await query(joinSql, [], SEARCH_SECONDS)
      const bytes = Number((await query(bytesSql))[0]?.bytes ?? 0)
      return bytes > maxBytes ? (await query(deleteSql(''))).length : 0
    })
}
