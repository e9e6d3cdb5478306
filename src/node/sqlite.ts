import { openSync, realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/**
 * Opens a database file, and makes it ready: what that throws is taken for a file that is not ours.
 *
 * @throws a sentence, where this Node has no SQLite or the file can't be opened
 */
export function openSqlite<Ready>(path: string, makeReady: (database: DatabaseSync) => Ready): Ready {
  const sqlite = loadSqlite()
  if (!sqlite) throw new Error(`converge-tiktok: the outbox needs Node 22.13 or later; this is ${process.version}.`)
  let database: DatabaseSync | undefined
  try {
    database = new sqlite.DatabaseSync(path)
    return makeReady(database)
  } catch (error) {
    database?.close()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `converge-tiktok: the outbox ${path} could not be opened (${reason}). Name a file of its own, in a folder that exists and that this process may write to.`,
      { cause: error },
    )
  }
}

/**
 * The write-ahead log of a database that is open, to be synced: a file descriptor.
 *
 * @throws a sentence, where there is none
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

/** Whether that is what SQLite said. */
export function isSqliteError(error: unknown, code: keyof typeof codes): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === codes[code]
}

/**
 * Node's SQLite, which some have not. Asked for when it is needed, so that importing this package on an older Node, or in a
 * bundler, does no harm.
 */
export function loadSqlite(): typeof import('node:sqlite') | undefined {
  const { emitWarning } = process
  // Node 22 calls it experimental on loading. What we use of it has not changed since, and a shop can do nothing about it.
  process.emitWarning = () => {}
  try {
    // Neither the function nor the module is in every Node.
    return process.getBuiltinModule?.('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
