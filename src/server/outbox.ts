import type { PersonCounts, PersonKeys } from '../store/person.ts'
import type { Deliver, OutboxEvent } from '../tiktok/events-api/delivery.ts'

export type { Deliver, OutboxEvent, Verdict } from '../tiktok/events-api/delivery.ts'
export type { EventsApiEvent } from '../tiktok/events-api/event.ts'

export interface Stats {
  waiting: number
  sent: number
  /** Set aside, by problem: the most frequent 20, and `Other problems`. */
  dead: Record<string, number>
  /** Seconds since the oldest one that waits came. */
  oldest: number | undefined
  /** Seconds by which the event that is overdue the longest is. Default: `oldest`, as if each were due when it came. */
  overdue?: number | undefined
  /** A sentence about what has stopped everything until somebody mends it: the configuration, or a file that is gone. */
  stopped: string | undefined
  /** A sentence about why no events are taken at the moment, or false. Default: whether the last ones were refused. */
  full?: string | boolean | undefined
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
  /** Erases a person's events, those that wait and those that were set aside, and gives back how many there were. */
  erase?(person: PersonKeys): Promise<PersonCounts>
}

export class OutboxFull extends Error {
  override name = 'OutboxFull'
}
