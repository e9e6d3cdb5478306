import { type Deliver, type OutboxEvent, OutboxFull } from '../../server/outbox.ts'
import type { AddResult } from '../add-result.ts'
import type { OrderTraces } from '../order-traces.ts'
import type { PauseSwitch } from '../pause-switch.ts'
import type { PersonCounts, PersonKeys } from '../person.ts'
import type { PostedAlerts } from '../posted-alerts.ts'
import type { Chosen, DeadLetter, Extras, MergeOptions, StartOptions, StoreStats } from '../store.ts'
import { createCheckpoints } from './checkpoints.ts'
import { type Delivery, startDelivery } from './delivery.ts'
import { createDeliveryLock } from './delivery-lock.ts'
import { erasePerson } from './erase-person.ts'
import { createIntake } from './outbox-intake.ts'
import { createRoom } from './outbox-room.ts'
import { openTables } from './outbox-tables.ts'
import { whenFree } from './sqlite.ts'
import { createFileCheck } from './sqlite-file.ts'

export interface SqliteOptions {
  /** The database file. Its folder must exist. SQLite adds the files `-wal` and `-shm`, and delivery adds `-lock`. */
  path: string
  /** The pixel that owns the file. A file of another pixel is refused. Default: not checked. */
  pixelId?: string
  /** The size limit. Events over it are refused, and their senders keep them. Default 1 GB, some 700,000 events. */
  maxBytes?: number
  /**
   * The bytes of the disk that must stay free, so that sent events can still be recorded. With less free space, events are
   * refused and their senders keep them. Default 32 MB, the most that SQLite's log needs at a time. 0 accepts events until
   * the disk is full.
   */
  reserveBytes?: number
  /** Milliseconds of the pause after the first failure, and of the longest pause. Default 1,000 and 60,000. */
  retryAfter?: { first: number; longest: number }
  /** Milliseconds since 1970. */
  now?: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random?: () => number
  /** Receives the sentences to log. Default `console.error`. */
  log?: (sentence: string) => void
}

/** The common part of a store and an outbox in an SQLite file. */
export interface SqliteEngine {
  add(events: readonly OutboxEvent[], options: MergeOptions, extras?: Extras): Promise<AddResult[]>
  start(deliver: Deliver, options: StartOptions): void
  stats(): Promise<StoreStats>
  dead(): Iterable<DeadLetter>
  requeue(chosen: Chosen): number
  drop(chosen: Chosen): number
  erase(person: PersonKeys): Promise<PersonCounts>
  pauseSwitch: PauseSwitch
  postedAlerts: PostedAlerts
  traces: OrderTraces
  schemaVersion(): number
  copyTo(file: string): void
  close(): Promise<void>
}

/** @throws a sentence if the file cannot be opened, is not an outbox, or is from another pixel or a later version */
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
  const checkpoints = createCheckpoints(path)
  const tables = openTables(path, pixelId, checkpoints.note)
  const lock = createDeliveryLock(path)
  const room = createRoom({ path, maxBytes, reserveBytes, tables, log })
  const file = createFileCheck(path, log)
  const intake = createIntake({ tables, room, file, now, afterAdding: () => delivery?.wake() })
  let delivery: Delivery | undefined
  let isClosed = false
  // Each request has the current options, because a server may switch to another config.
  let latest: MergeOptions | undefined

  function inChunks(chosen: Chosen, work: (ids: readonly number[]) => number): number {
    let count = 0
    for (const ids of tables.idChunks(chosen)) count += work(ids)
    return count
  }

  return {
    add(events, options, extras) {
      if (isClosed) return Promise.reject(new OutboxFull('The outbox is closing.'))
      latest = options
      return intake.add(events, options, extras)
    },

    start(deliver, { log: logRetention = {}, ...given }) {
      const elapsed = () => performance.now()
      const checkFile = () => {
        file.findLost()
        room.makeOnDisk()
      }
      const parts = {
        tables,
        lock,
        deliver,
        checkFile,
        options: () => ({ ...(latest ?? given), mergeOrders: given.mergeOrders }),
        logRetention,
        now,
        elapsed,
        random,
        log,
        retryAfter,
      }
      delivery ??= startDelivery(parts)
    },

    async stats() {
      const stats = await whenFree(() => tables.stats(now()))
      // Sent events that are not yet recorded in the file.
      const sent = delivery?.sentCount() ?? 0
      return {
        ...stats,
        // An event that was erased while it was sent no longer waits, and may not be written as sent yet.
        waiting: Math.max(0, stats.waiting - sent),
        sent: stats.sent + sent,
        stopped: file.findLost() ?? delivery?.stopped(),
        full: room.whyFull(),
        disk: room.disk(),
      }
    },

    dead: () => tables.dead(now()),
    requeue: (chosen) => inChunks(chosen, (ids) => tables.requeue(ids, now())),
    drop: (chosen) => inChunks(chosen, tables.drop),
    erase: (person) => erasePerson({ tables, isSending: (id) => delivery?.isSending(id) ?? false }, person),
    pauseSwitch: tables.pauseSwitch(now),
    postedAlerts: tables.postedAlerts,
    traces: tables.traces,
    schemaVersion: tables.schemaVersion,
    copyTo: tables.copyTo,

    async close() {
      if (isClosed) return
      isClosed = true
      await Promise.all([delivery?.close(), intake.end()])
      await checkpoints.close()
      tables.close()
    },
  }
}
