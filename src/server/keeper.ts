import type { AddResult } from '../store/add-result.ts'
import type { PauseSwitch } from '../store/pause-switch.ts'
import type { PersonCounts, PersonKeys } from '../store/person.ts'
import type { Drained, Extras, StoreStats } from '../store/store.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { mergeWindow } from './merge-window.ts'
import type { Deliver, OutboxEvent, Stats } from './outbox.ts'
import { profileLimits } from './profile-limits.ts'

/** Keeps events until TikTok has them: a store or an outbox. */
export interface Keeper {
  /** Resolves with the result of each event once they are stored. */
  add(events: OutboxEvent[], extras?: Extras): Promise<readonly AddResult[]>
  /** True if it keeps denials of consent. */
  keepsDenials: boolean
  /** True if it has an event log. */
  hasLog: boolean
  start(deliver: Deliver): void
  stats(): Promise<KeeperStats | undefined>
  /** Sends what is due, for at most so many seconds. Only with `delivery: 'drain'`, instead of `start`. */
  drain?: ((deliver: Deliver, seconds: number) => Promise<Drained>) | undefined
  /** Erases a person's events. Missing if events cannot be found by person. */
  erase?: ((person: PersonKeys) => Promise<PersonCounts>) | undefined
  pauseSwitch?: PauseSwitch | undefined
}

export type KeeperStats = Stats & Partial<Pick<StoreStats, 'orders' | 'customers' | 'no_consent' | 'profiles'>>

/** Returns `undefined` if the config has neither store nor outbox: events are then sent while the sender waits. */
export function createKeeper(config: ForwarderConfig): Keeper | undefined {
  const { store, outbox, log } = config
  if (store) {
    const { consent, gpc } = config
    const options = { mergeOrders: mergeWindow(config), consent, gpc, profiles: profileLimits(config) }
    const { keepsProfiles = false } = store
    return {
      add: (events, extras) => store.add(events, options, extras),
      keepsDenials: keepsProfiles,
      hasLog: log !== false && store.log !== undefined,
      start: (deliver) => store.start(deliver, log ? { ...options, log } : options),
      ...(config.delivery === 'drain' && {
        drain: async (deliver: Deliver, seconds: number) =>
          (await store.drain?.(deliver, { ...options, ...(log && { log }), seconds })) ?? { isEmpty: false },
      }),
      stats: () => store.stats(),
      erase: (person) => store.erase(person),
      pauseSwitch: store.pauseSwitch,
    }
  }
  if (!outbox) return undefined
  return {
    async add(given) {
      const events = given.map(withoutVisitor)
      const notTaken = new Set((await outbox.add(events)) ?? [])
      return events.map((event) => (notTaken.has(event) ? 'already_sent' : 'kept'))
    },
    keepsDenials: false,
    hasLog: false,
    start: (deliver) => outbox.start(deliver),
    stats: async () => outbox.stats?.(),
    erase: outbox.erase?.bind(outbox),
    pauseSwitch: outbox.pauseSwitch,
  }
}

/** An outbox has no profiles, so it must not keep what is only for them. */
function withoutVisitor({ visitor: _, aliases: _aliases, consent: _consent, ...event }: OutboxEvent): OutboxEvent {
  return event
}
