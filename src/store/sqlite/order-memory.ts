import type { DatabaseSync } from 'node:sqlite'
import type { ArrivalTimes } from '../decide-order.ts'
import { retention } from '../retention.ts'

/** Remembers for 90 days which orders arrived, and from which side. */
export interface OrderMemory {
  /** Times are in milliseconds since 1970. */
  read(events: readonly string[], event_id: string): ReadonlyMap<string, ArrivalTimes>
  write(event: string, event_id: string, arrivals: ArrivalTimes): void
  /** Forgets one side's copy of an order that became a dead letter. TikTok did not count it, so another copy may be sent. */
  release(event: string, event_id: string, by: keyof ArrivalTimes): void
  /** Forgets orders from more than 90 days ago, and returns their number. */
  prune(now: number): number
}

export function createOrderMemory(database: DatabaseSync): OrderMemory {
  const prepare = (sql: string) => database.prepare(sql)
  const select = prepare('SELECT added, signed FROM orders WHERE event = ? AND event_id = ?')
  const upsert = prepare(`INSERT INTO orders (event, event_id, added, signed) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET added = excluded.added, signed = excluded.signed`)
  const releaseBy = {
    page: prepare('UPDATE orders SET added = 0 WHERE event = ? AND event_id = ?'),
    signed: prepare('UPDATE orders SET signed = 0 WHERE event = ? AND event_id = ?'),
  } as const satisfies Record<keyof ArrivalTimes, unknown>
  const forget = prepare('DELETE FROM orders WHERE event = ? AND event_id = ? AND added = 0 AND signed = 0')
  // A clock may be ahead for a moment. So the age of an order counts from the time of the newest order at most.
  const prune = prepare(`DELETE FROM orders WHERE max(added, signed) <=
    min(?, (SELECT max(max(added, signed)) FROM orders)) - ${retention.orders}`)

  return {
    read(events, event_id) {
      const arrivals = new Map<string, ArrivalTimes>()
      for (const event of events) {
        const row = select.get(event, event_id)
        if (row) arrivals.set(event, { page: Number(row.added), signed: Number(row.signed) })
      }
      return arrivals
    },
    write(event, event_id, { page, signed }) {
      upsert.run(event, event_id, page, signed)
      if (!page && !signed) forget.run(event, event_id)
    },
    release(event, event_id, by) {
      releaseBy[by].run(event, event_id)
      forget.run(event, event_id)
    },
    prune: (now) => Number(prune.run(now).changes),
  }
}
