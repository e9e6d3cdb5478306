import type { PauseSwitch } from '../store/pause-switch.ts'
import type { PersonCounts, PersonKeys } from '../store/person.ts'
import type { Deliver, OutboxEvent } from '../tiktok/events-api/delivery.ts'

export type { Deliver, DeliveryResult, OutboxEvent, TikTokAnswer } from '../tiktok/events-api/delivery.ts'
export type { EventsApiEvent } from '../tiktok/events-api/event.ts'

export interface Stats {
  waiting: number
  sent: number
  /** Dead letters by problem: the 20 most frequent, and `Other problems`. */
  dead: Record<string, number>
  /** Age of the oldest waiting event, in seconds. */
  oldest: number | undefined
  /** Seconds since the most overdue event became due. Default: `oldest`, as if each event were due on arrival. */
  overdue?: number | undefined
  /** Why nothing is sent until somebody fixes the cause, such as the configuration or a deleted file. */
  stopped: string | undefined
  /** Why no events are accepted at the moment, or false. Default: derived from whether the last ones were refused. */
  full?: string | boolean | undefined
  /** The space of the database, in bytes. */
  disk?: DiskSpace | undefined
}

/** In bytes. */
export interface DiskSpace {
  /** Space that the database uses. */
  used: number
  /** The part of it that the event log uses, which does not count for the limit. */
  log: number
  /** The limit of the events. */
  limit: number
  /** Free space of the disk. Missing if it is unknown. */
  free?: number
}

/** Keeps events until TikTok has them. */
export interface Outbox {
  /**
   * Resolves once the events survive a crash. It resolves with the events that were not added, because the same event and
   * event_id is already waiting or sent. An outbox that cannot tell resolves with nothing.
   *
   * @throws OutboxFull if there is no room: the sender keeps the events
   */
  add(events: OutboxEvent[]): Promise<readonly OutboxEvent[]> | Promise<void>
  /** Starts passing waiting and new events to `deliver`, oldest first, at most 1,000 at a time. */
  start(deliver: Deliver): void
  stats?(): Promise<Stats>
  /** Erases a person's waiting events and dead letters, and returns their numbers. */
  erase?(person: PersonKeys): Promise<PersonCounts>
  /** Stops and starts the intake of all servers that use the outbox. */
  pauseSwitch?: PauseSwitch
}

export class OutboxFull extends Error {
  override name = 'OutboxFull'
}
