import { existsSync, openSync, realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** A file that must not be used. The message is a whole sentence. */
export class UnusableFile extends Error {
  override name = 'UnusableFile'
}

/**
 * Opens a database file and prepares it. If `prepare` throws, the file cannot be used.
 *
 * @throws a sentence if this Node has no SQLite or the file cannot be opened
 */
export function openSqlite<Prepared>(path: string, prepare: (database: DatabaseSync) => Prepared): Prepared {
  const { DatabaseSync } = requireSqlite()
  return prepareDatabase(path, () => new DatabaseSync(path), prepare)
}

/**
 * Opens an existing file like `openSqlite`, but does not change it or create files beside it.
 *
 * @throws a sentence if this Node has no SQLite or the file cannot be opened
 */
export function openSqliteReadOnly<Prepared>(path: string, prepare: (database: DatabaseSync) => Prepared): Prepared {
  const { DatabaseSync } = requireSqlite()
  // Reading a file in WAL mode that no process has open would leave an empty -wal file and a -shm file.
  // https://www.sqlite.org/wal.html#read_only_databases
  if (!existsSync(`${realpathSync(path)}-wal`)) {
    const location = `${pathToFileURL(path)}?immutable=1`
    try {
      return prepareDatabase(path, () => new DatabaseSync(location, { readOnly: true }), prepare)
    } catch (error) {
      // Another process has started to write to it, or this version of Node does not support URIs.
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
      `converge-tiktok: the database file ${path} could not be opened (${reasonOf(error)}). Name another file, in an existing folder that this process may write to.`,
      { cause: error },
    )
  }
}

/**
 * Opens the write-ahead log of an open database, so that it can be synced.
 *
 * @throws a sentence if there is no such log
 */
export function openLog(path: string): number {
  try {
    return openSync(`${realpathSync(path)}-wal`, 'r+')
  } catch (cause) {
    throw new Error(
      `converge-tiktok: the database file ${path} has no write-ahead log, which network shares do not support. Name a file on a local disk.`,
      { cause },
    )
  }
}

/** Runs work in a transaction. Rolls back if it throws. */
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
      // SQLite has already rolled back, as it does when the disk is full.
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
 * Writes the write-ahead log into the database and empties it.
 *
 * @throws a `busy` error if another process is reading
 */
export function emptyLog(database: DatabaseSync): void {
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
  if (busy) throw new BusyLog('another process is reading the file')
}

/** SQLite reports this as a value, not as an error. */
class BusyLog extends Error {
  readonly errcode = codes.busy
}

/** Milliseconds that SQLite may wait for a lock. The wait blocks the whole process. */
export const busyTimeout = 5
const pauseWhileBusy = 20

/**
 * Runs work that another process's lock may block. Retries for `patience` milliseconds without blocking the event loop.
 *
 * @throws the error of the last attempt
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
  if (!sqlite) throw new Error(`converge-tiktok: the database needs Node 22.13 or later; this is ${process.version}.`)
  return sqlite
}

/**
 * Loads Node's SQLite, which some versions of Node lack. It is loaded on use, so that importing this package works on older
 * versions of Node and in bundlers.
 */
export function loadSqlite(): typeof import('node:sqlite') | undefined {
  const { emitWarning } = process
  // Node 22 warns that it is experimental. The parts that we use have not changed since, and a shop cannot act on the warning.
  process.emitWarning = () => {}
  try {
    // Some versions of Node lack the function, and others lack the module.
    return process.getBuiltinModule?.('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
