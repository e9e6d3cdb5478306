import { isRecord } from '../../core/read.ts'
import type { OutboxEvent } from '../../server/outbox.ts'
import { isSent } from '../add-result.ts'
import { customerTotals } from '../customer-history.ts'
import { toDeadLetter } from '../dead-letter.ts'
import { retention } from '../retention.ts'
import type { Chosen, DeadLetter, StoreStats } from '../store.ts'
import type { RowAdder } from './add-rows.ts'
import type { Connections, Query, Row } from './connections.ts'
import { createCustomerTable } from './customer-transaction.ts'
import { lockedSql } from './lock-events.ts'
import { stateSql, toState } from './shared-state.ts'

const CHUNK = 1000
const PROBLEMS_SHOWN = 20

export interface DeadLetterOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
  /** Milliseconds since 1970. */
  now: () => number
}

export function createDeadLetters({ connections, schema, rows, now }: DeadLetterOptions) {
  const listSql = `SELECT id, event, event_id, died, attempts, problem, expires FROM ${schema}.dead_letters
    WHERE id > $1 ORDER BY id LIMIT ${CHUNK}`
  const idsSql = `SELECT id FROM ${schema}.dead_letters WHERE id > $1 ORDER BY id LIMIT ${CHUNK}`
  const readSql = `SELECT id, event_id, body, line FROM ${schema}.dead_letters WHERE id = ANY($1) AND expires > $2 ORDER BY id FOR UPDATE`
  const idsOfOrdersSql = `SELECT event_id FROM ${schema}.dead_letters WHERE id = ANY($1)`
  const dropSql = `DELETE FROM ${schema}.dead_letters
    WHERE id IN (${lockedSql(`${schema}.dead_letters`, 'id = ANY($1)')}) RETURNING 1`
  // A clock may be ahead for a moment. So a row's age counts from the time of the newest row at most.
  const pruneDeadSql = `DELETE FROM ${schema}.dead_letters WHERE died <=
    least($1, (SELECT max(died) FROM ${schema}.dead_letters)) - ${retention.deadLetters}`
  const pruneOrdersSql = `DELETE FROM ${schema}.orders WHERE greatest(added, signed) <=
    least($1, (SELECT max(greatest(added, signed)) FROM ${schema}.orders)) - ${retention.orders}`

  async function* chunksOf(chosen: Chosen): AsyncGenerator<number[]> {
    if (chosen !== 'all') {
      for (let start = 0; start < chosen.length; start += CHUNK) yield chosen.slice(start, start + CHUNK)
      return
    }
    for (let last = 0; ; ) {
      const ids = (await connections.query(idsSql, [last])).map(({ id }) => Number(id))
      if (!ids.length) return
      yield ids
      last = ids.at(-1) ?? 0
    }
  }

  async function requeueSome(query: Query, ids: readonly number[]): Promise<number> {
    // In the same order as intake does: first the orders, then their rows.
    const orders = await query(idsOfOrdersSql, [ids])
    await rows.lockOrders(
      query,
      orders.map(({ event_id }) => String(event_id)),
    )
    const letters = (await query(readSql, [ids, Math.floor(now() / 1000)])).map(toLetter)
    // `mergeOrders: 0`, because it must not wait for its other copy again.
    const additions = letters.map(({ event, body, line }) => ({ kept: [{ event, body, line }], mergeOrders: 0 }))
    let count = 0
    await rows.add(query, additions, {
      now,
      before: async (results) => {
        const queued = letters.filter(({ event }, index) => isSent(results[index]?.[0] ?? 'already_sent', event))
        await rows.log.reopen(
          query,
          queued.flatMap(({ line }) => line ?? []),
        )
        count = (await query(dropSql, [queued.map(({ id }) => id)])).length
      },
    })
    return count
  }

  return {
    /** Oldest first. */
    async *list(): AsyncGenerator<DeadLetter> {
      for (let last = 0; ; ) {
        const letters = (await connections.query(listSql, [last])).map((row) =>
          toDeadLetter(row, Number(row.expires) > now() / 1000),
        )
        if (!letters.length) return
        yield* letters
        last = letters.at(-1)?.id ?? 0
      }
    },

    /** Queues dead letters again and returns their number. Those that are too old or replaced by another copy stay. */
    async requeue(chosen: Chosen): Promise<number> {
      let count = 0
      for await (const ids of chunksOf(chosen))
        count += await connections.transaction((query) => requeueSome(query, ids))
      return count
    },

    /** Deletes dead letters and returns their number. */
    async drop(chosen: Chosen): Promise<number> {
      let count = 0
      for await (const ids of chunksOf(chosen)) count += (await connections.query(dropSql, [ids])).length
      return count
    },

    /** Deletes orders and dead letters after their retention period. */
    async prune(): Promise<void> {
      const time = now()
      await connections.query(pruneDeadSql, [time], 60)
      await connections.query(pruneOrdersSql, [time], 60)
      await createCustomerTable(schema).prune((...given) => connections.query(...given), time)
    },
  }
}

