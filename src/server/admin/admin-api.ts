// The JSON that the operator's page reads. The page and the routes share these types.
import type { LogAttempt, LogLine, LogStatus } from '../../store/event-log.ts'
import type { DeadLetter } from '../../store/store.ts'
import type { PausedBy } from '../pause.ts'

/** `GET admin/api/summary` */
export interface AdminSummary {
  pixelId: string
  /** Milliseconds since 1970. */
  now: number
  state: { status: 'ok' | 'delayed' | 'full' | 'stopped'; message?: string; paused: false | PausedBy }
  /** Why there are no events to show, as a sentence. Missing if there is an event log. */
  noLog?: string
  waiting: number
  /** Seconds. Missing if nothing waits. */
  oldest?: number
  /** Dead letters by problem. */
  dead: Record<string, number>
  /** Oldest first. Hours for the last 24 hours, days for the last 30 days. Empty ones are included. */
  hours: AdminPeriod[]
  days: AdminPeriod[]
  /** Share of the events of the last 24 hours that carried each match key, from 0 to 1, and the same for orders. */
  matchKeys: { events: number; orders: number; share: Record<string, { events: number; orders: number }> }
  /** Milliseconds from arrival to TikTok's answer, over the last 24 hours. Missing if nothing was sent. */
  delivery?: { p50: number; p99: number }
  sources: AdminSource[]
  /** Bytes. `free` is of the disk, or missing if it is unknown. */
  disk: { used: number; limit: number; free?: number }
}

export interface AdminPeriod {
  /** Start, in milliseconds since 1970. */
  start: number
  /** By TikTok event, or Converge event where no TikTok event was made, then by status. */
  events: Record<string, Partial<Record<LogStatus, number>>>
  /** Events by channel. */
  channels: { page: number; server: number; merged: number }
  orders: number
  /** Sum of the orders' values by currency. */
  value: Record<string, number>
}

export interface AdminSource {
  name: string
  type: string
  enabled: boolean
  accepted: number
  /** Requests answered 401 and 503 since the start. */
  unauthorized: number
  unavailable: number
  /** Milliseconds since 1970. */
  last?: number
}

/**
 * `GET admin/api/events?q=&status=&event=&source=&day=&before=&after=&limit=`, newest first. `q` is an order ID or event_id,
 * and `day` is YYYY-MM-DD in UTC. `before` and `after` are ids of lines, for paging and for new lines.
 */
export interface AdminEvents {
  lines: AdminLine[]
  /** The `before` of the next page. Missing on the last page. */
  next?: number
}

/** Event IDs that look like an email address, a phone number or SHA-256 are replaced by a hash. */
export interface AdminLine extends LogLine {
  /** The reason in words. Empty on success. */
  why: string
  /** What to do, or that nothing is missing, in one or two sentences. May be empty. */
  advice: string
}

/** TikTok's answer to one attempt. */
export type AdminAnswer = LogAttempt

/** `GET admin/api/dead-letters` */
export interface AdminDeadLetters {
  letters: AdminDeadLetter[]
  total: number
}

export interface AdminDeadLetter extends DeadLetter {
  /** What it means and what to do, in one or two sentences. */
  advice: string
}

/** `POST admin/api/dead-letters/retry` and `…/drop` take `{ ids: number[] | 'all' }` and answer with this. */
export interface AdminChanged {
  changed: number
}

/** `GET admin/api/setup` */
export interface AdminSetup {
  /** The config in force, without secrets. */
  config: unknown
  snippet: string
  webhooks: { source: string; type: string; url: string }[]
  /** What to check about the host of these addresses. Empty if the config names it. */
  addressNote: string
}
