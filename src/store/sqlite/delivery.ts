import { setImmediate } from 'node:timers/promises'
import type { Deliver, Verdict } from '../../server/outbox.ts'
import type { DeliveryLock } from './delivery-lock.ts'
import type { Tables, WaitingEvent } from './outbox-tables.ts'
import { isSqliteError, reasonOf } from './sqlite.ts'
import { createVerdictReader } from './verdict-reader.ts'
import { createVerdictRecord } from './verdict-record.ts'

export interface Delivery {
  /** Something came. */
  wake(): void
  /** The configuration fault that has stopped all calls. */
  stopped(): string | undefined
  /** How many of the events that the file still holds were sent: it could not be written since. */
  sentCount(): number
  /** Resolves once nothing is in flight, or after 5 s: what is sent then has no verdict, and is sent again. */
  close(): Promise<void>
}

export interface DeliveryOptions {
  tables: Tables
  lock: DeliveryLock
  deliver: Deliver
  /** Milliseconds that an order may wait for its twin at the longest. */
  longestWait: number
  /** Called at least every two seconds. Must not throw. */
  checkFile: () => void
  /** Milliseconds since 1970. */
  now: () => number
  /** Milliseconds since some moment. Unlike `now`, nobody can set it: all durations are measured by it. */
  elapsed: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random: () => number
  log: (sentence: string) => void
  /** Milliseconds: after a first failure, and the longest. */
  retryAfter: { first: number; longest: number }
}

// What comes within it is one batch, and what has waited through a long outage leaves as 10 batches a second at most:
// TikTok allows a token 1,000 requests.
const spacing = 100
// Another process may have added something, requeued a dead letter, or ended.
const look = 2000
// `deliver` gives its call up by itself 4 s after it was told to end.
const patience = 5000
const day = 86_400_000

interface Nap {
  milliseconds: number
  /** Whether what comes ends it. */
  light: boolean
}

/** Hands what waits to `deliver`, oldest first, one batch after the other. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { tables, lock, longestWait, now, elapsed, log } = options
  const longestPause = options.retryAfter.longest
  const closing = new AbortController()
  const { signal } = closing
  const verdictReader = createVerdictReader(options)
  const record = createVerdictRecord({ ...options, longestPause })
  const { sleep, endNap, wake } = createNaps()
  const ask = createAsk(options, signal)
  let isAbandoned = false
  let nextPruning = Number.NEGATIVE_INFINITY

  async function setLateAside(): Promise<void> {
    while (!signal.aborted && record.write(() => tables.setAsideLate(now(), record.isSettled))) await setImmediate()
  }

  async function deliverNext(): Promise<Nap> {
    options.checkFile()
    if (!lock.take()) return { milliseconds: look, light: false }
    const started = elapsed()
    if (started >= nextPruning) {
      record.write(() => tables.prune(now()))
      nextPruning = started + day
    }
    record.save()
    await setLateAside()
    record.write(() => tables.release(now(), longestWait))
    const batch = tables.due(now(), longestPause, record.isSettled)
    if (!batch.length) return { milliseconds: Math.min(look, tables.nextDue(now()) - now()), light: true }

    const verdicts = await ask(batch)
    if (isAbandoned) return { milliseconds: 0, light: false }
    const { settled, pause } = verdictReader.read(batch, verdicts)
    record.keep(settled)
    record.save()
    return { milliseconds: pause ?? spacing - (elapsed() - started), light: false }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let nap: Nap
      try {
        nap = await deliverNext()
      } catch (error) {
        if (!isSqliteError(error, 'busy'))
          log(`converge-tiktok: the outbox could not be read (${reasonOf(error)}). It is tried again.`)
        nap = { milliseconds: verdictReader.fail(), light: false }
      }
      if (!signal.aborted) await sleep(nap)
    }
  }

  const ended = run()

  return {
    wake,
    stopped: verdictReader.stopped,
    sentCount: record.sentCount,
    async close() {
      closing.abort()
      endNap()
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
  return async (batch: WaitingEvent[]): Promise<Verdict[]> => {
    try {
      return await deliver(
        batch.map(({ event }) => event),
        signal,
      )
    } catch (error) {
      log(`converge-tiktok: a delivery broke off (${reasonOf(error)}). Its events are kept and sent again.`)
      return []
    }
  }
}

function createNaps() {
  let end: (() => void) | undefined
  let isLight = false
  return {
    sleep: ({ milliseconds, light }: Nap): Promise<void> =>
      new Promise((resolve) => {
        // Waiting keeps no process alive: what waits is on the disk.
        const timer = setTimeout(resolve, Math.max(0, milliseconds)).unref()
        isLight = light
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    endNap: () => end?.(),
    wake: () => {
      if (isLight) end?.()
    },
  }
}
