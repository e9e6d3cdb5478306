import { setImmediate } from 'node:timers/promises'
import type { Deliver } from '../../server/outbox.ts'
import type { LogRetention } from '../event-log.ts'
import { type Answered, createRetryPolicy } from '../retry-policy.ts'
import type { MergeOptions } from '../store.ts'
import type { WaitingEvent } from '../waiting-event.ts'
import type { DeliveryLock } from './delivery-lock.ts'
import { isFull, type Tables } from './outbox-tables.ts'
import { createOutcomeBuffer } from './outcome-buffer.ts'
import { isSqliteError, reasonOf } from './sqlite.ts'

export interface Delivery {
  /** True if an event was handed out and has no result yet. */
  isSending(id: number): boolean
  /** Ends a pause early, because events have arrived. */
  wake(): void
  /** The configuration fault that has stopped all calls. */
  stopped(): string | undefined
  /** The number of sent events that the file still contains, because it could not be written. */
  sentCount(): number
  /** Resolves once nothing is in flight, or after 5 s. Events without a result by then are sent again. */
  close(): Promise<void>
}

export interface DeliveryOptions {
  tables: Tables
  lock: DeliveryLock
  deliver: Deliver
  /** How long the event log is kept. */
  logRetention: LogRetention
  /** The current options of the store. */
  options: () => MergeOptions
  /** Called at least every two seconds. Must not throw. */
  checkFile: () => void
  /** Milliseconds since 1970. */
  now: () => number
  /** A monotonic clock in milliseconds, for all durations. Unlike `now`, nobody can change it. */
  elapsed: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random: () => number
  log: (sentence: string) => void
  /** Milliseconds of the pause after the first failure, and of the longest pause. */
  retryAfter: { first: number; longest: number }
}

// Milliseconds in which arriving events form one batch. A backlog does not wait, because each round of calls takes more than
// a millisecond and TikTok allows 1,000 calls a second for each token.
const spacing = 100
// TikTok takes up to half a second for a call. Sending one call at a time would be slower than the intake.
const mostCalls = 4
// Milliseconds between checks of the file: another process may have added or requeued an event, or ended.
const look = 2000
// `deliver` aborts its call 4 s after the signal.
const patience = 5000
// Each reads up to 1,000 events.
const partsOfSweep = 5
const minute = 60_000
const day = 86_400_000

interface Pause {
  milliseconds: number
  /** True if arriving events end it. */
  endsEarly: boolean
}

