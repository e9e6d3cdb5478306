import type { Log } from '../../core/log.ts'
import { createBackoff } from './backoff.ts'
import { type Parcel, toBatches, toBody } from './batches.ts'
import type { Action } from './codes.ts'
import type { Deliver, DeliveryResult, OutboxEvent, TikTokAnswer } from './delivery.ts'
import { createPost, type PostOptions } from './post.ts'
import { createReports, OUTAGE } from './reports.ts'
import { createTally } from './tally.ts'

export interface EventsApiOptions extends PostOptions {
  pixelId: string
  /** Removes personal data and secrets from TikTok's texts. */
  redact: (text: string, secrets: readonly string[]) => string
  /** Returns a random number from 0 up to, but not including, 1. */
  random?: () => number
  /** A monotonic clock in milliseconds, for the pauses after a failure. Default `performance.now`. */
  monotonic?: () => number
  log: Log
}

export interface EventsApi {
  /** Sends events and returns a result for each. During a pause it answers without a request. Never rejects. */
  deliver: Deliver
  /** Counts since the start. */
  stats(): EventsApiStats
  /** Whole seconds until the next call to TikTok. */
  retryAfter(): number
}

export interface EventsApiStats {
  sent: number
  /** Dead letters by problem. */
  dead: Record<string, number>
  /** The configuration fault that has stopped all calls, if there is one. */
  stopped: string | undefined
  /** True if TikTok failed three times in a row. */
  isDown: boolean
}

const MAX_UNKNOWN = 12 // halves 1,000 events until one is left

export const tooLate =
  'Too late: TikTok has forgotten its event_id, so that it could count a second time. It was not sent.'

/** Finds the event that causes an answer with an unknown code. */
interface Search {
  /** The number of such answers since the last successful one. */
  unknown: number
  /** True if a call succeeded. Otherwise the cause may be TikTok, not an event. */
  isUseful: boolean
  /** The last such answer. */
  problem: string
}

const SHORTEST_VALUE = 3

/** The values of the person in an event. */
function personalValues({ event: { data } }: Parcel): string[] {
  const { user, page } = data
  return [...Object.values(user).flat(), ...Object.values(page)].filter((value) => value.length >= SHORTEST_VALUE)
}

/** TikTok's Events API v1.3. */
export function createEventsApi({ pixelId, redact, log, ...options }: EventsApiOptions): EventsApi {
  const { accessToken, now = Date.now, monotonic = () => performance.now(), random = Math.random } = options
  const post = createPost(options)
  const backoff = createBackoff(monotonic, random)
  const reports = createReports(log)
  const tally = createTally()

  const later = (): DeliveryResult => (reports.stopped() ? 'stop' : 'retry')

  function setAside(event: OutboxEvent, problem: string): DeliveryResult {
    event.problem = problem
    reports.deadLetter(event.data.event, problem)
    tally.countDead(problem)
    return 'dead'
  }

  async function deliver(events: OutboxEvent[], signal?: AbortSignal): Promise<DeliveryResult[]> {
    const results = new Map<OutboxEvent, DeliveryResult>()
    const seconds = now() / 1000
    const live = events.filter((event) => {
      if (event.expires > seconds) return true
      results.set(event, setAside(event, tooLate))
      return false
    })
    const search: Search = { unknown: 0, isUseful: false, problem: '' }
    for (const batch of toBatches(live)) {
      const answers = await send(batch, search, signal)
      batch.forEach(({ event }, index) => {
        results.set(event, answers[index] ?? 'retry')
      })
    }
    if (search.unknown && !search.isUseful) {
      backoff.fail(backoff.failures())
      reports.failure(backoff.failures(), search.problem)
    }
    return events.map((event) => results.get(event) ?? 'retry')
  }

  async function send(batch: Parcel[], search: Search, signal?: AbortSignal): Promise<DeliveryResult[]> {
    if (signal?.aborted || backoff.left() || search.unknown === MAX_UNKNOWN) return batch.map(later)
    const round = backoff.failures()
    const { action, row, wait, code, ...outcome } = await post(toBody(pixelId, batch), signal)
    // TikTok's sentence may repeat values of the events.
    const values = action === 'done' || code === undefined ? [] : batch.flatMap(personalValues)
    const problem = redact(outcome.problem, [accessToken, ...values.filter((value) => outcome.problem.includes(value))])
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
    const answer: TikTokAnswer = { message: problem, ...(code !== undefined && { code }) }
    return batch.map(({ event }) => {
      if (code !== 0) event.answer = answer
      return conclude(event, action, problem)
    })
  }

  function conclude(event: OutboxEvent, action: Action, problem: string): DeliveryResult {
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
