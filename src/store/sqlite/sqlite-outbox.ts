import { type Deliver, type Outbox, OutboxFull, type Stats } from '../../server/outbox.ts'
import type { Chosen, DeadLetter } from './dead-letters.ts'
import { type Delivery, startDelivery } from './delivery.ts'
import { createDeliveryLock } from './delivery-lock.ts'
import { createIntake } from './outbox-intake.ts'
import { createRoom } from './outbox-room.ts'
import { openTables } from './outbox-tables.ts'
import { whenFree } from './sqlite.ts'
import { createFileCheck } from './sqlite-file.ts'

export interface SqliteOutboxOptions {
  /** The database file. Its folder must exist; SQLite adds `-wal` and `-shm` beside it, and the outbox `-lock`. */
  path: string
  /** The pixel whose events it holds: the file of another one is refused. Without it, nobody asks. */
  pixelId?: string
  /** How large it may become. Then events are refused, and their senders keep them. Default 1 GB: some 700,000 events. */
  maxBytes?: number
  /**
   * How many bytes of its disk must stay free. With fewer, events are refused, and their senders keep them: what was sent
   * must still be written down. Default 32 MB, which is what SQLite's log may need at a time. 0 takes events until the
   * disk is full.
   */
  reserveBytes?: number
  /** Milliseconds until the next try, after a first failure and at the longest. Default 1 s and 60 s. */
  retryAfter?: { first: number; longest: number }
  /** Milliseconds since 1970. */
  now?: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random?: () => number
  /** Receives messages for the operator. Default `console.error`. */
  log?: (sentence: string) => void
}

export interface SqliteOutbox extends Outbox {
  stats(): Promise<Stats>
  /** What was set aside, oldest first. */
  dead(): Iterable<DeadLetter>
  /**
   * Lets dead letters wait again, by their ids, and says how many. One that is too old at this moment stays where it is,
   * and so does an order that was brought again since.
   *
   * @throws if another process has locked the file: call it again
   */
  requeue(chosen: Chosen): number
  /**
   * Deletes dead letters, by their ids, and says how many.
   *
   * @throws if another process has locked the file: call it again
   */
  drop(chosen: Chosen): number
  /** Resolves once nothing is in flight and the file is closed. */
  close(): Promise<void>
}

/**
 * An outbox in one SQLite file: what `add` has resolved is on the disk, and survives a crash of the process and of the
 * machine. A crash may send an event again, under the same event_id.
 *
 * @throws a sentence, if the file cannot be opened, is no outbox, is another pixel's, or was made by a later version
 */
export function createSqliteOutbox({
  path,
  pixelId,
  maxBytes = 1_000_000_000,
  reserveBytes = 32_000_000,
  retryAfter = { first: 1000, longest: 60_000 },
  now = Date.now,
  random = Math.random,
  log = console.error,
}: SqliteOutboxOptions): SqliteOutbox {
  const tables = openTables(path, pixelId)
  const lock = createDeliveryLock(path)
  const room = createRoom({ path, maxBytes, reserveBytes, tables, log })
  const file = createFileCheck(path, log)
  const intake = createIntake({ tables, room, file, now })
  let delivery: Delivery | undefined
  let isClosed = false

  function inChunks(chosen: Chosen, work: (ids: readonly number[]) => number): number {
    let count = 0
    for (const ids of tables.idChunks(chosen)) count += work(ids)
    return count
  }

  return {
    async add(events) {
      if (isClosed) throw new OutboxFull('The outbox is closing.')
      const notTaken = await intake.add(events)
      delivery?.wake()
      return notTaken
    },

    start(deliver: Deliver): void {
      const elapsed = () => performance.now()
      const checkFile = () => {
        file.findLost()
        room.makeOnDisk()
      }
      delivery ??= startDelivery({ tables, lock, deliver, checkFile, now, elapsed, random, log, retryAfter })
    },

    async stats() {
      const stats = await whenFree(() => tables.stats(now()))
      // Sent, but not yet written.
      const sent = delivery?.sentCount() ?? 0
      return {
        ...stats,
        waiting: stats.waiting - sent,
        sent: stats.sent + sent,
        stopped: file.findLost() ?? delivery?.stopped(),
        full: room.whyFull(),
      }
    },
    dead: () => tables.dead(now()),
    requeue: (chosen) => inChunks(chosen, (ids) => tables.requeue(ids, now())),
    drop: (chosen) => inChunks(chosen, tables.drop),

    async close() {
      if (isClosed) return
      isClosed = true
      await Promise.all([delivery?.close(), intake.end()])
      tables.close()
    },
  }
}