/** Passes waiting events to `deliver`, oldest first: one batch at a time, or a few batches at a time for a backlog. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { tables, lock, now, elapsed, log } = options
  const longestPause = options.retryAfter.longest
  const closing = new AbortController()
  const { signal } = closing
  const retryPolicy = createRetryPolicy(options)
  const record = createOutcomeBuffer({ ...options, longestPause })
  const { sleep, endPause, wake } = createPauses()
  const ask = createAsk(options, signal)
  const sending = new Set<number>()
  let isAbandoned = false
  // After a failure, a single batch tests whether TikTok works again.
  let calls = 1
  let nextPruning = Number.NEGATIVE_INFINITY
  let nextProfilePruning = Number.NEGATIVE_INFINITY
  let nextLogPruning = Number.NEGATIVE_INFINITY

  async function setLateAside(): Promise<void> {
    while (!signal.aborted && record.write(() => tables.setAsideLate(now(), record.isSettled))) await setImmediate()
  }

  async function releaseHeld(): Promise<void> {
    const { mergeOrders, ...rules } = options.options()
    const releaseSome = () => tables.release(now(), mergeOrders * 1000, rules)
    while (!signal.aborted && record.write(releaseSome)) await setImmediate()
  }

  function pruneProfiles(started: number): void {
    if (started < nextProfilePruning) return
    nextProfilePruning = started + look
    record.write(() => {
      tables.pruneProfiles(now(), started, options.options().profiles)
      return 0
    })
  }

  const sweepMoment = () => ({ now: now(), options: options.options() })

  /** Erases a part of what visitors have denied since. Other events must not wait for all of it. */
  async function sweepDenied(): Promise<void> {
    for (let part = 0; part < partsOfSweep && !signal.aborted; part++) {
      if (!record.write(() => tables.sweep(sweepMoment()))) return
      await setImmediate()
    }
  }

  /** Saves in chunks, so that intake can run in between. */
  async function save(): Promise<void> {
    while (!isAbandoned && record.saveSome()) await setImmediate()
  }

  /**
   * Sends the oldest batches, up to the number of parallel calls. Each call starts before the next batch is read, and intake
   * can run in between.
   */
  async function sendNext(): Promise<Answered[]> {
    const answers: Promise<Answered>[] = []
    let last = 0
    while (answers.length < calls) {
      const { read, batch } = readAfter(last, answers.length > 0)
      for (const { id } of batch) sending.add(id)
      if (batch.length) answers.push(ask(batch))
      last = read.at(-1)?.id ?? last
      if (!isFull(read)) break
      await setImmediate()
    }
    return Promise.all(answers)
  }

  /** Once calls are on their way, a failed read only ends the round: their answers must be recorded. */
  function readAfter(last: number, isUnderway: boolean): { read: WaitingEvent[]; batch: WaitingEvent[] } {
    try {
      const read = tables.due(now(), longestPause, record.isSettled, last)
      return { read, batch: tables.withoutDenied(read, sweepMoment()) }
    } catch (error) {
      if (!isUnderway) throw error
      return { read: [], batch: [] }
    }
  }

  async function deliverNext(): Promise<Pause> {
    options.checkFile()
    if (!lock.take()) return { milliseconds: look, endsEarly: false }
    const started = elapsed()
    if (started >= nextPruning) {
      record.write(() => tables.prune(now()))
      nextPruning = started + day
    }
    pruneProfiles(started)
    // A small step at a time, so that intake can run in between.
    if (started >= nextLogPruning && !record.write(() => tables.pruneLog(now(), options.logRetention)))
      nextLogPruning = started + minute
    await save()
    await setLateAside()
    await sweepDenied()
    await releaseHeld()
    const answered = await sendNext()
    if (!answered.length) return { milliseconds: Math.min(look, tables.nextDue(now()) - now()), endsEarly: true }

    sending.clear()
    if (isAbandoned) return { milliseconds: 0, endsEarly: false }
    const { settled, tried, pause } = retryPolicy.read(answered)
    record.keep(settled)
    if (tried.length) record.write(() => tables.logTries(tried, now()))
    await save()
    calls = pause === undefined ? mostCalls : 1
    const rest = answered.every(({ batch }) => isFull(batch)) ? 0 : spacing - (elapsed() - started)
    return { milliseconds: pause ?? rest, endsEarly: false }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let pause: Pause
      try {
        pause = await deliverNext()
      } catch (error) {
        if (!isSqliteError(error, 'busy'))
          log(`converge-tiktok: the outbox could not be read (${reasonOf(error)}). The next attempt follows.`)
        pause = { milliseconds: retryPolicy.fail(), endsEarly: false }
      }
      if (!signal.aborted) await sleep(pause)
    }
  }

  const ended = run()

  return {
    isSending: (id) => sending.has(id),
    wake,
    stopped: retryPolicy.stopped,
    sentCount: record.sentCount,
    async close() {
      closing.abort()
      endPause()
      let timer: NodeJS.Timeout | undefined
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, patience)))])
      clearTimeout(timer)
      isAbandoned = true
      await record.close()
      lock.release()
    },
  }
}

function createAsk({ deliver, log }: DeliveryOptions, signal: AbortSignal) {
  return async (batch: WaitingEvent[]): Promise<Answered> => {
    try {
      const events = batch.map(({ event }) => event)
      return { batch, results: await deliver(events, signal) }
    } catch (error) {
      log(`converge-tiktok: a delivery failed unexpectedly (${reasonOf(error)}). Its events are kept and sent again.`)
      return { batch, results: [] }
    }
  }
}

function createPauses() {
  let end: (() => void) | undefined
  let isInterruptible = false
  return {
    sleep: ({ milliseconds, endsEarly }: Pause): Promise<void> =>
      new Promise((resolve) => {
        // The timer does not keep the process alive, because waiting events are on disk.
        const timer = setTimeout(resolve, Math.max(0, milliseconds)).unref()
        isInterruptible = endsEarly
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    endPause: () => end?.(),
    wake: () => {
      if (isInterruptible) end?.()
    },
  }
}
