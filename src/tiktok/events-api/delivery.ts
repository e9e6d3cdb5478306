import type { EventsApiEvent } from './event.ts'

/** An event on its way to TikTok. JSON, so that it can be kept anywhere; what names a person is hashed in it. */
export interface OutboxEvent {
  data: EventsApiEvent
  /** Unix seconds. After it the event is set aside and never sent: TikTok would count it a second time. */
  expires: number
  /** Deduplicate this event for 90 days, by its name and event_id. */
  order: boolean
  /**
   * Converge's name of an order that a page and the shop's server may both bring, `Placed Order` or `Started Subscription`.
   * A store merges the two. Missing in all other events.
   */
  orderName?: string
  /** True if a page and the shop's server brought it, and this is both together. */
  merged?: true
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
