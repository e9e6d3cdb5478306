import type { Verdict } from '../../server/outbox.ts'
import type { Settled, WaitingEvent } from './outbox-tables.ts'

export interface VerdictReaderOptions {
  /** Milliseconds since 1970. */
  now: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random: () => number
  log: (sentence: string) => void
  /** Milliseconds: after a first failure, and the longest. */
  retryAfter: { first: number; longest: number }
}

export interface Reading {
  settled: Settled[]
  /** Milliseconds until the next batch may leave. `undefined` if there is no reason to wait. */
  pause: number | undefined
}

/** A batch, and what `deliver` said of it. */
export interface Answered {
  batch: readonly WaitingEvent[]
  verdicts: readonly Verdict[]
}

export interface VerdictReader {
  /** Reads what was on its way together. */
  read(answered: readonly Answered[]): Reading
  /** Counts a failure, and gives back how many milliseconds to wait after it. */
  fail(): number
  /** The configuration fault that has stopped all calls. */
  stopped(): string | undefined
}

// Of one event, while others go through: with the default pauses, some 45 minutes.
const mostTries = 50
// `deliver` may hold back by itself, and nobody knows until when.
const longestHold = 2000
const noReason = 'TikTok did not say why.'

/** Decides what becomes of events after `deliver` has answered. */
export function createVerdictReader({ now, random, log, retryAfter }: VerdictReaderOptions): VerdictReader {
  let stopped: string | undefined
  let failures = 0

  const backOff = (attempts: number): number =>
    Math.min(retryAfter.longest, retryAfter.first * 2 ** attempts) * (0.5 + random() / 2)

  const fail = (): number => backOff(failures++)

  /** A few of many are put off, each by itself, and set aside in the end. */
  function putOff({ id, event_id, attempts, event }: WaitingEvent): Settled {
    if (attempts + 1 < mostTries) return { id, event_id, outcome: 'putOff', due: Math.ceil(now() + backOff(attempts)) }
    log(`converge-tiktok: an event (${event.data.event}) was set aside after ${mostTries} tries. ${event.problem}`)
    return { id, event_id, outcome: 'dead', problem: event.problem ?? noReason }
  }

  function readBatch({ batch, verdicts }: Answered): BatchReading {
    const having = (verdict: Verdict) => batch.filter((_, index) => (verdicts[index] ?? 'retry') === verdict)
    const [done, dead, retry, stop] = [having('done'), having('dead'), having('retry'), having('stop')]
    // Where all are refused for now, TikTok is down: they keep their place.
    const isDown = retry.length + stop.length === batch.length
    const settled: Settled[] = [
      ...done.map(({ id, event_id }): Settled => ({ id, event_id, outcome: 'done' })),
      ...dead.map(
        ({ id, event_id, event }): Settled => ({ id, event_id, outcome: 'dead', problem: event.problem ?? noReason }),
      ),
      ...(isDown ? [] : retry.filter(isTried).map(putOff)),
    ]
    return { settled, stop, down: isDown ? batch : [] }
  }

  return {
    read(answered) {
      const readings = answered.map(readBatch)
      const settled = readings.flatMap((reading) => reading.settled)
      const stop = readings.flatMap((reading) => reading.stop)
      const down = readings.flatMap((reading) => reading.down)
      stopped = stop[0] && (stop.find(isTried)?.event.problem ?? stopped ?? noReason)
      if (!down.length) {
        failures = 0
        return { settled, pause: undefined }
      }
      const pause = stop.length ? retryAfter.longest : fail()
      return { settled, pause: down.some(isTried) ? pause : Math.min(longestHold, pause) }
    },
    fail,
    stopped: () => stopped,
  }
}

interface BatchReading {
  settled: Settled[]
  stop: WaitingEvent[]
  /** All of the batch if TikTok refused all of it for now. */
  down: readonly WaitingEvent[]
}

/** Without a problem it was not tried: `deliver` held it back. */
function isTried({ event }: WaitingEvent): boolean {
  return event.problem !== undefined
}
