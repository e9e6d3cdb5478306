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
  /** Deduplicate this event for 90 days, by its name and event_id. */
  order: boolean
  /**
   * Who brought it: a page, whose requests anybody can forge, or a server that knows a secret of the shop. A page's event
   * never keeps a signed one from being sent. Missing in events that an earlier version kept, which count as a page's.
   */
  source?: 'page' | 'signed'
  test_event_code?: string
  /** Why TikTok did not take it, when it was tried last. Written by `deliver`. */
  problem?: string
}

export type Verdict =
  | 'done'
  | 'retry' // later, and for as long as it has not expired
  | 'dead' // never: set it aside, with its problem, where a person can see it
  | 'stop' // nothing can be sent until somebody mends the configuration: keep everything

/** One verdict for each event, in their order. Once `signal` is aborted, TikTok is asked no more: what is left is for later. */
export type Deliver = (events: OutboxEvent[], signal?: AbortSignal) => Promise<Verdict[]>

export interface Stats {
  waiting: number
  sent: number
  /** Set aside, by problem: the most frequent 20, and `Other problems`. */
  dead: Record<string, number>
  /** Seconds since the oldest one that waits came. */
  oldest: number | undefined
  /** A sentence about what has stopped everything until somebody mends it: the configuration, or a file that is gone. */
  stopped: string | undefined
  /** A sentence about why no events are taken at the moment: its own limit, or the disk. */
  full?: string | undefined
}

/** Keeps events until TikTok has them. */
export interface Outbox {
  /**
   * Resolves once they are kept, whatever happens then, with those that were not taken because they have been sent, or
   * wait, already: the same event and event_id, brought before. An outbox that cannot know resolves with nothing.
   *
   * @throws OutboxFull if there is no room: the sender keeps them
   */
  add(events: OutboxEvent[]): Promise<readonly OutboxEvent[]> | Promise<void>
  /** Begins to hand what waits to `deliver`, oldest first, and what comes, at most 1,000 at a time. */
  start(deliver: Deliver): void
  stats?(): Promise<Stats>
}

export class OutboxFull extends Error {
  override name = 'OutboxFull'
}
