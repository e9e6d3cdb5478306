import type { DatabaseSync } from 'node:sqlite'
import { isSqliteError, openSqlite } from './sqlite.ts'
import { identityOf } from './sqlite-file.ts'

export interface DeliveryLock {
  /** Takes the lock if this process does not have it yet. Returns false if another process has it. */
  take(): boolean
  release(): void
}

/**
 * Lets only one of the processes that share an outbox deliver. Otherwise overlapping processes during a restart would send
 * every waiting event twice. It is an SQLite lock on a separate file, which the system releases when the process ends.
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
      // A lock on a deleted file does not exclude other processes.
      const former = held
      held = undefined
      try {
        const isTaken = lock()
        former?.database.close()
        return isTaken
      } catch (error) {
        if (!former) throw error
        // The folder is deleted as well, so no other process can take a lock.
        held = former
        return true
      }
    },
    release,
  }
}
