import { setImmediate } from 'node:timers/promises'
import { type Deliver, type Outbox, type OutboxEvent, OutboxFull, type Stats } from '../server/outbox.ts'
import { type Delivery, startDelivery } from './delivery.ts'
import { createDeliveryLock } from './delivery-lock.ts'
import { type Chosen, type DeadLetter, type KeptEvent, openTables } from './outbox-tables.ts'
import { isSqliteError } from './sqlite.ts'

export interface SqliteOutboxOptions {
  /** The database file. Its folder must exist; SQLite adds `-wal` and `-shm` beside it, and the outbox `-lock`. */
  path: string
  /** The pixel whose events it holds: the file of another one is refused. Without it, nobody asks. */
  pixelId?: string
  /** How large it may become. Then events are refused, and their senders keep them. Default 1 GB: some 700,000 events. */
  maxBytes?: number
  /** Milliseconds until the next try, after a first failure and at the longest. Default 1 s and 60 s. */
  retryAfter?: { first: number; longest: number }
  /** Milliseconds since 1970. */
  now?: () => number
  /** From 0 up to 1. */
  random?: () => number
  /** Takes the sentences that a person must read. Default `console.error`. */
  log?: (sentence: string) => void
}

export interface SqliteOutbox extends Outbox {
  stats(): Promise<Stats>
  /** What was set aside, oldest first. */
  dead(): Iterable<DeadLetter>
  /** Lets dead letters wait again, by their ids, and says how many. One that came too late stays where it is. */
  requeue(chosen: Chosen): number
  /** Deletes dead letters, by their ids, and says how many. */
  drop(chosen: Chosen): number
  /** Resolves once nothing is in flight and the file is closed. */
  close(): Promise<void>
}

interface Addition {
  kept: KeptEvent[]
  bytes: number
  resolve: () => void
  reject: (reason: unknown) => void
}

// What a row takes beside its JSON: keys, three indexes, and the slack in SQLite's pages.
const rowBytes = 400

/**
 * An outbox in one SQLite file: what `add` has resolved is on the disk, and survives a crash of the process and of the
 * machine. A crash may send an event again, under the same event_id.
 *
 * @throws a sentence, where the file can't be opened, or is another pixel's
 */
export function createSqliteOutbox({
  path,
  pixelId,
  maxBytes = 1_000_000_000,
  retryAfter = { first: 1000, longest: 60_000 },
  now = Date.now,
  random = Math.random,
  log = console.error,
}: SqliteOutboxOptions): SqliteOutbox {
  const tables = openTables(path, pixelId)
  const lock = createDeliveryLock(path)
  let additions: Addition[] = []
  let committing: Promise<void> | undefined
  let delivery: Delivery | undefined
  let isClosed = false

  /** What comes while the disk is written to shares the next commit, and its wait for the disk. */
  async function commit(): Promise<void> {
    await setImmediate()
    while (additions.length) {
      const batch = additions
      additions = []
      try {
        const fitting = batch.filter(hasRoom())
        if (!fitting.length) continue
        tables.add(
          fitting.flatMap(({ kept }) => kept),
          now(),
        )
        await tables.sync()
        for (const { resolve } of fitting) resolve()
        delivery?.wake()
      } catch (error) {
        const reason = isSqliteError(error, 'full') ? new OutboxFull('The disk of the outbox is full.') : error
        for (const { reject } of batch) reject(reason)
      }
    }
    committing = undefined
  }

  /** Says of one addition after the other whether it fits beside those before it, and refuses one that does not. */
  function hasRoom(): (addition: Addition) => boolean {
    let room = maxBytes - tables.used()
    return ({ bytes, reject }) => {
      if (bytes > room) room += makeRoom()
      const fits = bytes <= room
      if (fits) room -= bytes
      else reject(new OutboxFull(`The outbox holds ${maxBytes} bytes, its limit (maxBytes).`))
      return fits
    }
  }

  /** What can still be sent is worth more than what was set aside. */
  function makeRoom(): number {
    const before = tables.used()
    const forgotten = tables.forgetOldestDead()
    if (forgotten) log(`converge-tiktok: the outbox is full: its ${forgotten} oldest dead letters were deleted.`)
    return before - tables.used()
  }

  return {
    add(events: OutboxEvent[]): Promise<void> {
      if (isClosed) return Promise.reject(new OutboxFull('The outbox is closing.'))
      const kept = events.map((event) => ({ event, body: JSON.stringify(event) }))
      const bytes = kept.reduce((sum, { body }) => sum + Buffer.byteLength(body) + rowBytes, 0)
      return new Promise((resolve, reject) => {
        additions.push({ kept, bytes, resolve, reject })
        committing ??= commit()
      })
    },

    start(deliver: Deliver): void {
      delivery ??= startDelivery({ tables, lock, deliver, now, random, log, retryAfter })
    },

    stats: async () => ({ ...tables.stats(now()), stopped: delivery?.stopped() }),
    dead: () => tables.dead(),
    requeue: (chosen) => tables.requeue(chosen, now()),
    drop: (chosen) => tables.drop(chosen),

    async close() {
      if (isClosed) return
      isClosed = true
      await delivery?.close()
      await committing
      tables.close()
    },
  }
}
