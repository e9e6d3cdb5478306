import type { Log } from '../core/log.ts'
import type { LogPart } from '../store/event-log.ts'
import type { EventsApi } from '../tiktok/events-api/client.ts'
import type { Intake, Late, Taken } from './intake.ts'
import type { Keeper } from './keeper.ts'
import type { Metrics } from './metrics.ts'
import { logOrders } from './order-log.ts'
import type { DeliveryResult } from './outbox.ts'
import { redact } from './redact.ts'
import { reportResults } from './report-results.ts'
import type { RequestContext } from './request-context.ts'
import { type Answer, refuse, report, shortened, type Tally } from './respond.ts'
import type { Throttle } from './throttle.ts'

export interface EventStoreOptions {
  /** Missing if nothing counts. */
  metrics?: Metrics | undefined
  api: EventsApi
  keeper: Keeper | undefined
  log: Log
  throttle: Throttle
  /** Milliseconds, of a clock that never goes back. */
  monotonic: () => number
}

export interface EventStore {
  /** Answers once the events of a request are stored, or TikTok has received them. */
  store(intake: Intake, context: RequestContext): Promise<Answer>
  /** Adds events to the log that are not sent. */
  note(part: LogPart): void
  /** Why the outbox refused events in the last minute, unless it has accepted others since. */
  refusal(): StoreRefusal | undefined
}

export interface StoreRefusal {
  kind: 'full' | 'broken'
  message: string
}

interface Stored {
  kept: Taken[]
  /** Events that TikTok refused for good. */
  refused: Taken[]
}

/** Seconds until a sender should retry. Health reports a refusal for the same time. */
const RETRY_AFTER = 60

/** How long events are sent after the answer. What is left then is sent after the next request, or by a timer. */
const SECONDS_AFTER_REQUEST = 15

export function createEventStore(options: EventStoreOptions): EventStore {
  const { api, keeper, metrics, log, throttle, monotonic } = options
  const limited = createLineLimit(monotonic)
  let last: (StoreRefusal & { at: number }) | undefined

  async function keep(keeper: Keeper, intake: Intake): Promise<Answer | Stored> {
    const events = intake.taken.map(({ event }) => event)
    const denials = keeper.keepsDenials ? intake.denials : []
    const part = { ...intake.log, eventNames: intake.taken.map(({ eventName }) => eventName) }
    const extras = { history: intake.history, denials, ...(keeper.hasLog && { log: part }) }
    if (events.length === 0 && denials.length === 0 && !intake.history) {
      note(part)
      return { kept: [], refused: [] }
    }
    try {
      const results = await keeper.add(events, extras)
      last = undefined
      metrics?.countReceived(part, events)
      logOrders(log, throttle, intake.taken, results)
      return { kept: reportResults(intake, results), refused: [] }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      const kind = name === 'OutboxFull' ? 'full' : 'broken'
      const reason = kind === 'full' ? 'The outbox is full' : 'The outbox could not store the events'
      last = { kind, message: `${reason}: ${redact(message)}`, at: monotonic() }
      const line = throttle.allow(`outbox ${kind}`)
      if (line)
        log('error', `${reason}. Senders are asked to retry`, {
          problem: redact(message),
          more: line.leftOut || undefined,
        })
      return refuse(503, `${reason}. Send the events again later.`, [], { 'retry-after': String(RETRY_AFTER) })
    }
  }

  /** Logs events that are not sent. The sender needs no answer to that, and a failed write must not refuse the request. */
  function note(part: LogPart): void {
    metrics?.countReceived(part, [])
    if (keeper?.hasLog && part.unsent.length) void keeper.add([], { log: part }).catch(() => {})
  }

  /** Sends events at once, if nothing stores them. */
  async function sendNow({ taken }: Intake): Promise<Answer | Stored> {
    const results = await api.deliver(taken.map(({ event }) => event))
    const having = (result: DeliveryResult) => taken.filter((_, index) => results[index] === result)
    const [kept, refused] = [having('done'), having('dead')]
    if (kept.length + refused.length === taken.length) return { kept, refused }
    return refuse(503, 'TikTok cannot accept the events now. Send them again later.', [], {
      'retry-after': String(api.retryAfter()),
    })
  }

  async function store(intake: Intake, context: RequestContext): Promise<Answer> {
    const { taken, problems, statuses, late, denials } = intake
    const isByDesign = statuses?.filtered || statuses?.skipped || statuses?.no_consent || denials.length
    if (taken.length === 0 && late.length === 0 && !isByDesign) {
      note({ ...intake.log, unsent: limited(intake.log.unsent), eventNames: [] })
      return refuse(400, 'No event of this request could be accepted.', problems)
    }
    const work = keeper ? keep(keeper, intake) : sendNow(intake)
    context.waitUntil?.(work)
    const stored = await work
    if ('status' in stored) return stored
    // On a platform that may stop this process now, except for work that it was told to wait for.
    if (keeper?.drain && taken.length) context.waitUntil?.(keeper.drain(api.deliver, SECONDS_AFTER_REQUEST))
    const accepted = countPaths(stored.kept)
    for (const { path, event } of stored.refused)
      problems.push({ path, message: event.problem ?? 'was refused by TikTok' })
    const tally: Tally = statuses ? { accepted, statuses } : { accepted }
    return report(tally, { ...(!statuses && tooLate(late)), ...shortened(problems) })
  }

  return {
    store,
    note,
    refusal: () => (last && monotonic() - last.at < RETRY_AFTER * 1000 ? last : undefined),
  }
}

/** The events of a request. The TikTok events of an event follow each other. */
function countPaths(kept: readonly Taken[]): number {
  let count = 0
  let last: string | undefined
  for (const { path } of kept) {
    if (path !== last) count++
    last = path
  }
  return count
}

const REFUSED_LINES = 100
const MINUTE = 60_000

/** Anybody may post what is refused, so at most 100 such events a minute are logged. */
function createLineLimit(monotonic: () => number) {
  let since = monotonic()
  let left = REFUSED_LINES
  return <Element>(elements: readonly Element[]): readonly Element[] => {
    if (monotonic() - since > MINUTE) {
      since = monotonic()
      left = REFUSED_LINES
    }
    const allowed = elements.slice(0, left)
    left -= allowed.length
    return allowed
  }
}

/** For a page: events that it must not mark as sent by the server. */
function tooLate(late: readonly Late[]): { too_late?: Pick<Late, 'event_name' | 'event_id'>[] } {
  return late.length ? { too_late: late.map(({ event_name, event_id }) => ({ event_name, event_id })) } : {}
}
