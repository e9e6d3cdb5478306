import { closeSync, fdatasync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { promisify } from 'node:util'
import type { OutboxEvent } from '../../server/outbox.ts'
import { type Fate, isSent } from '../fate.ts'
import { readKept } from '../kept-event.ts'
import type { PauseSwitch } from '../pause-switch.ts'
import type { PersonKeys } from '../person.ts'
import { retention } from '../retention.ts'
import type { StoreStats } from '../store.ts'
import { MAX_BATCH, MAX_BATCH_TEXT, type RowKey, type Settled, TOO_LATE, type WaitingEvent } from '../waiting-event.ts'
import { type Addition, type AddTables, addRequests } from './add-events.ts'
import { createCustomerHistory } from './customer-history.ts'
import { createDeadLetterReader, createIdChunks, createProblemCounts } from './dead-letters.ts'
import { createOrderMemory } from './order-memory.ts'
import { createPauseSwitch } from './pause-switch.ts'
import { createPersonSearch } from './person-search.ts'
import { emptyLog, inTransaction, isSqliteError, openLog, UnusableFile } from './sqlite.ts'
import { copyDatabase, largestRewrite, makeShrinkable, openOutboxFile, schemaVersionOf } from './sqlite-schema.ts'
import { createWaitingRows } from './waiting-rows.ts'

const chunk = 1000

const syncFile = promisify(fdatasync)

/** True if more events may be waiting after this batch. */
export const isFull = (batch: readonly WaitingEvent[]): boolean => batch.length === MAX_BATCH

/** Bytes. */
export interface Space {
  /** Bytes in use. */
  used: number
  /** Bytes of free pages, which can be reused. */
  free: number
  /** Bytes of the database including free pages. The file may be smaller until the next checkpoint. */
  total: number
}

export type Tables = ReturnType<typeof openTables>

/**
 * Opens the file of one pixel: its waiting events, dead letters and order memory. Every method except `sync` is synchronous,
 * and throws if another process has locked the file. `afterWrite` is called after each transaction, with the number of rows
 * that were changed since the file was opened.
 *
 * @throws a sentence if the file cannot be opened or belongs to another pixel
 */
export function openTables(path: string, pixelId?: string, afterWrite: (rows: number) => void = () => {}) {
  const database = openOutboxFile(path)
  const owner = pixelId && claim(database, pixelId)
  if (owner !== pixelId) {
    database.close()
    throw new UnusableFile(
      `converge-tiktok: the outbox ${path} contains events of pixel ${owner}, but pixelId is ${pixelId}. Name another file for this pixel.`,
    )
  }
  const log = openLog(path)
  const write = createWriter(database, afterWrite)
  const orders = createOrderMemory(database)
  const rows = createWaitingRows(database, orders)
  const history = createCustomerHistory(database)
  // As in the order memory, a clock that is ahead must not delete everything.
  const pruneDead = database.prepare(`DELETE FROM dead_letters WHERE died <=
    min(?, (SELECT max(died) FROM dead_letters)) - ${retention.deadLetters}`)
  return {
    ...waitingTable(database, { rows, history }, write),
    ...deadLetterTable(database, { rows, history }, write),
    ...spaceOf(database),
    searchPerson: createPersonSearch(database).next,

    /** Deletes a person's entries in the history of customers, and returns their number. */
    forgetCustomer: (person: PersonKeys): number => write(() => history.erase(person)),
    /** `now` is in milliseconds since 1970. */
    pauseSwitch: (now: () => number): PauseSwitch => createPauseSwitch(database, now),

    /** Rewrites the database file without deleted rows. The log keeps them. It takes as long as writing all rows. */
    rewrite: (): void => rewrite(database),

    emptyLog: (): void => emptyLog(database),

    /** Resolves once the added events are on disk. */
    sync: (): Promise<void> => syncFile(log),

    /** Deletes orders, dead letters and customers after their retention period, and returns their number. */
    prune: (now: number): number =>
      write(() => orders.prune(now) + Number(pruneDead.run(now).changes) + history.prune(now)),

    /** Copies the whole database to a file that must not exist. */
    copyTo: (file: string): void => copyDatabase(database, file),

    schemaVersion: (): number => schemaVersionOf(database),

    close() {
      closeSync(log)
      database.close()
    },
  }
}

type Write = <Answer>(work: () => Answer) => Answer

/** Runs work in a transaction. */
function createWriter(database: DatabaseSync, afterWrite: (rows: number) => void): Write {
  const changed = database.prepare('SELECT total_changes() AS rows')

  function commit<Answer>(work: () => Answer): Answer {
    try {
      return inTransaction(database, work)
    } catch (error) {
      if (!isSqliteError(error, 'full')) throw error
      // The log's content may fit into free pages of the database. A checkpoint then empties the log.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return inTransaction(database, work)
    }
  }

  return (work) => {
    const answer = commit(work)
    afterWrite(Number(changed.get()?.rows))
    return answer
  }
}

function waitingTable(database: DatabaseSync, { rows, history }: AddTables, write: Write) {
  const prepare = (sql: string) => database.prepare(sql)
  // The plus signs disable other indexes, with which SQLite would sort all waiting rows.
  const due = prepare(`SELECT id, event_id, attempts, body FROM waiting
    WHERE id > ? AND (+due <= ? OR +due > ?) AND +expires > ? AND +held = 0 ORDER BY id`)
  const nextHeld = prepare('SELECT 1 FROM waiting WHERE held = 1 AND (due <= ? OR due > ?) LIMIT 1')
  const release = prepare('UPDATE waiting SET held = 0, due = min(due, ?) WHERE held = 1 AND (due <= ? OR due > ?)')
  const nextDue = prepare('SELECT min(due) AS due FROM waiting WHERE due > ?')
  const expired = prepare('SELECT id, event_id FROM waiting WHERE expires <= ?')
  const putOff = prepare('UPDATE waiting SET attempts = attempts + 1, due = ? WHERE id = ? AND event_id = ?')

  return {
    /** Adds the events of several requests and returns their fates. */
    add: (additions: readonly Addition[], now: number): Fate[][] =>
      write(() => addRequests({ rows, history }, additions, now)),

    /**
     * Releases orders that have waited long enough for a twin, and returns their number. They are never changed afterwards.
     * An order that would wait longer than `longestWait` milliseconds is released too: it was added while the clock was ahead.
     */
    release: (now: number, longestWait: number): number => {
      if (!nextHeld.get(now, now + longestWait)) return 0
      return write(() => Number(release.run(now, now, now + longestWait).changes))
    },

    /**
     * Returns the oldest events after the row `after` that may be sent now, without the excepted ones. An event that would be
     * delayed for longer than `longestPause` milliseconds is due too: it was delayed while the clock was ahead.
     */
    due(now: number, longestPause: number, isExcepted: (id: number) => boolean, after = 0): WaitingEvent[] {
      const batch: WaitingEvent[] = []
      let text = 0
      for (const { id, event_id, attempts, body } of due.iterate(after, now, now + longestPause, now / 1000)) {
        if (batch.length === MAX_BATCH) break
        if (isExcepted(Number(id))) continue
        text += String(body).length
        if (batch.length && text > MAX_BATCH_TEXT) break
        batch.push({
          id: Number(id),
          event_id: String(event_id),
          attempts: Number(attempts),
          event: readKept(String(body)),
        })
      }
      return batch
    },

    /** When the next delayed event is due, in milliseconds since 1970. */
    nextDue: (now: number): number => Number(nextDue.get(now)?.due ?? Number.POSITIVE_INFINITY),

    /** Makes a chunk of expired events dead letters, without the excepted ones. Returns their number: call it again until it is 0. */
    setAsideLate(now: number, isExcepted: (id: number) => boolean): number {
      const late: RowKey[] = []
      for (const row of expired.iterate(now / 1000)) {
        if (late.length === chunk) break
        if (!isExcepted(Number(row.id))) late.push({ id: Number(row.id), event_id: String(row.event_id) })
      }
      if (!late.length) return 0
      return write(() => {
        const count = sum(late, (row) => rows.setAside(row, { problem: TOO_LATE, tries: 0, now }))
        rows.addTotal('waiting', -count)
        return count
      })
    },

    settle(settled: readonly Settled[], now: number): void {
      write(() => {
        const done = settled.filter(({ outcome }) => outcome === 'done')
        let gone = rows.removeSettled(done)
        for (const one of settled) {
          if (one.outcome === 'putOff') putOff.run(one.due, one.id, one.event_id)
          else if (one.outcome === 'dead') gone += rows.setAside(one, { problem: one.problem, tries: 1, now })
        }
        rows.addTotal('waiting', -gone)
        rows.addTotal('sent', done.length)
      })
    },

    /** Deletes what waits, and gives back how many. The order memory stays as it is. */
    removeWaiting: (ids: readonly number[]): number =>
      write(() => {
        const count = rows.remove(ids)
        rows.addTotal('waiting', -count)
        return count
      }),
  }
}

function deadLetterTable(database: DatabaseSync, { rows, history }: AddTables, write: Write) {
  const prepare = (sql: string) => database.prepare(sql)
  const bodyOf = prepare('SELECT body FROM dead_letters WHERE id = ?')
  const unbury = prepare('DELETE FROM dead_letters WHERE id = ?')
  const forgetOldest = prepare(
    `DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters ORDER BY id LIMIT ${chunk})`,
  )
  const oldest = prepare('SELECT added FROM waiting ORDER BY id LIMIT 1')
  const dueSince = prepare(`SELECT min(since) AS since FROM (
    SELECT * FROM (SELECT added AS since FROM waiting WHERE due = 0 ORDER BY id LIMIT 1)
    UNION ALL SELECT min(due) AS since FROM waiting WHERE due > 0)`)
  const reader = createDeadLetterReader(database)
  const countProblems = createProblemCounts(database)

  function requeueOne(id: number, now: number): boolean {
    const body = bodyOf.get(id)?.body
    if (typeof body !== 'string') return false
    const event: OutboxEvent = JSON.parse(body)
    if (event.expires <= now / 1000) return false
    // `mergeOrders: 0`, because it must not wait for its twin again.
    const [[fate] = []] = addRequests({ rows, history }, [{ kept: [{ event, body }], mergeOrders: 0 }], now)
    if (!fate || !isSent(fate, event)) return false
    unbury.run(id)
    return true
  }

  return {
    dead: reader.list,
    idChunks: createIdChunks(database),

    /** Queues dead letters again and returns their number. Those that are too old or replaced by another copy stay. */
    requeue: (ids: readonly number[], now: number): number =>
      write(() => ids.filter((id) => requeueOne(id, now)).length),

    /** Deletes dead letters and returns their number. */
    drop: (ids: readonly number[]): number => write(() => sum(ids, (id) => Number(unbury.run(id).changes))),

    /** Deletes the oldest dead letters to make room, and returns their number. */
    forgetOldestDead: (): number => write(() => Number(forgetOldest.run().changes)),

    stats(now: number): Pick<StoreStats, 'waiting' | 'sent' | 'dead' | 'oldest' | 'overdue' | 'orders' | 'customers'> {
      const secondsSince = (time: SQLOutputValue | undefined) =>
        typeof time === 'number' ? Math.max(0, Math.round((now - time) / 1000)) : undefined
      return {
        waiting: reader.total('waiting'),
        sent: reader.total('sent'),
        dead: countProblems(reader.total('dead')),
        oldest: secondsSince(oldest.get()?.added),
        overdue: secondsSince(dueSince.get()?.since),
        orders: {
          merged: reader.total('merged'),
          conflict: reader.total('conflict'),
          late_twin: reader.total('late_twin'),
          left_to_source: reader.total('left_to_source'),
        },
        customers: history.counts(),
      }
    },
  }
}

const manyBytes = 1_000_000
const somePages = 2000
// https://www.sqlite.org/pragma.html#pragma_auto_vacuum
const incremental = 2

function spaceOf(database: DatabaseSync) {
  const select = database.prepare(`SELECT page_count * page_size AS total, freelist_count * page_size AS free
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`)
  const vacuumMode = database.prepare('PRAGMA auto_vacuum')

  function space(): Space {
    const { total, free } = select.get() ?? {}
    return { used: Number(total) - Number(free), free: Number(free), total: Number(total) }
  }

  return {
    space,

    /** Returns the log's space to the disk, and some of the free pages if there are many. */
    giveBack(): void {
      const { used, free } = space()
      if (free >= manyBytes) {
        if (vacuumMode.get()?.auto_vacuum === incremental) database.exec(`PRAGMA incremental_vacuum(${somePages})`)
        else if (used <= largestRewrite) makeShrinkable(database)
      }
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
  }
}

/** Without secure_delete, pages of the new file could contain remains of the old one. */
function rewrite(database: DatabaseSync): void {
  database.exec('PRAGMA secure_delete = ON')
  try {
    database.exec('VACUUM')
  } finally {
    database.exec('PRAGMA secure_delete = OFF')
  }
}

/** The first pixel owns the file, because a process sends all waiting events to its own pixel. */
function claim(database: DatabaseSync, pixelId: string): string {
  database.prepare('INSERT INTO owner VALUES (1, ?) ON CONFLICT DO NOTHING').run(pixelId)
  return String(database.prepare('SELECT pixel FROM owner').get()?.pixel)
}

function sum<Element>(elements: Iterable<Element>, count: (element: Element) => number): number {
  let total = 0
  for (const element of elements) total += count(element)
  return total
}