// Health must not take long while the database is paused.
const STATS_SECONDS = 3

/** Reads the numbers of health. */
export async function readStats(connections: Connections, schema: string, now: number): Promise<StoreStats> {
  const sql = `SELECT
    (SELECT json_object_agg(name, count) FROM (SELECT name, sum(count) AS count FROM ${schema}.totals GROUP BY name) AS summed) AS totals,
    (SELECT json_agg(json_build_array(problem, count)) FROM
      (SELECT problem, count FROM ${schema}.problems ORDER BY count DESC LIMIT ${PROBLEMS_SHOWN}) AS shown) AS problems,
    (SELECT sum(count) FROM ${schema}.problems) AS dead,
    (SELECT added FROM ${schema}.waiting ORDER BY id LIMIT 1) AS oldest,
    (SELECT min(since) FROM (
      (SELECT added AS since FROM ${schema}.waiting WHERE due = 0 ORDER BY id LIMIT 1)
      UNION ALL SELECT min(due) FROM ${schema}.waiting WHERE due > 0) AS times) AS overdue,
    (SELECT row_to_json(state) FROM (${stateSql(schema)}) AS state) AS state`
  const [row = {}] = await connections.query(sql, [], STATS_SECONDS)
  const totals = new Map(
    Object.entries(isRecord(row.totals) ? row.totals : {}).map(([name, count]) => [name, Number(count)]),
  )
  const total = (name: string) => totals.get(name) ?? 0
  return {
    waiting: total('waiting'),
    sent: total('sent'),
    dead: problemsOf(row),
    oldest: secondsSince(row.oldest, now),
    overdue: secondsSince(row.overdue, now),
    stopped: toState(isRecord(row.state) ? row.state : undefined).stopped,
    orders: {
      merged: total('merged'),
      conflict: total('conflict'),
      late_twin: total('late_twin'),
      left_to_source: total('left_to_source'),
    },
    no_consent: total('no_consent'),
    profiles: {
      profiles: total('profiles'),
      denials: total('denials'),
      shared_keys: total('shared_keys'),
    },
    customers: {
      new: total(customerTotals.new),
      returning: total(customerTotals.returning),
      unknown: total(customerTotals.unknown),
    },
  }
}

function problemsOf({ problems, dead }: Row): Record<string, number> {
  const shown = Array.isArray(problems)
    ? problems.map(([problem, count]) => [String(problem), Number(count)] as const)
    : []
  const others = shown.reduce((left, [, count]) => left - count, Number(dead ?? 0))
  return Object.fromEntries(others > 0 ? [...shown, ['Other problems', others]] : shown)
}

function secondsSince(time: unknown, now: number): number | undefined {
  return time === null || time === undefined ? undefined : Math.max(0, Math.round((now - Number(time)) / 1000))
}

interface Letter {
  id: number
  event: OutboxEvent
  body: string
  /** Its line in the log, if it has one. */
  line: number | undefined
}

const toLetter = ({ id, body, line }: Row): Letter => ({
  id: Number(id),
  event: JSON.parse(String(body)),
  body: String(body),
  line: line === null ? undefined : Number(line),
})
