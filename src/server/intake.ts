import type { Status } from '../types.ts'
import type { OutboxEvent } from './outbox.ts'
import type { Problem } from './parse.ts'

/** What a request becomes. */
export interface Intake {
  taken: Taken[]
  problems: Problem[]
  /** What came too late to be sent. */
  late: Late[]
  /** Of a server's request: how many of its events came to what. */
  statuses?: Statuses
}

/** A TikTok event, and the part of the request that it came from. */
export interface Taken {
  path: string
  event: OutboxEvent
  /** It seems too late to be sent, and is kept all the same: the clock may be wrong. */
  isInDoubt?: true
}

/** A Converge event, and those of its TikTok events that came too late. */
export interface Late {
  event_name: string
  event_id: string
  events: OutboxEvent[]
}

/** What becomes of a server's event. `merged`: its twin was there already. `conflict`: its twin is not sent. */
export type ServerStatus = Status | 'merged' | 'conflict'

export type Statuses = Partial<Record<ServerStatus, number>>
