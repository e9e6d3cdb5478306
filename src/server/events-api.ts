import type { Action } from './codes.ts'
import type { Deliver, OutboxEvent, Stats, Verdict } from './outbox.ts'
import { type Outcome, readAnswer } from './read-answer.ts'
import { readStream } from './read-body.ts'
import { redact } from './redact.ts'
import { withinTime } from './within-time.ts'

export const eventsApiUrl = 'https://business-api.tiktok.com/open_api/v1.3/event/track/'

export interface EventsApiOptions {
  pixelId: string
  accessToken: string
  /** Default TikTok's own. Of an origin alone, TikTok's path on it. */
  url?: string | undefined
  /** Milliseconds that a call may take. Default 10,000. */
  timeout?: number
  fetch?: typeof globalThis.fetch
  /** Milliseconds since 1970. */
  now?: () => number
  /** From 0 up to 1. */
  random?: () => number
  log?: (sentence: string) => void
}

export interface EventsApi {
  /** Sends events and says what became of each. Until a backoff has passed, it answers without a request. Never rejects. */
  deliver: Deliver
  /** What it did since it was made. Nothing waits in it. */
  stats(): Stats
  /** Seconds until it asks TikTok again, whole. */
  retryAfter(): number
}

const MAX_EVENTS = 1000
const MAX_BYTES = 1_000_000 // TikTok's is about 1 MB; the rest is for the envelope
const SHORTEST_HOLD = 1000
const LONGEST_HOLD = 60_000 // so long may TikTok be well again without our knowing
const LONGEST_RETRY_AFTER = 3_600_000
const MAX_ANSWER = 1_000_000 // a longer one is none of TikTok's
const OUTAGE = 3 // failures in a row: one alone is none
const MAX_PROBLEMS = 100
const MAX_UNKNOWN = 12 // halves 1,000 events until one stands alone

export const tooLate =
  'Too late: TikTok has forgotten its event_id, so that it could count a second time. It was not sent.'

interface Parcel {
  event: OutboxEvent
  json: string
}

/** For the event that is behind an answer which nobody knows. */
interface Search {
  /** Such answers, since the last one that was good. */
  unknown: number
  /** Whether there was a good one. Without any, it may be all of TikTok. */
  isUseful: boolean
}

