import { randomUUID } from 'node:crypto'
import { readKept } from '../kept-event.ts'
import { MAX_BATCH, MAX_BATCH_TEXT, type WaitingEvent } from '../waiting-event.ts'
import type { Connections, Row } from './connections.ts'
import { lockedSql } from './lock-events.ts'
import { type SharedState, stateSql, toState } from './shared-state.ts'

/** Events that only this process may send, until their lease ends. */
export interface Batch {
  lease: string
  events: WaitingEvent[]
  /** When it was taken, by `performance.now`. */
  taken: number
}

export interface QueueOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  /** The key of the lock that only one process at a time has while it takes events. */
  lock: string
  /** Seconds until another process may take an event that this one has. */
  leaseSeconds: number
}

// Seconds in which one forwarder finds out for all whether TikTok works again. A call takes at most 10.
const PROBE = 15

/** Waiting events, and which process sends them. Leases end by the database's clock. */
export function createQueue({ connections, schema, lock, leaseSeconds }: QueueOptions) {
  const until = `clock_timestamp() + make_interval(secs => ${leaseSeconds})`
  const probeSql = `UPDATE ${schema}.delivery SET hold_until = clock_timestamp() + make_interval(secs => ${PROBE})`
  // These additions and settings keep the planner from sorting all waiting rows.
  const orderedSql = 'SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off'
  const takeSql = `WITH oldest AS MATERIALIZED (
      SELECT id, event_id, attempts, added, line, body FROM ${schema}.waiting
      WHERE NOT held AND (due + 0 <= $1 OR due + 0 > $2) AND expires + 0 > $3
        AND coalesce((SELECT until FROM ${schema}.leases WHERE leases.id = waiting.id), '-infinity') < clock_timestamp()
      ORDER BY id LIMIT ${MAX_BATCH}
    ), sized AS (
      SELECT *, sum(length(body)) OVER (ORDER BY id) - length(body) AS before FROM oldest
    ), taken AS (
      INSERT INTO ${schema}.leases (id, lease, until)
      SELECT id, $4::uuid, ${until} FROM sized WHERE before < ${MAX_BATCH_TEXT}
      ON CONFLICT (id) DO UPDATE SET lease = excluded.lease, until = excluded.until
    )
    SELECT id, event_id, attempts, added, line, body FROM sized WHERE before < ${MAX_BATCH_TEXT} ORDER BY id`
  const renewSql = `UPDATE ${schema}.leases SET until = ${until}
    WHERE id IN (${lockedSql(`${schema}.leases`, 'id = ANY($1) AND lease = $2')})`
  const releaseSql = `UPDATE ${schema}.waiting SET held = false, due = least(due, $1) WHERE id IN (
    SELECT id FROM ${schema}.waiting WHERE held AND (due <= $1 OR due > $2) FOR UPDATE SKIP LOCKED)`
  const nextDueSql = `SELECT min(due) AS due FROM ${schema}.waiting WHERE due > $1`
  // An event that was erased while it was sent leaves its lease behind if its process ends.
  const forgetSql = `DELETE FROM ${schema}.leases WHERE until < clock_timestamp() - interval '1 hour'
    AND NOT EXISTS (SELECT FROM ${schema}.waiting WHERE waiting.id = leases.id)`

  return {
    /**
     * Takes the oldest events that may be sent now. While TikTok fails, one process takes a batch for all, to find out whether
     * it works again. An event is also due if its due time is after `far`, because then the clock was set back.
     */
    take: (now: number, far: number): Promise<{ batch: Batch; state: SharedState }> =>
      connections.transaction(async (query) => {
        await query(orderedSql)
        await query('SELECT pg_advisory_xact_lock($1)', [lock])
        const state = toState((await query(stateSql(schema)))[0])
        const batch: Batch = { lease: randomUUID(), events: [], taken: performance.now() }
        if (state.hold > 0) return { batch, state }
        const given = [now, far, Math.floor(now / 1000), batch.lease]
        batch.events = (await query(takeSql, given)).map(toWaiting)
        if (state.failures && batch.events.length) await query(probeSql)
        return { batch, state }
      }),

    async renew({ lease, events }: Batch): Promise<void> {
      await connections.query(renewSql, [idsOf(events), lease])
    },

    /** Lets other processes take the events that this one did not send. */
    async giveBack({ lease, events }: Batch): Promise<void> {
      if (events.length) await connections.query(giveBackSql(schema), [idsOf(events), lease])
    },

    /** Orders that waited long enough for their other copies may be sent, and are never changed afterwards. */
    async release(now: number, far: number): Promise<void> {
      await connections.query(releaseSql, [now, far])
    },

    /** When the next delayed event is due, in milliseconds since 1970. */
    async nextDue(now: number): Promise<number> {
      const [row] = await connections.query(nextDueSql, [now])
      return row?.due ? Number(row.due) : Number.POSITIVE_INFINITY
    },

    async forgetLeases(): Promise<void> {
      await connections.query(forgetSql)
    },
  }
}

export type Queue = ReturnType<typeof createQueue>

export const giveBackSql = (schema: string): string =>
  `DELETE FROM ${schema}.leases WHERE id IN (${lockedSql(`${schema}.leases`, 'id = ANY($1) AND lease = $2')})`

export const idsOf = (rows: readonly { id: number }[]): number[] => rows.map(({ id }) => id)

const toWaiting = ({ id, event_id, attempts, added, line, body }: Row): WaitingEvent => ({
  id: Number(id),
  event_id: String(event_id),
  attempts: Number(attempts),
  event: Object.assign(readKept(String(body)), { arrived: Number(added) }),
  ...(line !== null && { line: Number(line) }),
})
