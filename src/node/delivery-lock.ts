import type { DatabaseSync } from 'node:sqlite'
import { isSqliteError, openSqlite } from './sqlite.ts'

export interface DeliveryLock {
  /** Whether it is ours, now or already. */
  take(): boolean
  release(): void
}

/**
 * Of the processes that share an outbox, one delivers: else a restart that overlaps would send all that waits twice. The
 * lock is SQLite's own, on a file beside; the system lets go of it when the process ends, however it does.
 */
export function createDeliveryLock(path: string): DeliveryLock {
  let held: DatabaseSync | undefined
  return {
    take() {
      if (held) return true
      const database = openSqlite(`${path}-lock`, (database) => {
        database.exec('PRAGMA busy_timeout = 0')
        return database
      })
      try {
        database.exec('BEGIN EXCLUSIVE')
        held = database
        return true
      } catch (error) {
        database.close()
        if (isSqliteError(error, 'busy')) return false
        throw error
      }
    },
    release() {
      held?.close()
      held = undefined
    },
  }
}
