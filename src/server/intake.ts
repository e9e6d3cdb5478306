import type { Status } from '../types.ts'
import type { OutboxEvent } from './outbox.ts'
import type { Problem } from './parse.ts'

/** What a request becomes. */
export interface Intake {
  taken: Taken[]
  problems: Problem[]
  /** Of a server's request: how many of its events came to what. */
  statuses?: Statuses
}

/** A TikTok event, and the part of the request that it came from. */
export interface Taken {
  path: string
  event: OutboxEvent
}

export type Statuses = Partial<Record<Status, number>>
