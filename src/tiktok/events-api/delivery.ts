import type { Decision } from '../../types.ts'
import type { EventsApiEvent } from './event.ts'

/** The decision of the visitor that an event carries, and the signals that limit the use of its data. */
export interface EventConsent {
  /** Missing if the visitor has not decided, as far as the event says. */
  marketing?: Decision
  /** When the decision was known to hold, in milliseconds since 1970. 0 if nobody knows, as with a cart's attributes. */
  decided: number
  /** True if the browser sends Global Privacy Control and the config does not ignore it. */
  gpc?: true
}

/** An event to be sent to TikTok. It is JSON, so that any store can keep it. Personal data in it is hashed. */
export interface OutboxEvent {
  data: EventsApiEvent
  /** Unix seconds. After this time the event is set aside and not sent, because TikTok would count it a second time. */
  expires: number
  /** Deduplicate this event for 90 days, by its name and event_id. */
  order: boolean
  /**
   * Converge's name of an order that a page and the shop's server may both send: `Placed Order` or `Started Subscription`. A
   * store merges the two. Missing in all other events.
   */
  orderName?: string
  /** True if this is the merged event of a page's copy and the shop's server's copy. */
  merged?: true
  /**
   * Where it came from: a page, whose requests anybody can forge, or a server with a secret of the shop. A page's event never
   * prevents a signed one from being sent. Missing in events that an earlier version kept: they count as a page's.
   */
  source?: 'page' | 'signed'
  /** The visitor's ID, as SHA-256. Only a store keeps this and the next three fields. */
  visitor?: string
  /** Other names of the visitor or order, such as a cart: SHA-256 of `urn:namespace:value`, at most 10. */
  aliases?: readonly string[]
  /** The visitors from whose profiles the event got values, as SHA-256. If one of them denies consent, it is not sent. */
  filledFrom?: readonly string[]
  /** What the visitor decided, as far as the event says. Missing if it says nothing. */
  consent?: EventConsent
  test_event_code?: string
  /** The JSON of `data`, if the store has it: it is sent as it stands. Only `deliver` reads it; it is not kept. */
  json?: string
  /** When it was stored, in milliseconds since 1970. Only `deliver` reads it; it is not kept. */
  arrived?: number
  /** Why TikTok refused it on the last attempt. Written by `deliver`. */
  problem?: string
  /** TikTok's answer to the last attempt, for the event log. Missing if it was 0, OK. Written by `deliver`; it is not kept. */
  answer?: TikTokAnswer
}

/** Without personal data. The code is missing if TikTok could not be reached, or gave none. */
export interface TikTokAnswer {
  code?: number
  message: string
}

export type DeliveryResult =
  | 'done'
  | 'retry' // try again later, until it expires
  | 'dead' // refused for good: set it aside as a dead letter, with its problem
  | 'stop' // nothing can be sent until the configuration is fixed: keep everything

/** Returns one result for each event, in order. After `signal` is aborted, no more calls are made: the rest is retried later. */
export type Deliver = (events: OutboxEvent[], signal?: AbortSignal) => Promise<DeliveryResult[]>
