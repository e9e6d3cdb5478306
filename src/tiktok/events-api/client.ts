import type { Log } from '../../core/log.ts'
import { createBackoff } from './backoff.ts'
import { type Parcel, toBatches, toBody } from './batches.ts'
import type { Action } from './codes.ts'
import type { Deliver, OutboxEvent, Verdict } from './delivery.ts'
import { createPost, type PostOptions } from './post.ts'
import { createReports, OUTAGE } from './reports.ts'
import { createTally } from './tally.ts'

export interface EventsApiOptions extends PostOptions {
  pixelId: string
  /** Takes out of TikTok's text what may name a person, and the secrets. */
  redact: (text: string, secrets: readonly string[]) => string
  /** From 0 up to 1. */
  random?: () => number
  /** Milliseconds of a clock that never goes back, for the pauses after a failure. Default `performance.now`. */
  monotonic?: () => number
  log: Log
}

export interface EventsApi {
  /** Sends events and says what became of each. Until a backoff has passed, it answers without a request. Never rejects. */
  deliver: Deliver
  /** What it did since it was made. */
  stats(): EventsApiStats
  /** Seconds until it asks TikTok again, whole. */
  retryAfter(): number
}

export interface EventsApiStats {
  sent: number
  /** Set aside, by problem. */
  dead: Record<string, number>
  /** Whether a configuration fault has stopped everything, and which. */
  stopped: string | undefined
  /** Whether TikTok failed three times in a row. */
  isDown: boolean
}

const MAX_UNKNOWN = 12 // halves 1,000 events until one stands alone

export const tooLate =
  'Too late: TikTok has forgotten its event_id, so that it could count a second time. It was not sent.'

/** For the event that is behind an answer which nobody knows. */
interface Search {
  /** Such answers, since the last one that was good. */
  unknown: number
  /** Whether there was a good one. Without any, it may be all of TikTok. */
  isUseful: boolean
  /** The last such answer. */
  problem: string
}

/** TikTok's Events API v1.3. */
export function createEventsApi({ pixelId, redact, log, ...options }: EventsApiOptions): EventsApi {
  const { accessToken, now = Date.now, monotonic = () => performance.now(), random = Math.random } = options
  const post = createPost(options)
  const backoff = createBackoff(monotonic, random)
  const reports = createReports(log)
  const tally = createTally()

  const later = (): Verdict => (reports.stopped() ? 'stop' : 'retry')

  function setAside(event: OutboxEvent, problem: string): Verdict {
    event.problem = problem
    reports.deadLetter(event.data.event, problem)
    tally.countDead(problem)
    return 'dead'
  }

  async function deliver(events: OutboxEvent[], signal?: AbortSignal): Promise<Verdict[]> {
    const verdicts = new Map<OutboxEvent, Verdict>()
    const seconds = now() / 1000
    const live = events.filter((event) => {
      if (event.expires > seconds) return true
      verdicts.set(event, setAside(event, tooLate))
      return false
    })
    const search: Search = { unknown: 0, isUseful: false, problem: '' }
    for (const batch of toBatches(live)) {
      const answers = await send(batch, search, signal)
      batch.forEach(({ event }, index) => {
        verdicts.set(event, answers[index] ?? 'retry')
      })
    }
    if (search.unknown && !search.isUseful) {
      backoff.fail(backoff.failures())
      reports.failure(backoff.failures(), search.problem)
    }
    return events.map((event) => verdicts.get(event) ?? 'retry')
  }

  async function send(batch: Parcel[], search: Search, signal?: AbortSignal): Promise<Verdict[]> {
    if (signal?.aborted || backoff.left() || search.unknown === MAX_UNKNOWN) return batch.map(later)
    const round = backoff.failures()
    const { action, row, wait, ...outcome } = await post(toBody(pixelId, batch), signal)
    const problem = redact(outcome.problem, [accessToken])
    if (action === 'retry') {
      backoff.fail(round, wait)
      reports.failure(backoff.failures(), problem)
    } else if (action === 'stop') {
      backoff.stop()
      reports.stop(row, problem)
    } else if (action === 'isolate') {
      search.unknown++
      search.problem = problem
    } else {
      backoff.reset()
      reports.success()
      search.unknown = 0
      search.isUseful = true
    }
    if ((action === 'split' || action === 'isolate') && batch.length > 1) {
      const middle = batch.length >> 1
      const former = await send(batch.slice(0, middle), search, signal)
      return [...former, ...(await send(batch.slice(middle), search, signal))]
    }
    if (action === 'isolate') reports.unknownCode(problem)
    if (action === 'report') reports.takenInPart(batch.length, problem)
    return batch.map(({ event }) => conclude(event, action, problem))
  }

  function conclude(event: OutboxEvent, action: Action, problem: string): Verdict {
    if (action === 'split') return setAside(event, problem)
    if (action === 'done' || action === 'report') {
      tally.countSent()
      return 'done'
    }
    event.problem = problem
    return later()
  }

  return {
    deliver,
    stats: () => ({
      sent: tally.sent(),
      dead: tally.dead(),
      stopped: reports.stopped(),
      isDown: backoff.failures() >= OUTAGE,
    }),
    retryAfter: () => Math.ceil(backoff.left() / 1000) || 1,
  }
}
