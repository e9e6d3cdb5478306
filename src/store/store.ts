import type { Deliver, OutboxEvent, Stats } from '../server/outbox.ts'
import type { Fate } from './fate.ts'
import type { PersonCounts, PersonKeys } from './person.ts'

/** An event that was set aside. */
export interface DeadLetter {
  id: number
  event: string
  event_id: string
  /** When it was set aside, in milliseconds since 1970. */
  died: number
  attempts: number
  problem: string
  /** True if it may still be sent at this moment. TikTok would count one that is too old a second time. */
  canRetry: boolean
}

/** Dead letters by their ids, or all. */
export type Chosen = readonly number[] | 'all'

export interface MergeOptions {
  /** Seconds that an order waits for its twin: the copy of the same order from the other side. 0: it does not wait. */
  mergeOrders: number
}

/** What became of orders that both a page and a signed source brought, since the database was made. */
export type OrderCounts = Record<Exclude<Fate, 'kept' | 'already_sent'>, number>

export interface StoreStats extends Stats {
  orders: OrderCounts
}

/**
 * The forwarder's database: what waits for TikTok, when it is due, which orders were brought and by whom, and what was set
 * aside. Several processes may use one.
 */
export interface Store {
  /**
   * Keeps what one request brings, in one transaction. Resolves once all of it is on the disk, with the fate of each event.
   * An order with an `orderName` waits for its twin. The other events may leave at once.
   *
   * @throws OutboxFull if there is no room: the sender keeps them
   */
  add(events: readonly OutboxEvent[], options: MergeOptions): Promise<readonly Fate[]>
  /**
   * Begins to hand what is due to `deliver`, oldest first, at most 1,000 at a time. What was handed out once is never
   * changed. An order that would wait for longer than `mergeOrders` is due: the clock was set back.
   */
  start(deliver: Deliver, options: MergeOptions): void
  stats(): Promise<StoreStats>
  /** What was set aside, oldest first. */
  deadLetters(): AsyncIterable<DeadLetter>
  /** Lets dead letters wait again, and gives back how many. One that is too old, or was brought again since, stays. */
  requeue(chosen: Chosen): Promise<number>
  /** Deletes dead letters, and gives back how many. */
  drop(chosen: Chosen): Promise<number>
  /**
   * Erases a person's events, those that wait and those that were set aside, and overwrites the free space, so that nothing
   * of the person can be found in the database's files. Which orders were brought stays known, by name and id only. An event
   * that is being sent is erased, too, and never sent again; TikTok may get it this once.
   *
   * @throws a sentence, if the free space could not be overwritten: call it again
   */
  erase(person: PersonKeys): Promise<PersonCounts>
  /** The version of the tables. */
  schemaVersion(): Promise<number>
  /** Resolves once nothing is in flight and the database is closed. */
  close(): Promise<void>
}
