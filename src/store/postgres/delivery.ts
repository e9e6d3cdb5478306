import type { Deliver, DeliveryResult } from '../../server/outbox.ts'
import { createRetryPolicy, type Reading } from '../retry-policy.ts'
import type { ProfileOptions } from '../store.ts'
import { MAX_BATCH } from '../waiting-event.ts'
import { reasonOf } from './connections.ts'
import type { DatabaseClock } from './database-clock.ts'
import type { Denials } from './denials.ts'
import type { Batch, Queue } from './queue.ts'
import type { Release } from './release.ts'
import type { Outcome, Settlement } from './settlement.ts'
import type { SharedDelivery, SharedState } from './shared-state.ts'

export interface DeliveryOptions {
  queue: Queue
  release: Release
  denials: Denials
  /** The rules on consent and profiles. */
  rules: ProfileOptions
  /** Deletes some profiles that are too old or too many. */
  pruneProfiles: () => Promise<void>
  settlement: Settlement
  shared: SharedDelivery
  deliver: Deliver
  /** Resolves once the tables exist. */
  ready: () => Promise<unknown>
  /** `now` is its time, so it is compared now and then. */
  clock: Pick<DatabaseClock, 'read'>
  /** Deletes what is older than its retention period. */
  prune: () => Promise<void>
  /** Deletes some lines of the log that are too old or too many, and returns their number. */
  pruneLog: () => Promise<number>
  /** The longest time that an order may wait for its other copy, in milliseconds. */
  longestWait: number
  /** Milliseconds until another process may take an event that this one has. */
  leaseMilliseconds: number
  /** Milliseconds since 1970. */
  now: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random: () => number
  log: (sentence: string) => void
  /** Milliseconds of the pause after the first failure, and of the longest pause. */
  retryAfter: { first: number; longest: number }
}

/** The pause after a round. */
export interface Pause {
  milliseconds: number
  /** True if arriving events end it. */
  endsEarly: boolean
  /** True if there was nothing to send. */
  idle: boolean
}

/** Rounds of sending, one after the other. */
export interface Rounds {
  /**
   * Sends the oldest events: one batch, or a few at a time for a backlog. Never rejects. After `signal` is aborted, no more
   * calls are made.
   */
  next(signal: AbortSignal): Promise<Pause>
  /** Lets other processes take at once what this one has not sent, and keeps nothing that is answered later. */
  abandon(): Promise<void>
}

// Milliseconds in which arriving events form one batch. A backlog does not wait.
const SPACING = 100
// TikTok takes up to half a second for a call. One call at a time would be slower than the intake.
const MOST_CALLS = 4
/** Milliseconds between looks at the database: another process may have added an event, or ended. */
export const LOOK = 2000
const LATE_EACH = 1000
const PROFILES_EACH = 10_000
const PAUSE_WITHOUT_DATABASE = 1000
const NO_FAILURE: SharedState = { stopped: undefined, failures: 0, hold: 0 }
const DAY = 86_400_000
const MINUTE = 60_000

