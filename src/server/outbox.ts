import type { Deliver, OutboxEvent } from '../tiktok/events-api/delivery.ts'

export type { Deliver, OutboxEvent, Verdict } from '../tiktok/events-api/delivery.ts'
export type { EventsApiEvent } from '../tiktok/events-api/event.ts'

export interface Stats {
  waiting: number
  sent: number
  /** Set aside, by problem. */
  dead: Record<string, number>
  /** Seconds since the oldest one that waits came. */
  oldest: number | undefined
  /** Seconds by which the event that is overdue the longest is. Default: `oldest`, as if each were due when it came. */
  overdue?: number | undefined
  /** Whether it takes no more events. Default: whether it refused the last ones. */
  full?: boolean | undefined
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
