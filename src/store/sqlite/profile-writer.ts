import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { needsConsent } from '../consent-decision.ts'
import { createNewProfileLimit } from '../new-profile-limit.ts'
import { admit, type Denial, deny, note, type ProfileRules, prepare } from '../profile-events.ts'
import { createProfileSet, type ProfileSet } from '../profile-set.ts'
import type { ProfileOptions } from '../store.ts'
import { createProfileRows, type ProfileTotals } from './profile-rows.ts'

/** What the profiles do within one transaction. */
export type ProfileWriter = ReturnType<typeof createProfileWriter>

export function createProfileWriter(database: DatabaseSync, addTotals: (totals: ProfileTotals) => void) {
  const rows = createProfileRows(database)
  const mayCreate = createNewProfileLimit(() => performance.now())
  let set: ProfileSet | undefined
  let rules: ProfileRules = { ages: undefined, mayCreate }
  let now = 0
  let isUsed = false

  /** `undefined` if neither profiles nor denials matter, so that nothing is read. */
  function inUse(): ProfileSet | undefined {
    isUsed = rules.ages !== undefined || needsConsent(rules)
    return isUsed ? set : undefined
  }

  return {
    rows,

    /** Runs work that uses the other methods, and writes what they changed. Call it in a transaction. */
    within<Answer>(moment: number, work: () => Answer): Answer {
      now = moment
      isUsed = false
      set = createProfileSet(rows.startReading())
      const answer = work()
      addTotals(rows.apply(set.changes(), now))
      if (isUsed) rows.setClock(now)
      set = undefined
      return answer
    },

    /** Sets the options of the events that follow. */
    use({ consent, gpc, profiles }: ProfileOptions): void {
      rules = { consent, gpc, mayCreate, ages: profiles && { now, days: profiles.days } }
    },

    /** See `prepare`. */
    prepare(event: OutboxEvent): OutboxEvent | undefined {
      const used = inUse()
      return used ? prepare(used, event, rules) : event
    },

    /** Returns the event as it may be sent, without filling it, or `undefined` if it may not be sent. */
    admit(event: OutboxEvent): OutboxEvent | undefined {
      const used = inUse()
      return used ? admit(used, event, rules) : event
    },

    /** Adds a page's event to its visitor's profile. */
    note(event: OutboxEvent): void {
      const used = inUse()
      if (used) note(used, event, rules)
    },

    deny(denials: readonly Denial[]): void {
      if (!set) return
      for (const denial of denials) {
        // A page's denial came now. What it posted before must not seem to be newer.
        const time = denial.person ? denial.time : Math.max(denial.time, rows.latest(now))
        deny(set, { ...denial, time })
      }
    },

    /** True if an event must wait for its visitor's decision. */
    isUndecided: ({ source, consent }: OutboxEvent): boolean =>
      rules.consent === 'require' && source === 'signed' && consent?.marketing === undefined,
  }
}