/** TikTok's Events API v1.3. */
export function createEventsApi({
  pixelId,
  accessToken,
  url = eventsApiUrl,
  timeout = 10_000,
  fetch = globalThis.fetch,
  now = Date.now,
  random = Math.random,
  log = console.error,
}: EventsApiOptions): EventsApi {
  const given = new URL(url)
  const address = given.pathname === '/' ? new URL(new URL(eventsApiUrl).pathname, given).href : url
  let failures = 0
  let notBefore = 0
  let stopped: string | undefined
  let isOut = false
  let sent = 0
  const dead = new Map<string, number>()
  const said = new Set<string>()

  /** Milliseconds until it may ask again. A clock that was set back does not hold it for longer than it could have been. */
  function hold(): number {
    const left = notBefore - now()
    return left > 0 && left <= LONGEST_RETRY_AFTER ? left : 0
  }

  const later = (): Verdict => (stopped ? 'stop' : 'retry')

  function setAside(event: OutboxEvent, problem: string): Verdict {
    event.problem = problem
    sayOnce(`an event (${event.data.event}) was set aside. ${problem}`)
    // Distinct texts are few, unless TikTok writes something of the event into them.
    const key = dead.has(problem) || dead.size < MAX_PROBLEMS ? problem : 'Other problems'
    dead.set(key, (dead.get(key) ?? 0) + 1)
    return 'dead'
  }

  function sayOnce(sentence: string): void {
    if (said.has(sentence) || said.size === MAX_PROBLEMS) return
    said.add(sentence)
    log(`converge-tiktok: ${sentence}`)
  }

  async function deliver(events: OutboxEvent[], signal?: AbortSignal): Promise<Verdict[]> {
    const verdicts = new Map<OutboxEvent, Verdict>()
    const seconds = now() / 1000
    const live = events.filter((event) => {
      if (event.expires > seconds) return true
      verdicts.set(event, setAside(event, tooLate))
      return false
    })
    const search: Search = { unknown: 0, isUseful: false }
    for (const batch of toBatches(live)) {
      const answers = await send(batch, search, signal)
      batch.forEach(({ event }, index) => {
        verdicts.set(event, answers[index] ?? 'retry')
      })
    }
    if (search.unknown && !search.isUseful) holdBack(failures)
    return events.map((event) => verdicts.get(event) ?? 'retry')
  }

  async function send(batch: Parcel[], search: Search, signal?: AbortSignal): Promise<Verdict[]> {
    if (signal?.aborted || hold() || search.unknown === MAX_UNKNOWN) return batch.map(later)
    const round = failures
    const outcome = await post(batch, signal)
    const { action } = outcome
    const problem = redact(outcome.problem, [accessToken])
    if (action === 'retry') {
      holdBack(round, outcome.wait)
      sayOutage(problem)
    } else if (action === 'stop') stop(outcome, problem)
    else if (action === 'isolate') search.unknown++
    else {
      goOn()
      Object.assign(search, { unknown: 0, isUseful: true } satisfies Search)
    }
    if ((action === 'split' || action === 'isolate') && batch.length > 1) {
      const middle = batch.length >> 1
      const former = await send(batch.slice(0, middle), search, signal)
      return [...former, ...(await send(batch.slice(middle), search, signal))]
    }
    if (action === 'isolate') sayOnce(`${problem}, which is unknown here. What it was about is tried again.`)
    if (action === 'report') log(`converge-tiktok: TikTok took ${batch.length} events in part. ${problem}`)
    return batch.map(({ event }) => settle(event, action, problem))
  }

  function settle(event: OutboxEvent, action: Action, problem: string): Verdict {
    if (action === 'split') return setAside(event, problem)
    if (action === 'done' || action === 'report') {
      sent++
      return 'done'
    }
    event.problem = problem
    return later()
  }

  async function post(batch: Parcel[], closing?: AbortSignal): Promise<Outcome> {
    const call = async (signal: AbortSignal): Promise<Outcome> => {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'access-token': accessToken },
        body: toBody(pixelId, batch),
        redirect: 'manual', // a redirect must not take the token along
        signal,
      })
      const text = await readStream(response.body, MAX_ANSWER)
      const { status, headers } = response
      return readAnswer(
        { status, retryAfter: headers.get('retry-after'), text: typeof text === 'string' ? text : '' },
        now(),
      )
    }
    try {
      return await withinTime(call, timeout, closing)
    } catch (error) {
      return { action: 'retry', problem: `TikTok could not be reached: ${reasonOf(error, timeout)}` }
    }
  }

  /** Calls that ran side by side and failed together are one failure. */
  function holdBack(round: number, wait = 0): void {
    if (round === failures) failures++
    const backoff = Math.min(SHORTEST_HOLD * 2 ** (failures - 1), LONGEST_HOLD)
    const asked = Math.min(wait, LONGEST_RETRY_AFTER)
    notBefore = Math.max(notBefore, now() + Math.max(backoff * (0.5 + random() / 2), asked))
  }

  function sayOutage(problem: string): void {
    if (isOut || stopped || failures < OUTAGE) return
    isOut = true
    log(`converge-tiktok: ${problem}, ${OUTAGE} times in a row. What came is kept, and tried again.`)
  }

  function stop({ row }: Outcome, problem: string): void {
    // Asked again now and then, so that a permission that was given in TikTok's settings needs no restart.
    notBefore = now() + LONGEST_HOLD
    const sentence = `${problem} (${row?.meaning}). Nothing is sent until that is mended; what came is kept. ${row?.advice}`
    if (stopped !== sentence) log(`converge-tiktok: ${sentence}`)
    stopped = sentence
  }

  function goOn(): void {
    if (stopped || isOut) log('converge-tiktok: TikTok takes events again.')
    isOut = false
    failures = 0
    stopped = undefined
  }

  return {
    deliver,
    stats: () => ({ waiting: 0, sent, dead: Object.fromEntries(dead), oldest: undefined, stopped }),
    retryAfter: () => Math.ceil(hold() / 1000) || 1,
  }
}

/** Up to 1,000 events and 1 MB each. Test events go alone. */
function toBatches(events: OutboxEvent[]): Parcel[][] {
  const encoder = new TextEncoder()
  const batches: Parcel[][] = []
  let open: Parcel[] | undefined
  let bytes = 0
  for (const event of events) {
    const parcel = { event, json: JSON.stringify(event.data) }
    if (event.test_event_code) {
      batches.push([parcel])
      continue
    }
    const size = encoder.encode(parcel.json).length + 1
    if (!open || open.length === MAX_EVENTS || bytes + size > MAX_BYTES) {
      open = []
      bytes = 0
      batches.push(open)
    }
    open.push(parcel)
    bytes += size
  }
  return batches
}

function toBody(pixelId: string, batch: Parcel[]): string {
  const envelope = {
    event_source: 'web',
    event_source_id: pixelId,
    test_event_code: batch[0]?.event.test_event_code,
  }
  const data = batch.map(({ json }) => json).join(',')
  return `${JSON.stringify(envelope).slice(0, -1)},"data":[${data}]}`
}

function reasonOf(error: unknown, timeout: number): string {
  const { name, message, cause } = Object(error)
  if (name === 'TimeoutError') return `no answer within ${timeout / 1000} s`
  return `${Object(cause).code ?? Object(cause).message ?? message ?? name}`
}
