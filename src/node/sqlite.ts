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
  const { DatabaseSync } = loadSqlite()
  return prepareDatabase(path, () => new DatabaseSync(path), prepare)
}

/**
 * Like `openSqlite`, for a file that exists and must stay as it is, with nothing new beside it.
 *
 * @throws a sentence, if this Node has no SQLite or the file cannot be opened
 */
export function openSqliteReadOnly<Prepared>(path: string, prepare: (database: DatabaseSync) => Prepared): Prepared {
  const { DatabaseSync } = loadSqlite()
  const open = () => new DatabaseSync(path, { readOnly: true })
  // Reading a file in WAL mode that nobody has open would leave an empty -wal and a -shm beside it.
  // https://www.sqlite.org/wal.html#read_only_databases
  const openAtRest = () => {
    try {
      return new DatabaseSync(`${pathToFileURL(path)}?immutable=1`, { readOnly: true })
    } catch {
      return open() // Some versions of Node 22 take no URIs.
    }
  }
  return prepareDatabase(path, existsSync(`${realpathSync(path)}-wal`) ? open : openAtRest, prepare)
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

/** Milliseconds that SQLite itself may wait for a lock. It blocks the whole process meanwhile. */
export const busyTimeout = 5
const pauseWhileBusy = 20
const mostPauses = 200

/**
 * Does work that another process's lock may hold up. Tries for about five seconds, and leaves the event loop free
 * between the tries.
 *
 * @throws what the last try threw
 */
export async function whenFree<Answer>(work: () => Answer): Promise<Answer> {
  for (let pauses = 0; ; pauses++) {
    try {
      return work()
    } catch (error) {
      if (!isSqliteError(error, 'busy') || pauses === mostPauses) throw error
    }
    await pause(pauseWhileBusy)
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// Loaded when it is needed, so that importing this package on an older Node, or in a bundler, does no harm.
function loadSqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  // Node 22 calls it experimental on loading. What we use of it has not changed since, and a shop can do nothing about it.
  process.emitWarning = () => {}
  try {
    // Some versions of Node lack the function, others the module.
    const sqlite: typeof import('node:sqlite') | undefined = process.getBuiltinModule?.('node:sqlite')
    if (!sqlite) throw new Error(`converge-tiktok: the outbox needs Node 22.13 or later; this is ${process.version}.`)
    return sqlite
  } finally {
    process.emitWarning = emitWarning
  }
}
