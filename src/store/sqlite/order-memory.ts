import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { SECONDS_BESIDE_PIXEL } from '../../tiktok/limits.ts'

const memory = 90 * 86_400_000

/** Knows which orders were brought within 90 days, and by whom. */
export interface OrderMemory {
  /**
   * Takes an order, and gives back until when it may be sent, in Unix seconds. Gives back `undefined`, and takes nothing,
   * if the order must not be sent again.
   */
  take(event: OutboxEvent, now: number): number | undefined
  /** An order that was set aside was not counted: another copy of it may come. */
  release(event: string, event_id: string, isSigned: boolean): void
  /** Forgets those of more than 90 days ago, and gives back how many. */
  prune(now: number): number
}

/** All times but `take`'s answer are in milliseconds since 1970. */
export function createOrderMemory(database: DatabaseSync): OrderMemory {
  const prepare = (sql: string) => database.prepare(sql)
  const statements = {
    takeFromPage: prepare(`INSERT INTO orders (event, event_id, added, signed) VALUES (?, ?, ?, 0)
      ON CONFLICT DO UPDATE SET added = excluded.added WHERE max(added, signed) <= excluded.added - ${memory}`),
    takeSigned: prepare(`INSERT INTO orders (event, event_id, added, signed) VALUES (?, ?, 0, ?)
      ON CONFLICT DO UPDATE SET signed = excluded.signed WHERE signed <= excluded.signed - ${memory}`),
    pageTime: prepare('SELECT added FROM orders WHERE event = ? AND event_id = ?'),
    releaseFromPage: prepare('UPDATE orders SET added = 0 WHERE event = ? AND event_id = ?'),
    releaseSigned: prepare('UPDATE orders SET signed = 0 WHERE event = ? AND event_id = ?'),
    forget: prepare('DELETE FROM orders WHERE event = ? AND event_id = ? AND added = 0 AND signed = 0'),
    // The clock may be ahead for a moment. The newest order tells how late it is at least.
    prune: prepare(`DELETE FROM orders WHERE max(added, signed) <=
      min(?, (SELECT max(max(added, signed)) FROM orders)) - ${memory}`),
  }

  /** Anybody can post what a page posts. It must not keep the real order back, unless TikTok would count a second copy. */
  function takeSigned(
    { data: { event, event_id, event_time }, expires }: OutboxEvent,
    now: number,
  ): number | undefined {
    const fromPage = Number(statements.pageTime.get(event, event_id)?.added ?? 0)
    const isSecondCopy = fromPage > now - memory
    const until = isSecondCopy ? Math.min(expires, event_time + SECONDS_BESIDE_PIXEL) : expires
    if (isSecondCopy && until <= now / 1000) return undefined
    return statements.takeSigned.run(event, event_id, now).changes ? until : undefined
  }

  return {
    take(order, now) {
      if (order.source === 'signed') return takeSigned(order, now)
      const { event, event_id } = order.data
      return statements.takeFromPage.run(event, event_id, now).changes ? order.expires : undefined
    },
    release(event, event_id, isSigned) {
      const release = isSigned ? statements.releaseSigned : statements.releaseFromPage
      release.run(event, event_id)
      statements.forget.run(event, event_id)
    },
    prune: (now) => Number(statements.prune.run(now).changes),
  }
}
