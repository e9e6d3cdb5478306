import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { createNewProfileLimit } from '../new-profile-limit.ts'
import { createProfileDesk, type ProfileDesk } from '../profile-desk.ts'
import type { Denial } from '../profile-events.ts'
import type { ProfileOptions } from '../store.ts'
import { createProfileRows, type ProfileTotals } from './profile-rows.ts'

/** What the profiles do within one transaction. */
export type ProfileWriter = ReturnType<typeof createProfileWriter>

export function createProfileWriter(database: DatabaseSync, addTotals: (totals: ProfileTotals) => void) {
  const rows = createProfileRows(database)
  const mayCreate = createNewProfileLimit(() => performance.now())
  let desk: ProfileDesk | undefined

  return {
    rows,

    /** Runs work that uses the other methods, and writes what they changed. Call it in a transaction. */
    within<Answer>(now: number, work: () => Answer): Answer {
      const own = createProfileDesk(rows.startReading(), { now, latest: () => rows.latest(now), mayCreate })
      desk = own
      const answer = work()
      addTotals(rows.apply(own.changes(), now))
      if (own.isUsed()) rows.setClock(now)
      desk = undefined
      return answer
    },

    // See `ProfileDesk`. Outside of `within`, events stay as they are.
    use: (options: ProfileOptions): void => desk?.use(options),
    prepare: (event: OutboxEvent): OutboxEvent | undefined => (desk ? desk.prepare(event) : event),
    admit: (event: OutboxEvent): OutboxEvent | undefined => (desk ? desk.admit(event) : event),
    note: (event: OutboxEvent): void => desk?.note(event),
    deny: (denials: readonly Denial[]): void => desk?.deny(denials),
    isUndecided: (event: OutboxEvent): boolean => desk?.isUndecided(event) ?? false,
  }
}
