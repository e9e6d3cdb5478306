import type { User } from '../types.ts'

/** The status of a logged event. The words are Converge's, except `waiting`. */
export type LogStatus =
  | 'waiting' // It is stored and not sent yet.
  | 'success' // TikTok accepted it.
  | 'retry' // TikTok has not accepted it yet. It is tried again.
  | 'failure' // It is a dead letter, or could not be read.
  | 'filtered' // A filter stopped it.
  | 'skipped' // It is not sent, for the `reason`: already_sent, late_twin, too_late, paused, not_mapped and so on.
  | 'no_consent' // The visitor denied consent, or did not decide where consent is required.

/** A status is stored as its index in this list. Only add to its end. */
export const logStatuses = [
  'waiting',
  'success',
  'retry',
  'failure',
  'filtered',
  'skipped',
  'no_consent',
] as const satisfies readonly LogStatus[]

/** Where an event came from: `page`, `server` for a signed source, or `merged` for both as one event. */
export type LogChannel = 'page' | 'server' | 'merged'

type MatchKey = keyof User | 'ttclid' | 'ttp' | 'ip' | 'user_agent'

/** Match keys are stored as bits, each by its index in this list. Only add to its end. */
export const logMatchKeys = [
  'email',
  'phone',
  'external_id',
  'ttclid',
  'ttp',
  'ip',
  'user_agent',
  'first_name',
  'last_name',
  'zip_code',
  'city',
  'state',
  'country',
] as const satisfies readonly MatchKey[]

/** One TikTok event, or one Converge event without a TikTok event. It contains no personal data. */
export interface LogLine {
  /** Grows with the time of arrival. Ids have gaps. */
  id: number
  /** When it arrived, in milliseconds since 1970. */
  time: number
  /** The name of the source, such as `web`. */
  source: string
  channel: LogChannel
  /** Converge's name of the event, such as `Placed Order`. */
  eventName: string
  /** TikTok's name of the event, such as `Purchase`. Empty if no TikTok event was made. */
  event: string
  /** An ID that looks like an email address, a phone number or SHA-256 is replaced by a part of its SHA-256. */
  event_id: string
  /** The ID of the order, if it differs from `event_id`. */
  order_id?: string
  status: LogStatus
  /** A code or a sentence: the filter, `already_sent`, the problem of a dead letter. Empty on success. */
  reason: string
  /** TikTok's code and sentence of the last attempt. Missing before an attempt. */
  code?: number
  message?: string
  /** The names of the match keys that it had when it was sent, or when it arrived. */
  matchKeys: readonly string[]
  value?: number
  currency?: string
  attempts: number
  /** When TikTok accepted it, in milliseconds since 1970. */
  sent?: number
  /** The answers to its attempts, the first one first. Missing if there was only one, and it was accepted. */
  answers?: readonly LogAttempt[]
}

/** TikTok's answer to an attempt, or why there was none. */
export interface LogAttempt {
  /** Milliseconds since 1970. */
  time: number
  /** Missing if there was no answer. */
  code?: number
  message: string
}

/** An event of a request that is not sent. */
export interface UnsentEvent {
  eventName: string
  /** TikTok's name of the event. Empty if no TikTok event was made. */
  event: string
  event_id: string
  status: Extract<LogStatus, 'failure' | 'filtered' | 'skipped' | 'no_consent'>
  reason: string
}

/** What one request adds to the log. Without it, the log gets no lines of the request. */
export interface LogPart {
  /** The name of the request's source. */
  source: string
  channel: Exclude<LogChannel, 'merged'>
  /** Converge's name of each event that is added, in the same order. */
  eventNames: readonly string[]
  /** Events of the request that are not sent. */
  unsent: readonly UnsentEvent[]
}

/** How long lines are kept. The oldest lines are deleted first. */
export interface LogRetention {
  /** Default 30. */
  days?: number
  /** Default 1,000,000,000. */
  maxBytes?: number
}

export const defaultRetention = { days: 30, maxBytes: 1e9 } as const satisfies Required<LogRetention>

/** Which lines to read, newest first. */
export interface LogQuery {
  /** An `event_id` or the ID of an order. */
  id?: string
  status?: LogStatus
  /** TikTok's or Converge's name of the event. */
  event?: string
  source?: string
  /** Milliseconds since 1970. */
  from?: number
  /** Milliseconds since 1970, excluded. */
  to?: number
  /** Only lines with a smaller id. */
  before?: number
  /** Only lines with a larger id. */
  after?: number
  /** Default 100, at most 1,000. */
  limit?: number
}

/** Counts of one hour. */
export interface LogHour {
  /** In milliseconds since 1970. */
  start: number
  counts: readonly LogCount[]
  /** Orders that are sent or wait, by currency. An order without a currency has an empty one. */
  orders: readonly { currency: string; count: number; value: number }[]
}

export interface LogCount {
  source: string
  channel: LogChannel
  eventName: string
  event: string
  status: LogStatus
  count: number
}

export interface LogSummary {
  /** The hours with lines, oldest first. */
  hours: readonly LogHour[]
  /** Sent events and orders, and how many of them had each match key. */
  matchKeys: { events: number; orders: number; has: Record<string, { events: number; orders: number }> }
  /** Milliseconds from arrival to TikTok's answer. Missing if nothing was sent. */
  delivery?: { p50: number; p99: number }
  /** When the last order arrived, in milliseconds since 1970. Missing if there is none. */
  lastOrder?: number
}

/** Reads the log, without delaying intake. */
export interface EventLog {
  lines(query: LogQuery): Promise<readonly LogLine[]>
  /** Lines of these `event_id`s or order IDs, for at most 1,000 IDs. */
  find(ids: readonly string[]): Promise<readonly LogLine[]>
  /**
   * Counts of the hours from `from`, in milliseconds since 1970. Match keys and delivery times cover only the hours from
   * `recent`.
   */
  summary(from: number, recent: number): Promise<LogSummary>
}
