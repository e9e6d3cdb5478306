import { existsSync, openSync, realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** A file that must not be used, with a whole sentence about why. */
export class UnusableFile extends Error {
  override name = 'UnusableFile'
}

/**
 * Opens a database file and prepares it. Anything that `prepare` throws means that the file cannot be used.
 *
 * @throws a sentence, if this Node has no SQLite or the file cannot be opened
 */
export function openSqlite<Prepared>(path: string, prepare: (database: DatabaseSync) => Prepared): Prepared {
  const { DatabaseSync } = requireSqlite()
  return prepareDatabase(path, () => new DatabaseSync(path), prepare)
}

/**
 * Like `openSqlite`, for a file that exists and must stay as it is, with nothing new beside it.
 *
 * @throws a sentence, if this Node has no SQLite or the file cannot be opened
 */
export function openSqliteReadOnly<Prepared>(path: string, prepare: (database: DatabaseSync) => Prepared): Prepared {
  const { DatabaseSync } = requireSqlite()
  // Reading a file in WAL mode that nobody has open would leave an empty -wal and a -shm beside it.
  // https://www.sqlite.org/wal.html#read_only_databases
  if (!existsSync(`${realpathSync(path)}-wal`)) {
    const location = `${pathToFileURL(path)}?immutable=1`
    try {
      return prepareDatabase(path, () => new DatabaseSync(location, { readOnly: true }), prepare)
    } catch (error) {
      // Another process has begun to write to it, or this version of Node takes no URIs.
      if (error instanceof UnusableFile) throw error
    }
  }
  return prepareDatabase(path, () => new DatabaseSync(path, { readOnly: true }), prepare)
}

function prepareDatabase<Prepared>(
  path: string,
  open: () => DatabaseSync,
  prepare: (database: DatabaseSync) => Prepared,
): Prepared {
  let database: DatabaseSync | undefined
  try {
    database = open()
    return prepare(database)
  } catch (error) {
    database?.close()
    if (error instanceof UnusableFile) throw error
    throw new Error(
      `converge-tiktok: the outbox ${path} could not be opened (${reasonOf(error)}). Name a file of its own, in a folder that exists and that this process may write to.`,
      { cause: error },
    )
  }
}

/**
 * Opens the write-ahead log of an open database, so that it can be synced.
 *
 * @throws a sentence, if there is none
 */
export function openLog(path: string): number {
  try {
    return openSync(`${realpathSync(path)}-wal`, 'r+')
  } catch (cause) {
    throw new Error(
      `converge-tiktok: the outbox ${path} has no write-ahead log, as on a network share. Name a file on a disk of this machine.`,
      { cause },
    )
  }
}

/** All of it, or nothing. */
export function inTransaction<Answer>(database: DatabaseSync, work: () => Answer): Answer {
  database.exec('BEGIN IMMEDIATE')
  try {
    const answer = work()
    database.exec('COMMIT')
    return answer
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error
  }
}

const codes = { busy: 5, full: 13 }

/** https://www.sqlite.org/rescode.html: the low byte is the code, the rest is detail. */
export function isSqliteError(error: unknown, code: keyof typeof codes): boolean {
  if (!(error instanceof Error && 'errcode' in error)) return false
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === codes[code]
}

/**
 * Writes all that the write-ahead log holds back to the database, and empties the log.
 *
 * @throws an error that counts as `busy`, if another process is reading
 */
export function emptyLog(database: DatabaseSync): void {
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
  if (busy) throw new BusyLog('another process is reading the file')
}

/** SQLite says it by a value, not by an error. */
class BusyLog extends Error {
  readonly errcode = codes.busy
}

/** Milliseconds that SQLite itself may wait for a lock. It blocks the whole process meanwhile. */
export const busyTimeout = 5
const pauseWhileBusy = 20

/**
 * Does work that another process's lock may hold up. Tries for so many milliseconds, and leaves the event loop free
 * between the tries.
 *
 * @throws what the last try threw
 */
export async function whenFree<Answer>(work: () => Answer, patience = 5000): Promise<Answer> {
  const started = performance.now()
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isSqliteError(error, 'busy') || performance.now() - started > patience) throw error
    }
    await pause(pauseWhileBusy)
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function requireSqlite(): typeof import('node:sqlite') {
  const sqlite = loadSqlite()
  if (!sqlite) throw new Error(`converge-tiktok: the outbox needs Node 22.13 or later; this is ${process.version}.`)
  return sqlite
}

/**
 * Node's SQLite; some versions of Node have none. Loaded when it is needed, so that importing this package on an older Node,
 * or in a bundler, does no harm.
 */
export function loadSqlite(): typeof import('node:sqlite') | undefined {
  const { emitWarning } = process
  // Node 22 calls it experimental on loading. What we use of it has not changed since, and a shop can do nothing about it.
  process.emitWarning = () => {}
  try {
    // Some versions of Node lack the function, others the module.
    return process.getBuiltinModule?.('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
