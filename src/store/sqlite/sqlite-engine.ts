import { type Deliver, type OutboxEvent, OutboxFull } from '../../server/outbox.ts'
import type { Fate } from '../fate.ts'
import type { PersonCounts, PersonKeys } from '../person.ts'
import type { Chosen, DeadLetter, MergeOptions, StoreStats } from '../store.ts'
import { type Delivery, startDelivery } from './delivery.ts'
import { createDeliveryLock } from './delivery-lock.ts'
import { erasePerson } from './erase-person.ts'
import { createIntake } from './outbox-intake.ts'
import { createRoom } from './outbox-room.ts'
import { openTables } from './outbox-tables.ts'
import { whenFree } from './sqlite.ts'
import { createFileCheck } from './sqlite-file.ts'

export interface SqliteOptions {
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
  /** From 0 up to 1. */
  random?: () => number
  /** Takes the sentences that a person must read. Default `console.error`. */
  log?: (sentence: string) => void
}

/** What a store and an outbox in a SQLite file share. */
export interface SqliteEngine {
  add(events: readonly OutboxEvent[], options: MergeOptions): Promise<Fate[]>
  start(deliver: Deliver, options: MergeOptions): void
  stats(): Promise<StoreStats>
  dead(): Iterable<DeadLetter>
  requeue(chosen: Chosen): number
  drop(chosen: Chosen): number
  erase(person: PersonKeys): Promise<PersonCounts>
  schemaVersion(): number
  copyTo(file: string): void
  close(): Promise<void>
}

/** @throws a sentence, if the file cannot be opened, is no outbox, is another pixel's, or was made by a later version */
export function openSqliteEngine({
  path,
  pixelId,
  maxBytes = 1_000_000_000,
  reserveBytes = 32_000_000,
  retryAfter = { first: 1000, longest: 60_000 },
  now = Date.now,
  random = Math.random,
  log = console.error,
}: SqliteOptions): SqliteEngine {
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
    async add(events, { mergeOrders }) {
      if (isClosed) throw new OutboxFull('The outbox is closing.')
      const fates = await intake.add(events, mergeOrders)
      delivery?.wake()
      return fates
    },

    start(deliver, { mergeOrders }) {
      const elapsed = () => performance.now()
      const longestWait = mergeOrders * 1000
      const checkFile = () => {
        file.findLost()
        room.makeOnDisk()
      }
      const parts = { tables, lock, deliver, checkFile, longestWait, now, elapsed, random, log, retryAfter }
      delivery ??= startDelivery(parts)
    },

    async stats() {
      const stats = await whenFree(() => tables.stats(now()))
      // Sent, but not yet written.
      const sent = delivery?.sentCount() ?? 0
      return {
        ...stats,
        // An event that was erased while it was sent no longer waits, and may not be written as sent yet.
        waiting: Math.max(0, stats.waiting - sent),
        sent: stats.sent + sent,
        stopped: file.findLost() ?? delivery?.stopped(),
        full: room.whyFull(),
      }
    },

    dead: () => tables.dead(now()),
    requeue: (chosen) => inChunks(chosen, (ids) => tables.requeue(ids, now())),
    drop: (chosen) => inChunks(chosen, tables.drop),
    erase: (person) => erasePerson({ tables, isSending: (id) => delivery?.isSending(id) ?? false }, person),
    schemaVersion: tables.schemaVersion,
    copyTo: tables.copyTo,

    async close() {
      if (isClosed) return
      isClosed = true
      await Promise.all([delivery?.close(), intake.end()])
      tables.close()
    },
  }
}
