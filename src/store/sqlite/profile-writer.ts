import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { createNewProfileLimit } from '../new-profile-limit.ts'
import type { Denial } from '../profile-events.ts'
import { createProfileTransaction, type ProfileTransaction } from '../profile-transaction.ts'
import type { ProfileOptions } from '../store.ts'
import { createProfileRows, type ProfileTotals } from './profile-rows.ts'

/** What the profiles do within one transaction. */
export type ProfileWriter = ReturnType<typeof createProfileWriter>

export function createProfileWriter(database: DatabaseSync, addTotals: (totals: ProfileTotals) => void) {
  const rows = createProfileRows(database)
  const mayCreate = createNewProfileLimit(() => performance.now())
  let transaction: ProfileTransaction | undefined

  return {
    rows,

    /** Runs work that uses the other methods, and writes what they changed. Call it in a transaction. */
    within<Answer>(now: number, work: () => Answer): Answer {
      const own = createProfileTransaction(rows.startReading(), { now, latest: () => rows.latest(now), mayCreate })
      transaction = own
      const answer = work()
      addTotals(rows.apply(own.changes(), now))
      if (own.isUsed()) rows.setClock(now)
      transaction = undefined
      return answer
    },

    // See `ProfileTransaction`. Outside of `within`, events stay as they are.
    use: (options: ProfileOptions): void => transaction?.use(options),
    prepare: (event: OutboxEvent): OutboxEvent | undefined => (transaction ? transaction.prepare(event) : event),
    admit: (event: OutboxEvent): OutboxEvent | undefined => (transaction ? transaction.admit(event) : event),
    note: (event: OutboxEvent): void => transaction?.note(event),
    deny: (denials: readonly Denial[]): void => transaction?.deny(denials),
    isUndecided: (event: OutboxEvent): boolean => transaction?.isUndecided(event) ?? false,
  }
}
