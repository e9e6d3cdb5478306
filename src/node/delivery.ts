import { setImmediate } from 'node:timers/promises'
import type { Deliver, Verdict } from '../server/outbox.ts'
import type { DeliveryLock } from './delivery-lock.ts'
import type { Tables, WaitingEvent } from './outbox-tables.ts'

export interface Delivery {
  /** Something came. */
  wake(): void
  /** The configuration fault that has stopped everything. */
  stopped(): string | undefined
  /** Resolves once nothing is in flight, or after 5 s: what is sent then has no verdict, and is sent again. */
  close(): Promise<void>
}

export interface DeliveryOptions {
  tables: Tables
  lock: DeliveryLock
  deliver: Deliver
  /** Milliseconds since 1970. */
  now: () => number
  /** From 0 up to 1. */
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
// Of one event, while others go through: with the default pauses, some 45 minutes.
const mostTries = 50
const day = 86_400_000

interface Nap {
  milliseconds: number
  /** Whether what comes ends it. */
  light: boolean
}

/** Hands what waits to `deliver`, oldest first, one batch after the other. */
export function startDelivery({ tables, lock, deliver, now, random, log, retryAfter }: DeliveryOptions): Delivery {
  const closing = new AbortController()
  const { signal } = closing
  let isAbandoned = false
  let stopped: string | undefined
  let failures = 0
  let nextPruning = 0
  let endNap: (() => void) | undefined
  let isLight = false

  const backOff = (attempts: number): number =>
    Math.min(retryAfter.longest, retryAfter.first * 2 ** attempts) * (0.5 + random() / 2)

  async function deliverNext(): Promise<Nap> {
    if (!lock.take()) return { milliseconds: look, light: false }
    const started = now()
    if (started >= nextPruning) {
      tables.pruneOrders(started)
      nextPruning = started + day
    }
    while (tables.setAsideLate(started) && !signal.aborted) await setImmediate()
    const batch = tables.due(started)
    if (!batch.length) return { milliseconds: Math.min(look, tables.nextDue() - started), light: true }

    const verdicts = await ask(batch)
    if (isAbandoned) return { milliseconds: 0, light: false }
    const verdictOf = new Map(batch.map((event, index) => [event, verdicts[index] ?? 'retry']))
    const having = (verdict: Verdict) => batch.filter((event) => verdictOf.get(event) === verdict)
    const [done, dead, retry, stop] = [having('done'), having('dead'), having('retry'), having('stop')]
    // Where all are refused for now, TikTok is down: they keep their place. A few of many are put off, each by itself,
    // and set aside in the end.
    const isDown = retry.length + stop.length === batch.length
    const failed = isDown ? [] : retry.filter(isTried)
    const atFault = failed.filter(({ attempts }) => attempts + 1 >= mostTries)
    for (const { event } of atFault)
      log(`converge-tiktok: an event (${event.data.event}) was set aside after ${mostTries} tries. ${event.problem}`)
    const putOff = failed.filter((event) => !atFault.includes(event))
    const dueAt = ({ attempts }: WaitingEvent) => Math.ceil(now() + backOff(attempts))
    tables.settle({ done, dead: [...dead, ...atFault], putOff, dueAt }, now())

    stopped = stop[0] && (stop.find(isTried)?.event.problem ?? stopped ?? 'TikTok did not say why.')
    if (!isDown) {
      failures = 0
      return { milliseconds: spacing - (now() - started), light: false }
    }
    const pause = stop.length ? retryAfter.longest : backOff(failures++)
    return { milliseconds: batch.some(isTried) ? pause : Math.min(look, pause), light: false }
  }

  /** Without a problem it was not: `deliver` holds back by itself, and nobody knows until when. */
  function isTried({ event }: WaitingEvent): boolean {
    return event.problem !== undefined
  }

  async function ask(batch: WaitingEvent[]): Promise<Verdict[]> {
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

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let nap: Nap
      try {
        nap = await deliverNext()
      } catch (error) {
        log(`converge-tiktok: the outbox could not be read or written (${reasonOf(error)}). It is tried again.`)
        nap = { milliseconds: backOff(failures++), light: false }
      }
      if (!signal.aborted) await sleep(nap)
    }
  }

  function sleep({ milliseconds, light }: Nap): Promise<void> {
    return new Promise((resolve) => {
      // Waiting keeps no process alive: what waits is on the disk.
      const timer = setTimeout(resolve, Math.max(0, milliseconds)).unref()
      isLight = light
      endNap = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const ended = run()

  return {
    wake() {
      if (isLight) endNap?.()
    },
    stopped: () => stopped,
    async close() {
      closing.abort()
      endNap?.()
      let timer: NodeJS.Timeout | undefined
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, patience)))])
      clearTimeout(timer)
      isAbandoned = true
      lock.release()
    },
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
