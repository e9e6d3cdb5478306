import type { HeldRow } from '../decide-order.ts'
import type { ProfileOptions } from '../store.ts'
import { type RowAdder, readsProfiles } from './add-rows.ts'
import type { Connections, Query, Row } from './connections.ts'
import { decideReleased } from './order-transaction.ts'
import { keysAround } from './profile-key.ts'
import type { Queue } from './queue.ts'

export interface ReleaseOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
  queue: Queue
  /** Milliseconds since 1970. */
  now: () => number
}

const CHUNK = 500

/**
 * Lets events be sent that have waited long enough for another copy or a decision. The profiles fill them, and they are never
 * changed afterwards.
 */
export function createRelease({ connections, schema, rows, queue, now }: ReleaseOptions) {
  const dueSql = `SELECT id, event_id FROM ${schema}.waiting WHERE held AND (due <= $1 OR due > $2) LIMIT ${CHUNK}`
  const readSql = `SELECT id, body, line FROM ${schema}.waiting
    WHERE id = ANY($1) AND held AND (due <= $2 OR due > $3) ORDER BY id FOR UPDATE`

  async function releaseSome(query: Query, found: readonly Row[], times: readonly number[], options: ProfileOptions) {
    const orderIds = [...new Set(found.map(({ event_id }) => String(event_id)))]
    await rows.lockOrders(query, orderIds)
    const released = (await query(readSql, [found.map(({ id }) => id), ...times])).map(toHeld)
    const known = await rows.readOrders(query, orderIds)
    const keys = released.flatMap(({ event }) => [...keysAround(event)])
    const { answer, time, totals } = await rows.withProfiles(query, keys, {
      now,
      work: (profiles) => {
        profiles.use(options)
        return decideReleased({ ...known, held: [] }, released, { profiles, nameOf: rows.log.nameOf })
      },
    })
    await rows.addTotals(query, { ...totals, ...(await rows.writeRows(query, answer, time)) })
  }

  /** An event that would wait until after `far` is released, too: it was added while the clock was ahead. */
  return async (far: number, options: ProfileOptions): Promise<void> => {
    const times = [now(), far]
    if (!readsProfiles(options)) return queue.release(now(), far)
    for (;;) {
      const found = await connections.query(dueSql, times)
      if (!found.length) return
      await connections.transaction((query) => releaseSome(query, found, times, options))
    }
  }
}

export type Release = ReturnType<typeof createRelease>

const toHeld = ({ id, body, line }: Row): HeldRow => ({
  id: Number(id),
  event: JSON.parse(String(body)),
  ...(line !== null && { line: Number(line) }),
})
