import type { OutboxEvent } from '../server/outbox.ts'
import { needsConsent } from './consent-decision.ts'
import { admit, type Denial, deny, note, type ProfileRules, prepare } from './profile-events.ts'
import { createProfileSet, type ProfileChanges, type ProfileReader, type ProfileSet } from './profile-set.ts'
import type { ProfileOptions } from './store.ts'

/** What the profiles do within one transaction. */
export type ProfileTransaction = ReturnType<typeof createProfileTransaction>

export interface ProfileMoment {
  /** Milliseconds since 1970. */
  now: number
  /** The latest that the time may be, because the clock may have been set back since events were stored. */
  latest: () => number
  /** Whether one more visitor may get a profile now. */
  mayCreate: () => boolean
}

export function createProfileTransaction(reader: ProfileReader, { now, latest, mayCreate }: ProfileMoment) {
  const set = createProfileSet(reader)
  let rules: ProfileRules = { ages: undefined, mayCreate }
  let isUsed = false

  /** `undefined` if neither profiles nor denials matter, so that nothing is read. */
  function inUse(): ProfileSet | undefined {
    isUsed = rules.ages !== undefined || needsConsent(rules)
    return isUsed ? set : undefined
  }

  return {
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
      for (const denial of denials) {
        // A page's denial came now. What it posted before must not seem to be newer.
        const time = denial.person ? denial.time : Math.max(denial.time, latest())
        deny(set, { ...denial, time })
      }
    },

    /** True if an event must wait for its visitor's decision. */
    isUndecided: ({ source, consent }: OutboxEvent): boolean =>
      rules.consent === 'require' && source === 'signed' && consent?.marketing === undefined,

    /** The changes to write. */
    changes: (): ProfileChanges => set.changes(),

    /** True if an event was decided by profiles or denials. */
    isUsed: (): boolean => isUsed,
  }
}
