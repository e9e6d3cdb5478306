import type { DeliveryResult } from '../server/outbox.ts'
import type { Settled, WaitingEvent } from './waiting-event.ts'

export interface RetryPolicyOptions {
  /** Milliseconds since 1970. */
  now: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random: () => number
  log: (sentence: string) => void
  /** Milliseconds of the pause after the first failure, and of the longest pause. */
  retryAfter: { first: number; longest: number }
}

export interface Reading {
  settled: Settled[]
  /** Events that TikTok did not accept now, and that stay as they are. */
  tried: WaitingEvent[]
  /** Milliseconds until the next batch may be sent. `undefined` if there is no reason to wait. */
  pause: number | undefined
  /** True if TikTok was called. Otherwise `deliver` itself is in a pause. */
  wasTried: boolean
}

/** A batch, with the results of `deliver`. */
export interface Answered {
  batch: readonly WaitingEvent[]
  results: readonly DeliveryResult[]
}

export interface RetryPolicy {
  /**
   * Reads the results of batches that were sent in parallel. `before` is how often all processes of a database failed in a
   * row. Default: how often this one did.
   */
  read(answered: readonly Answered[], before?: number): Reading
  /** Counts a failure and returns the pause after it, in milliseconds. */
  fail(): number
  /** How often TikTok failed in a row. */
  failures(): number
  /** The configuration fault that has stopped all calls. */
  stopped(): string | undefined
}

// For one event, while others succeed. With the default pauses, this takes some 45 minutes.
const mostTries = 50
// `deliver` may be in a pause of unknown length, so ask again soon.
const longestHold = 2000
const noReason = 'TikTok did not say why.'

/** Decides what happens to events after `deliver` has answered. */
export function createRetryPolicy({ now, random, log, retryAfter }: RetryPolicyOptions): RetryPolicy {
  let stopped: string | undefined
  let failures = 0

  const backOff = (attempts: number): number =>
    Math.min(retryAfter.longest, retryAfter.first * 2 ** attempts) * (0.5 + random() / 2)

  const fail = (): number => backOff(failures++)

  /** Delays a single event of a batch. After too many attempts it becomes a dead letter. */
  function putOff(waiting: WaitingEvent): Settled {
    const { attempts, event } = waiting
    if (attempts + 1 < mostTries)
      return { ...keyOf(waiting), outcome: 'putOff', due: Math.ceil(now() + backOff(attempts)) }
    log(`converge-tiktok: an event (${event.data.event}) was set aside after ${mostTries} tries. ${event.problem}`)
    return { ...keyOf(waiting), outcome: 'dead', problem: event.problem ?? noReason }
  }

  function readBatch({ batch, results }: Answered): BatchReading {
    const having = (result: DeliveryResult) => batch.filter((_, index) => (results[index] ?? 'retry') === result)
    const [done, dead, retry, stop] = [having('done'), having('dead'), having('retry'), having('stop')]
    // If all events are refused for now, TikTok is down, and no single event is at fault.
    const isDown = retry.length + stop.length === batch.length
    const settled: Settled[] = [
      ...done.map((one): Settled => ({ ...keyOf(one), outcome: 'done' })),
      ...dead.map((one): Settled => ({ ...keyOf(one), outcome: 'dead', problem: one.event.problem ?? noReason })),
      ...(isDown ? [] : retry.filter(isTried).map(putOff)),
    ]
    return { settled, stop, down: isDown ? batch : [] }
  }

  return {
    read(answered, before = failures) {
      failures = before
      const readings = answered.map(readBatch)
      const settled = readings.flatMap((reading) => reading.settled)
      const stop = readings.flatMap((reading) => reading.stop)
      const down = readings.flatMap((reading) => reading.down)
      stopped = stop[0] && (stop.find(isTried)?.event.problem ?? stopped ?? noReason)
      if (!down.length) {
        failures = 0
        return { settled, tried: [], pause: undefined, wasTried: true }
      }
      const pause = stop.length ? retryAfter.longest : fail()
      const tried = down.filter(isTried)
      const wasTried = tried.length > 0
      return { settled, tried, pause: wasTried ? pause : Math.min(longestHold, pause), wasTried }
    },
    fail,
    failures: () => failures,
    stopped: () => stopped,
  }
}

const keyOf = ({ id, event_id, line, event: { answer } }: WaitingEvent) => ({ id, event_id, line, answer })

interface BatchReading {
  settled: Settled[]
  stop: WaitingEvent[]
  /** The whole batch, if TikTok refused all of it for now. */
  down: readonly WaitingEvent[]
}

/** An event without a problem was not sent, because `deliver` is in a pause. */
function isTried({ event }: WaitingEvent): boolean {
  return event.problem !== undefined
}