export function createRounds(options: DeliveryOptions): Rounds {
  const { queue, settlement, shared, rules, longestWait, leaseMilliseconds, now, log } = options
  const retryPolicy = createRetryPolicy(options)
  const ask = createAsk(options)
  const inHand = new Set<Batch>()
  // Outcomes that could not be written yet. An event that TikTok has must not be sent again for that.
  const unsaved: Outcome[] = []
  let isAbandoned = false
  let isBroken = false
  // After a failure, a single batch tests whether TikTok works again.
  let calls = 1
  let nextLate = 0
  let nextPruning = 0
  let nextLogPruning = 0
  let nextProfiles = 0

  async function tidy(): Promise<void> {
    await options.denials.sweep(rules)
    await options.release(now() + longestWait, rules)
    if (performance.now() >= nextProfiles) {
      nextProfiles = performance.now() + PROFILES_EACH
      await options.pruneProfiles()
    }
    if (performance.now() >= nextLate) {
      nextLate = performance.now() + LATE_EACH
      while (await settlement.setAsideLate(now()));
    }
    if (performance.now() >= nextPruning) {
      nextPruning = performance.now() + DAY
      await queue.forgetLeases()
      await options.prune()
    }
    // One step in each round, so that sending continues meanwhile.
    if (performance.now() >= nextLogPruning && !(await options.pruneLog())) nextLogPruning = performance.now() + MINUTE
  }

  async function takeBatches(): Promise<{ batches: Batch[]; state: SharedState }> {
    const batches: Batch[] = []
    for (let last: SharedState | undefined; ; ) {
      const taken = await queue.take(now(), now() + options.retryAfter.longest).catch((error: unknown) => {
        if (!last) throw error
        return undefined // send the events that were already taken
      })
      if (!taken) return { batches, state: last ?? NO_FAILURE }
      const { batch: found, state } = taken
      last = state
      const isFull = found.events.length === MAX_BATCH
      const batch = await options.denials.withoutDenied(found, rules).catch(async (error: unknown) => {
        await queue.giveBack(found).catch(() => {}) // its lease ends soon
        throw error
      })
      if (batch.events.length) {
        batches.push(batch)
        inHand.add(batch)
      }
      const isAlone = state.failures > 0 || calls === 1
      if (!isFull || isAlone || batches.length === calls) return { batches, state }
    }
  }

  async function save(): Promise<void> {
    for (let next = unsaved[0]; next; next = unsaved[0]) {
      if (isAbandoned) return
      await settlement.settle(next, now())
      inHand.delete(next.batch)
      unsaved.shift()
    }
  }

  async function tell({ pause, wasTried }: Reading, before: SharedState) {
    if (pause === undefined) return before.failures ? shared.clear() : undefined
    if (!wasTried) return before.failures ? shared.free() : undefined
    return shared.hold({
      stopped: retryPolicy.stopped(),
      failures: Math.max(1, retryPolicy.failures()),
      hold: pause,
    })
  }

  async function send(batches: Batch[], state: SharedState, signal: AbortSignal): Promise<Pause> {
    const started = performance.now()
    const stopRenewing = keepRenewed(batches)
    const readings = await Promise.all(batches.map((batch) => sendOne(batch, state, signal))).finally(stopRenewing)
    if (isAbandoned) return { milliseconds: 0, endsEarly: false, idle: false }
    await save()
    const worst = readings.reduce((one, other) => ((other.pause ?? -1) > (one.pause ?? -1) ? other : one))
    await tell(worst, state)
    calls = worst.pause === undefined ? MOST_CALLS : 1
    const isFull = batches.every(({ events }) => events.length === MAX_BATCH)
    const rest = isFull ? 0 : SPACING - (performance.now() - started)
    return { milliseconds: worst.pause ?? rest, endsEarly: false, idle: false }
  }

  /** Records the outcome at once, because a batch that TikTok has is sent again if this process is killed before. */
  async function sendOne(batch: Batch, state: SharedState, signal: AbortSignal): Promise<Reading> {
    const results = await ask(batch, signal)
    const reading = retryPolicy.read([{ batch: batch.events, results }], state.failures)
    const { settled, tried } = reading
    const outcome = { batch, settled, tried }
    if (isAbandoned) return reading
    try {
      await settlement.settle(outcome, now())
      inHand.delete(batch)
    } catch {
      unsaved.push(outcome) // it is tried again
    }
    return reading
  }

  function keepRenewed(batches: readonly Batch[]): () => void {
    const renew = () => Promise.all(batches.map(queue.renew)).catch(() => {}) // the next renewal may succeed
    const timer = setInterval(renew, leaseMilliseconds / 3).unref()
    return () => clearInterval(timer)
  }

  async function deliverNext(signal: AbortSignal): Promise<Pause> {
    await options.ready()
    await options.clock.read()
    await save()
    await tidy()
    const { batches, state } = await takeBatches()
    if (isBroken) log('converge-tiktok: the database works again.')
    isBroken = false
    if (batches.length) return send(batches, state, signal)
    if (state.hold > 0) return { milliseconds: Math.min(LOOK, state.hold), endsEarly: false, idle: true }
    return { milliseconds: Math.min(LOOK, (await queue.nextDue(now())) - now()), endsEarly: true, idle: true }
  }

  return {
    async next(signal) {
      try {
        return await deliverNext(signal)
      } catch (error) {
        if (!isBroken && !isAbandoned)
          log(`converge-tiktok: the database cannot be used (${reasonOf(error)}). Events are sent once it can be used.`)
        isBroken = true
        return { milliseconds: PAUSE_WITHOUT_DATABASE, endsEarly: false, idle: true }
      }
    },

    async abandon() {
      await save().catch((error: unknown) => {
        log(
          `converge-tiktok: the database could not be written (${reasonOf(error)}). Some events that TikTok has are sent again with the same event_id.`,
        )
      })
      isAbandoned = true
      await Promise.all([...inHand].map(queue.giveBack)).catch(() => {}) // their leases end soon
    },
  }
}

function createAsk({ deliver, log, leaseMilliseconds }: DeliveryOptions) {
  return async ({ events, taken }: Batch, signal: AbortSignal): Promise<DeliveryResult[]> => {
    // This process was suspended, and another one may have taken the events.
    if (performance.now() - taken > leaseMilliseconds) return []
    try {
      return await deliver(
        events.map(({ event }) => event),
        signal,
      )
    } catch (error) {
      log(`converge-tiktok: a delivery failed unexpectedly (${reasonOf(error)}). Its events are kept and sent again.`)
      return []
    }
  }
}
