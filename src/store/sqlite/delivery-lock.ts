import type { DatabaseSync } from 'node:sqlite'
import { isSqliteError, openSqlite } from './sqlite.ts'
import { identityOf } from './sqlite-file.ts'

export interface DeliveryLock {
  /** Takes the lock, unless this process has it. False if another process has it. */
  take(): boolean
  release(): void
}

/**
 * Of the processes that share an outbox, one delivers: else a restart that overlaps would send all that waits twice. The
 * lock is SQLite's own, on a file beside; the system lets go of it when the process ends, however it does.
 */
export function createDeliveryLock(path: string): DeliveryLock {
  const file = `${path}-lock`
  let held: { database: DatabaseSync; identity: string | undefined } | undefined

  function release(): void {
    held?.database.close()
    held = undefined
  }

  function lock(): boolean {
    const database = openSqlite(file, (database) => {
      database.exec('PRAGMA busy_timeout = 0')
      return database
    })
    try {
      database.exec('BEGIN EXCLUSIVE')
      held = { database, identity: identityOf(file) }
      return true
    } catch (error) {
      database.close()
      if (isSqliteError(error, 'busy')) return false
      throw error
    }
  }

  return {
    take() {
      if (held && held.identity === identityOf(file)) return true
      // A lock on a file that was deleted keeps no other process away.
      const former = held
      held = undefined
      try {
        const isTaken = lock()
        former?.database.close()
        return isTaken
      } catch (error) {
        if (!former) throw error
        // The folder is gone, too: there is no file that another process could lock.
        held = former
        return true
      }
    },
    release,
  }
}
