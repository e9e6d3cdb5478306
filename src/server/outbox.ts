import type { EventParameters, User } from '../types.ts'

/** One element of `data` in a request to TikTok's Events API. */
export interface EventsApiEvent {
  event: string
  /** Unix seconds, whole. It stays what it was through every retry. */
  event_time: number
  event_id: string
  limited_data_use?: boolean
  user: User & { ttclid?: string; ttp?: string; ip?: string; user_agent?: string; locale?: string }
  page: { url?: string; referrer?: string }
  properties: EventParameters
}

/** An event on its way to TikTok. JSON, so that it can be kept anywhere; what names a person is hashed in it. */
export interface OutboxEvent {
  data: EventsApiEvent
  /** Unix seconds. After it the event is set aside and never sent: TikTok would count it a second time. */
  expires: number
  /** Of a row that is counted once: the same event and event_id is not taken again for 90 days. */
  order: boolean
  test_event_code?: string
  /** Why TikTok did not take it, when it was tried last. Written by `deliver`. */
  problem?: string
}

export type Verdict =
  | 'done'
  | 'retry' // later, and for as long as it has not expired
  | 'dead' // never: set it aside, with its problem, where a person can see it
  | 'stop' // nothing can be sent until somebody mends the configuration: keep everything

/**
 * One verdict for each event, in their order. Once `signal` is aborted, TikTok is asked no more, and its answer to the call
 * in flight is awaited for 4 s at most: what is left is for later.
 */
export type Deliver = (events: OutboxEvent[], signal?: AbortSignal) => Promise<Verdict[]>

export interface Stats {
  waiting: number
  sent: number
  /** Set aside, by problem. */
  dead: Record<string, number>
  /** Seconds since the oldest one that waits came. */
  oldest: number | undefined
  /** Whether a configuration fault has stopped everything, and which. */
  stopped: string | undefined
}

/** Keeps events until TikTok has them. */
export interface Outbox {
  /**
   * Resolves once they are kept, whatever happens then.
   *
   * @throws OutboxFull where there is no room: the sender keeps them
   */
  add(events: OutboxEvent[]): Promise<void>
  /** Begins to hand what waits to `deliver`, oldest first, and what comes, at most 1,000 at a time. */
  start(deliver: Deliver): void
  stats?(): Promise<Stats>
}

export class OutboxFull extends Error {
  override name = 'OutboxFull'
}
