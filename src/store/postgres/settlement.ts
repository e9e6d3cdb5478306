import type { OutboxEvent } from '../../server/outbox.ts'
import { outcomeOf, triedOutcomeOf } from '../line-outcome.ts'
import { isCountedOnce, type Settled, TOO_LATE, toRelease, type WaitingEvent } from '../waiting-event.ts'
import type { RowAdder } from './add-rows.ts'
import type { Connections, Query, Row } from './connections.ts'
import { lockEvents, lockedSql } from './lock-events.ts'
import { concludeSql, lateLinesSql, outcomeColumns, outcomesJson } from './log-writer.ts'
import { type Batch, giveBackSql, idsOf } from './queue.ts'

export interface SettlementOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
}

/** The outcome of a batch. TikTok did not accept the events in `tried`, and they keep waiting. */
export interface Outcome {
  batch: Batch
  settled: readonly Settled[]
  tried: readonly WaitingEvent[]
}

const CHUNK = 1000
// An index on a problem has a limit.
const LONGEST_PROBLEM = 500

/** Records the outcomes of events. Nothing is changed if another process has taken them since. */
export function createSettlement({ connections, schema, rows }: SettlementOptions) {
  const mine = `mine AS (
      DELETE FROM ${schema}.leases WHERE id IN (${lockedSql(`${schema}.leases`, 'id = ANY($1) AND lease = $2')}) RETURNING id
    )`
  /** Records outcomes in the log. The parameters have the outcomes, and the time in milliseconds since 1970. */
  const logged = (outcomes: string, now: string) => `logged AS (
      ${concludeSql(schema, `json_to_recordset(${outcomes}) AS given (${outcomeColumns})`, `${now}::bigint`)}
        AND given.id IN (SELECT id FROM mine)
    )`
  const doneSql = `WITH ${mine},
    gone AS (DELETE FROM ${schema}.waiting WHERE id IN (SELECT id FROM mine) RETURNING 1),
    ${logged('$4', '$5')},
    counted AS (
      INSERT INTO ${schema}.totals AS totals (name, slot, count)
      VALUES ('sent', $3::integer, (SELECT count(*) FROM mine)), ('waiting', $3::integer, -(SELECT count(*) FROM gone))
      ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count
    )
    SELECT 1`
  const putOffSql = `WITH ${mine}, ${logged('$4', '$5')}
    UPDATE ${schema}.waiting SET attempts = attempts + 1, due = given.due
    FROM unnest($1::bigint[], $3::bigint[]) AS given (id, due)
    WHERE waiting.id = given.id AND given.id IN (SELECT id FROM mine)`
  const buried = (tries: number) => `buried AS (
      INSERT INTO ${schema}.dead_letters (event, event_id, died, attempts, problem, expires, line, body)
      SELECT event, event_id, $3::bigint, attempts + ${tries}, problem, expires, line, body FROM gone ORDER BY id RETURNING body
    )
    SELECT body FROM buried`
  const deadSql = `WITH ${mine},
    gone AS (
      DELETE FROM ${schema}.waiting USING unnest($1::bigint[], $4::text[]) AS given (id, problem)
      WHERE waiting.id = given.id AND given.id IN (SELECT id FROM mine) RETURNING waiting.*, given.problem
    ), ${logged('$5', '$3')}, ${buried(1)}`
  const lateIdsSql = `SELECT id, event_id FROM ${schema}.waiting WHERE expires <= $1
    AND NOT EXISTS (SELECT FROM ${schema}.leases WHERE leases.id = waiting.id AND until > clock_timestamp()) LIMIT ${CHUNK}`
  const lateSql = `WITH gone AS (
      DELETE FROM ${schema}.waiting WHERE id IN (SELECT id FROM ${schema}.waiting WHERE id = ANY($1) FOR UPDATE SKIP LOCKED)
      RETURNING *, $2::text AS problem
    ), logged AS (${lateLinesSql(schema, '$2')}), ${buried(0)}`
  const forgetSql = `UPDATE ${schema}.orders SET added = CASE WHEN given.page THEN 0 ELSE added END,
      signed = CASE WHEN given.signed THEN 0 ELSE orders.signed END
    FROM json_to_recordset($1) AS given (event text, event_id text, page boolean, signed boolean)
    WHERE orders.event = given.event AND orders.event_id = given.event_id`
  const emptySql = `DELETE FROM ${schema}.orders WHERE event_id = ANY($1) AND added = 0 AND signed = 0`

  /** Counts dead letters, and forgets their orders, whose locks must be held. TikTok did not count them. */
  async function afterBurial(query: Query, events: readonly OutboxEvent[]): Promise<number> {
    await rows.addTotals(query, { waiting: -events.length })
    const orders = events.filter(isCountedOnce)
    if (orders.length) {
      await query(forgetSql, [JSON.stringify(orders.flatMap(toForget))])
      await query(emptySql, [orders.map(({ data }) => data.event_id)])
    }
    return events.length
  }

  async function settleDead(query: Query, batch: Batch, dead: readonly Dead[], now: number): Promise<void> {
    if (!dead.length) return
    const problems = dead.map(({ problem }) => problem.replaceAll('\0', '').slice(0, LONGEST_PROBLEM))
    const given = [idsOf(dead), batch.lease, now, problems, toOutcomes(dead)]
    await afterBurial(query, (await query(deadSql, given)).map(toEvent))
  }

  async function settleDone(query: Query, { lease }: Batch, done: readonly Settled[], now: number): Promise<void> {
    if (!done.length) return
    await query(doneSql, [idsOf(done), lease, rows.slot, toOutcomes(done), now])
  }

  return {
    settle({ batch, settled, tried }: Outcome, now: number): Promise<void> {
      const done = settled.filter(({ outcome }) => outcome === 'done')
      // The common case takes one statement.
      if (done.length === batch.events.length) return settleDone(connections.query, batch, done, now)
      return connections.transaction(async (query) => {
        const dead = settled.flatMap((one) => (one.outcome === 'dead' ? [one] : []))
        const putOff = settled.flatMap((one) => (one.outcome === 'putOff' ? [one] : []))
        await rows.lockOrders(
          query,
          dead.map(({ event_id }) => event_id),
        )
        await lockEvents(query, schema, idsOf(batch.events))
        await settleDead(query, batch, dead, now)
        if (putOff.length) {
          const times = putOff.map(({ due }) => Math.ceil(due))
          await query(putOffSql, [idsOf(putOff), batch.lease, times, toOutcomes(putOff), now])
        }
        await rows.log.conclude(query, tried.flatMap(triedOutcomeOf), now)
        const ids = new Set(idsOf(settled))
        const left = batch.events.filter(({ id }) => !ids.has(id))
        if (left.length) await query(giveBackSql(schema), [idsOf(left), batch.lease])
        await settleDone(query, batch, done, now)
      })
    },

    /** Makes a chunk of expired events dead letters. Returns their number: call it again until it is 0. */
    async setAsideLate(now: number): Promise<number> {
      const late = await connections.query(lateIdsSql, [Math.floor(now / 1000)])
      if (!late.length) return 0
      return connections.transaction(async (query) => {
        await rows.lockOrders(
          query,
          late.map(({ event_id }) => String(event_id)),
        )
        const ids = late.map(({ id }) => id)
        return afterBurial(query, (await query(lateSql, [ids, TOO_LATE, now])).map(toEvent))
      })
    },
  }
}

export type Settlement = ReturnType<typeof createSettlement>

type Dead = Extract<Settled, { outcome: 'dead' }>

/** The names of an order in the order memory, with the sides that are forgotten. */
function toForget(event: OutboxEvent): { event: string; event_id: string; page: boolean; signed: boolean }[] {
  const released = toRelease(event)
  const has = (side: 'page' | 'signed', one: string) => released.some(({ name, by }) => name === one && by === side)
  return [...new Set(released.map(({ name }) => name))].map((name) => ({
    event: name,
    event_id: event.data.event_id,
    page: has('page', name),
    signed: has('signed', name),
  }))
}

const toOutcomes = (settled: readonly Settled[]): string =>
  outcomesJson(settled.flatMap((one) => outcomeOf(one).map((outcome) => ({ ...outcome, id: one.id }))))

const toEvent = ({ body }: Row): OutboxEvent => JSON.parse(String(body))
