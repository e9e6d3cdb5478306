import { closeSync, fdatasync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { promisify } from 'node:util'
import type { OutboxEvent } from '../../server/outbox.ts'
import { type AddResult, isSent } from '../add-result.ts'
import type { LogRetention } from '../event-log.ts'
import { readKept } from '../kept-event.ts'
import { outcomeOf, triedOutcomeOf } from '../line-outcome.ts'
import type { PauseSwitch } from '../pause-switch.ts'
import type { PersonKeys } from '../person.ts'
import type { ProfileKey } from '../profile.ts'
import { retention } from '../retention.ts'
import type { ProfileLimits, ProfileOptions, StoreStats } from '../store.ts'
import { MAX_BATCH, MAX_BATCH_TEXT, type RowKey, type Settled, TOO_LATE, type WaitingEvent } from '../waiting-event.ts'
import { type Addition, type AddTables, addRequests } from './add-events.ts'
import { createCustomerHistory } from './customer-history.ts'
import { createDeadLetterReader, createIdChunks, createProblemCounts } from './dead-letters.ts'
import { createDenialSweep } from './denial-sweep.ts'
import { createLineSearch } from './log-person.ts'
import { createLogPruning } from './log-pruning.ts'
import { createLogWriter, type LogWriter } from './log-writer.ts'
import { createOrderMemory } from './order-memory.ts'
import { createOrderTraces } from './order-traces.ts'
import { createPauseSwitch } from './pause-switch.ts'
import { createPersonSearch } from './person-search.ts'
import { createPostedAlerts } from './posted-alerts.ts'
import { createProfilePruning } from './profile-pruning.ts'
import { createProfileErasure, createProfileSearch } from './profile-search.ts'
import { emptyLog, inTransaction, isSqliteError, openLog, UnusableFile } from './sqlite.ts'
import { copyDatabase, largestRewrite, makeShrinkable, openOutboxFile, schemaVersionOf } from './sqlite-schema.ts'
import { createWaitingRows, noTotals, type WaitingRows } from './waiting-rows.ts'

const chunk = 1000
const releaseChunk = 200

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
 * that were changed since the file was opened. Log lines of events are not counted.
 *
 * @throws a sentence if the file cannot be opened or belongs to another pixel
 */
export function openTables(path: string, pixelId?: string, afterWrite: (rows: number) => void = () => {}) {
  const database = openOutboxFile(path)
  const owner = pixelId && claim(database, pixelId)
  if (owner !== pixelId) {
    database.close()
    throw new UnusableFile(
      `converge-tiktok: the database file ${path} contains events of pixel ${owner}, but pixelId is ${pixelId}. Name another file for this pixel.`,
    )
  }
  const wal = openLog(path)
  const log = createLogWriter(database)
  const write = createWriter(database, log, afterWrite)
  const orders = createOrderMemory(database)
  const rows = createWaitingRows(database, orders, log)
  const history = createCustomerHistory(database)
  // As in the order memory, a clock that is ahead must not delete everything.
  const pruneDead = database.prepare(`DELETE FROM dead_letters WHERE died <=
    min(?, (SELECT max(died) FROM dead_letters)) - ${retention.deadLetters}`)
  return {
    ...waitingTable(database, { rows, history, log }, write),
    ...deadLetterTable(database, { rows, history, log }, write),
    ...profileTable(database, rows, write),
    ...createDenialSweep(database, { rows, log }, write),
    ...spaceOf(database),
    ...logTable(database, write),
    searchPerson: createPersonSearch(database).next,

    /** The estimated size of the history of customers in bytes. */
    historyBytes: history.bytes,

    /** Deletes a person's entries in the history of customers, and returns their number. */
    forgetCustomer: (person: PersonKeys): number => write(() => history.erase(person)),
    /** `now` is in milliseconds since 1970. */
    traces: createOrderTraces(database),

    pauseSwitch: (now: () => number): PauseSwitch => createPauseSwitch(database, now),
    postedAlerts: createPostedAlerts(database, write),

    /** Rewrites the database file without deleted rows. The log keeps them. It takes as long as writing all rows. */
    rewrite: (): void => rewrite(database),

    emptyLog: (): void => emptyLog(database),

    /** Resolves once the added events are on disk. */
    sync: (): Promise<void> => syncFile(wal),

    /** Deletes orders, dead letters and customers after their retention period, and returns their number. */
    prune: (now: number): number =>
      write(() => orders.prune(now) + Number(pruneDead.run(now).changes) + history.prune(now)),

    /** Copies the whole database to a file that must not exist. */
    copyTo: (file: string): void => copyDatabase(database, file),

    schemaVersion: (): number => schemaVersionOf(database),

    close() {
      closeSync(wal)
      database.close()
    },
  }
}

function logTable(database: DatabaseSync, write: Write) {
  const pruning = createLogPruning(database)
  return {
    searchLines: createLineSearch(database),

    /** Deletes lines of the log, and returns their number. */
    deleteLines: (ids: readonly number[]): number => write(() => pruning.deleteLines(ids)),

    /** The estimated size of the log in bytes. */
    logBytes: pruning.bytes,

    /** Deletes some of the oldest lines to make room. Returns false if there is none. */
    forgetOldestLines: (): boolean => write(pruning.deleteOldest),

    /** Deletes some lines that are too old or too many, and returns 1. Returns 0 if there is none. */
    pruneLog: (now: number, retention: LogRetention): number => write(() => Number(pruning.prune(now, retention))),
  }
}

type Write = <Answer>(work: () => Answer) => Answer

/** Runs work in a transaction. */
function createWriter(database: DatabaseSync, log: LogWriter, afterWrite: (rows: number) => void): Write {
  const changed = database.prepare('SELECT total_changes() AS rows')

  function attempt<Answer>(work: () => Answer): Answer {
    try {
      return inTransaction(database, work)
    } catch (error) {
      log.rollBack()
      throw error
    }
  }

  function commit<Answer>(work: () => Answer): Answer {
    try {
      return attempt(work)
    } catch (error) {
      if (!isSqliteError(error, 'full')) throw error
      // The log's content may fit into free pages of the database. A checkpoint then empties the log.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return attempt(work)
    }
  }

  return (work) => {
    const answer = commit(work)
    // Lines of events are small, and share pages. With them, checkpoints would be twice as frequent as they need to be.
    afterWrite(Number(changed.get()?.rows) - log.lines())
    return answer
  }
}

function waitingTable(database: DatabaseSync, { rows, history, log }: AddTables, write: Write) {
  const { profiles } = rows
  const prepare = (sql: string) => database.prepare(sql)
  // The plus signs disable other indexes, with which SQLite would sort all waiting rows.
  const due = prepare(`SELECT id, event_id, attempts, added, body, line FROM waiting
    WHERE id > ? AND (+due <= ? OR +due > ?) AND +expires > ? AND +held = 0 ORDER BY id`)
  const nextHeld = prepare('SELECT 1 FROM waiting WHERE held = 1 AND (due <= ? OR due > ?) LIMIT 1')
  const heldDue = prepare(
    `SELECT id, body, line FROM waiting WHERE held = 1 AND (due <= ? OR due > ?) LIMIT ${releaseChunk}`,
  )
  const nextDue = prepare('SELECT min(due) AS due FROM waiting WHERE due > ?')
  const expired = prepare('SELECT id, event_id, line FROM waiting WHERE expires <= ?')
  const putOff = prepare('UPDATE waiting SET attempts = attempts + 1, due = ? WHERE id = ? AND event_id = ?')

  return {
    /** Adds the events of several requests and returns their results. */
    add: (additions: readonly Addition[], now: number): AddResult[][] =>
      write(() => rows.within(now, () => addRequests({ rows, history, log }, additions, now))),

    /**
     * Releases a chunk of the events that have waited long enough for another copy or a decision. Returns their number: call it
     * again until it is 0. The profiles fill them, and they are never changed afterwards. An event that would wait longer than
     * `longestWait` milliseconds is released too: it was added while the clock was ahead.
     */
    release: (now: number, longestWait: number, options: ProfileOptions = {}): number => {
      const longest = now + longestWait
      if (!nextHeld.get(now, longest)) return 0
      return write(() =>
        rows.within(now, () => {
          profiles.use(options)
          const totals = noTotals()
          const held = heldDue.all(now, longest)
          for (const { id, body, line } of held) {
            const row = { id: Number(id), event: JSON.parse(String(body)) }
            rows.free(line === null ? row : { ...row, line: Number(line) }, now, totals)
          }
          rows.addTotals(totals)
          return held.length
        }),
      )
    },

    /**
     * Returns the oldest events after the row `after` that may be sent now, without the excepted ones. An event that would be
     * delayed for longer than `longestPause` milliseconds is due too: it was delayed while the clock was ahead.
     */
    due(now: number, longestPause: number, isExcepted: (id: number) => boolean, after = 0): WaitingEvent[] {
      const batch: WaitingEvent[] = []
      let text = 0
      for (const row of due.iterate(after, now, now + longestPause, now / 1000)) {
        if (batch.length === MAX_BATCH) break
        const { id, event_id, attempts, added, body, line } = row
        if (isExcepted(Number(id))) continue
        text += String(body).length
        if (batch.length && text > MAX_BATCH_TEXT) break
        const event = readKept(String(body))
        event.arrived = Number(added)
        batch.push({
          id: Number(id),
          event_id: String(event_id),
          attempts: Number(attempts),
          event,
          ...(line !== null && { line: Number(line) }),
        })
      }
      return batch
    },

    /** When the next delayed event is due, in milliseconds since 1970. */
    nextDue: (now: number): number => Number(nextDue.get(now)?.due ?? Number.POSITIVE_INFINITY),

    /**
     * Makes a chunk of expired events dead letters, without the excepted ones. Returns their number: call it again until it is
     * 0.
     */
    setAsideLate(now: number, isExcepted: (id: number) => boolean): number {
      const late: (RowKey & { line: number | null })[] = []
      for (const row of expired.iterate(now / 1000)) {
        if (late.length === chunk) break
        if (!isExcepted(Number(row.id))) {
          const line = row.line === null ? null : Number(row.line)
          late.push({ id: Number(row.id), event_id: String(row.event_id), line })
        }
      }
      if (!late.length) return 0
      return write(() =>
        log.within(now, () => {
          log.conclude(
            late.flatMap(({ line }) =>
              line === null ? [] : [{ line, status: 'failure', reason: TOO_LATE, tries: 0 }],
            ),
            now,
          )
          const count = sum(late, (row) => rows.setAside(row, { problem: TOO_LATE, tries: 0, now }))
          rows.addTotal('waiting', -count)
          return count
        }),
      )
    },

    /** Logs attempts that failed for all events of a batch, and returns their number. */
    logTries(tried: readonly WaitingEvent[], now: number): number {
      const outcomes = tried.flatMap(triedOutcomeOf)
      if (outcomes.length) write(() => log.within(now, () => log.conclude(outcomes, now)))
      return outcomes.length
    },

    settle(settled: readonly Settled[], now: number): void {
      write(() =>
        log.within(now, () => {
          log.conclude(settled.flatMap(outcomeOf), now)
          const done = settled.filter(({ outcome }) => outcome === 'done')
          let gone = rows.removeSettled(done)
          for (const one of settled) {
            if (one.outcome === 'putOff') putOff.run(one.due, one.id, one.event_id)
            else if (one.outcome === 'dead') gone += rows.setAside(one, { problem: one.problem, tries: 1, now })
          }
          rows.addTotal('waiting', -gone)
          rows.addTotal('sent', done.length)
        }),
      )
    },

    /** Deletes waiting events, and returns their number. The order memory stays as it is. */
    removeWaiting: (ids: readonly number[]): number =>
      write(() => {
        const count = rows.remove(ids)
        rows.addTotal('waiting', -count)
        return count
      }),
  }
}

function deadLetterTable(database: DatabaseSync, { rows, history, log }: AddTables, write: Write) {
  const prepare = (sql: string) => database.prepare(sql)
  const bodyOf = prepare('SELECT body, line FROM dead_letters WHERE id = ?')
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
    const { body, line: known } = bodyOf.get(id) ?? {}
    if (typeof body !== 'string') return false
    const line = typeof known === 'number' ? known : undefined
    const event: OutboxEvent = JSON.parse(body)
    if (event.expires <= now / 1000) return false
    // `mergeOrders: 0`, because it must not wait for its other copy again.
    const tables = { rows, history, log }
    const [[result] = []] = addRequests(tables, [{ kept: [{ event, body, line }], mergeOrders: 0 }], now)
    if (!result || !isSent(result, event)) return false
    unbury.run(id)
    if (line !== undefined) log.reopen(line)
    return true
  }

  return {
    dead: reader.list,
    idChunks: createIdChunks(database),

    /** Queues dead letters again and returns their number. Those that are too old or replaced by another copy stay. */
    requeue: (ids: readonly number[], now: number): number =>
      write(() => rows.within(now, () => ids.filter((id) => requeueOne(id, now)).length)),

    /** Deletes dead letters and returns their number. */
    drop: (ids: readonly number[]): number => write(() => sum(ids, (id) => Number(unbury.run(id).changes))),

    /** Deletes the oldest dead letters to make room, and returns their number. */
    forgetOldestDead: (): number => write(() => Number(forgetOldest.run().changes)),

    stats(now: number): Omit<StoreStats, 'stopped' | 'full'> {
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
        no_consent: reader.total('no_consent'),
        profiles: {
          profiles: reader.total('profiles'),
          denials: reader.total('denials'),
          shared_keys: reader.total('shared_keys'),
        },
        customers: history.counts(),
      }
    },
  }
}

function profileTable(database: DatabaseSync, rows: WaitingRows, write: Write) {
  const erasure = createProfileErasure(database)
  const pruning = createProfilePruning(database, rows, rows.profiles.rows)

  return {
    /** Deletes a few profiles and denials that are older than their retention, or too many. `elapsed` is a monotonic time. */
    pruneProfiles: (now: number, elapsed: number, limits: ProfileLimits | undefined): void => {
      if (!pruning.isEmpty()) write(() => pruning.prune(now, elapsed, limits))
    },

    profileBytes: pruning.bytes,
    giveProfilesWay: (): number => write(pruning.giveWay),
    searchProfiles: createProfileSearch(database).next,

    /** Deletes profiles, and all that is known by the keys that led to them. Returns their number. */
    eraseProfiles: (ids: readonly number[]): number =>
      write(() => {
        const { profiles, keys } = erasure.profiles(ids)
        rows.addTotal('profiles', -profiles)
        rows.addTotal('denials', -erasure.keys(keys))
        return profiles
      }),

    /** Deletes what is known by keys: which profiles they led to, and denials. */
    eraseKeys: (keys: readonly ProfileKey[]): void => write(() => rows.addTotal('denials', -erasure.keys(keys))),
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
