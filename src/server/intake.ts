import type { HistoryExtras } from '../store/customer-history.ts'
import type { LogPart } from '../store/event-log.ts'
import type { Denial } from '../store/profile-events.ts'
import type { Status } from '../types.ts'
import type { OutboxEvent } from './outbox.ts'
import type { Problem } from './parse.ts'

/** The result of reading a request. */
export interface Intake {
  taken: Taken[]
  problems: Problem[]
  /** Events that arrived too late to be sent. */
  late: Late[]
  /** Visitors who have denied consent. */
  denials: readonly Denial[]
  /** For the event log: the source, and the events that are not sent. */
  log: Omit<LogPart, 'eventNames'>
  /** For a page's request: the values of the visitor's cookies, or that they must be deleted, because consent was denied. */
  cookies?: { visitor?: string | undefined; ttclid?: string | undefined } | 'expired' | undefined
  /** For a server's request: its events by status. */
  statuses?: Statuses
  /** For a server's request: its orders, for the history of customers. */
  history?: HistoryExtras
}

/** A TikTok event, and the part of the request that it came from. */
export interface Taken {
  path: string
  /** Converge's name. */
  eventName: string
  event: OutboxEvent
  /** The event seems too late to be sent. It is stored anyway, because the clock may be wrong. */
  isInDoubt?: true
  /** The visitor's decision is needed and not known. The event waits for it, and is not sent without one. */
  isUndecided?: true
}

/** A Converge event, with those of its TikTok events that arrived too late. */
export interface Late {
  event_name: string
  event_id: string
  events: OutboxEvent[]
}

/**
 * The status of a server's event. `merged`: merged with the page's copy. `conflict`: the page's copy contradicts it and is not
 * sent.
 */
export type ServerStatus = Status | 'merged' | 'conflict'

export type Statuses = Partial<Record<ServerStatus, number>>
