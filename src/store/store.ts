import type { Deliver, OutboxEvent, Stats } from '../server/outbox.ts'
import type { AddResult } from './add-result.ts'
import type { ConsentRules } from './consent-decision.ts'
import type { CustomerCounts, HistoryExtras } from './customer-history.ts'
import type { EventLog, LogPart, LogRetention } from './event-log.ts'
import type { OrderTraces } from './order-traces.ts'
import type { PauseSwitch } from './pause-switch.ts'
import type { PersonCounts, PersonKeys } from './person.ts'
import type { PostedAlerts } from './posted-alerts.ts'
import type { Denial } from './profile-events.ts'

/** An event that was set aside and is not sent. */
export interface DeadLetter {
  id: number
  event: string
  event_id: string
  /** When it was set aside, in milliseconds since 1970. */
  died: number
  attempts: number
  problem: string
  /** True if it may still be sent now. TikTok could count an event that is too old a second time. */
  canRetry: boolean
}

/** Dead letters by ID, or all of them. */
export type Chosen = readonly number[] | 'all'

/** What a request changes besides its events, in the same transaction. */
export interface Extras {
  /** Its lines in the event log. Default: it is not logged. */
  log?: LogPart
  /** Visitors who have denied consent. */
  denials?: readonly Denial[]
  /** Orders for the history of customers. They are written even if none of the request's events is sent. */
  history?: HistoryExtras | undefined
}

/** The rules on consent and profiles. */
export interface ProfileOptions extends ConsentRules {
  /** Default: no profiles are kept, and existing ones are deleted. */
  profiles?: ProfileLimits | undefined
}

export interface MergeOptions extends ProfileOptions {
  /** Seconds that an order waits for its other copy, the copy from the other side. 0 means that it does not wait. */
  mergeOrders: number
}

export interface ProfileLimits {
  /** Days for which a profile is kept after the newest event that added to it. */
  days: number
  /** The most profiles. Those without a person are deleted first. */
  max: number
}

export interface StartOptions extends MergeOptions {
  /** How long the event log is kept. Default: for 30 days, and up to 1 GB. */
  log?: LogRetention
}

export interface DrainOptions {
  /** How long to send at most. */
  seconds: number
}

/** How a drain ended. */
export interface Drained {
  /** True if nothing is left that may be sent now. Orders may still wait for their other copies. */
  isEmpty: boolean
}

/** Outcomes of orders that both a page and a signed source sent, since the database was created. `AddResult` explains the names. */
export type OrderCounts = Record<
  Exclude<AddResult, 'kept' | 'already_sent' | 'for_others' | 'undecided' | 'no_consent'>,
  number
>

export interface StoreStats extends Stats {
  orders: OrderCounts
  /** Missing if the store keeps no history of customers. */
  customers?: CustomerCounts
  /** Events that were accepted and not sent, because the visitor denied consent or did not grant it. */
  no_consent?: number
  /** Missing if the store keeps no profiles. */
  profiles?: ProfileCounts
}

export interface ProfileCounts {
  profiles: number
  /** Denials of consent that are remembered, by key. */
  denials: number
  /** Keys that belong to nobody, because too many visitors or persons used them. */
  shared_keys: number
}

/**
 * The forwarder's database: waiting events and when they are due, the order memory, and dead letters. Several processes may
 * use one database.
 */
export interface Store {
  /**
   * Adds the events of one request in one transaction. Resolves with the result of each event once all are on disk. An order
   * with an `orderName` waits for its other copy. Other events may be sent at once.
   *
   * @throws OutboxFull if there is no room: the sender keeps the events
   */
  add(events: readonly OutboxEvent[], options: MergeOptions, extras?: Extras): Promise<readonly AddResult[]>
  /**
   * Starts passing due events to `deliver`, oldest first, at most 1,000 at a time. An event that was passed once is never
   * changed. An order that would wait longer than `mergeOrders` is due, because the clock was set back.
   */
  start(deliver: Deliver, options: StartOptions): void
  /**
   * Passes due events to `deliver` for a limited time, instead of `start`, on platforms that may stop the process after each
   * request. Missing if the store cannot.
   */
  drain?(deliver: Deliver, options: StartOptions & DrainOptions): Promise<Drained>
  stats(): Promise<StoreStats>
  /** The dead letters, oldest first. */
  deadLetters(): AsyncIterable<DeadLetter>
  /** Queues dead letters again and returns their number. Those that are too old or have arrived again since stay. */
  requeue(chosen: Chosen): Promise<number>
  /** Deletes dead letters and returns their number. */
  drop(chosen: Chosen): Promise<number>
  /**
   * Erases a person's waiting events and dead letters, and overwrites the free space. Nothing of the person can then be found
   * in the database's files. The names and IDs of received orders stay known. An event that is being sent is erased,
   * too, and never sent again; TikTok may get it this once.
   *
   * @throws a sentence, if the free space could not be overwritten: call it again
   */
  erase(person: PersonKeys): Promise<PersonCounts>
  /** The event log. Missing if this store has none. */
  log?: EventLog
  /** Stops and starts the intake of all servers that use the database. */
  pauseSwitch?: PauseSwitch
  /** The alerts that were posted. Without them, a restart posts again what is not over. */
  postedAlerts?: PostedAlerts
  /**
   * True if the store keeps profiles and denials of consent, and decides by them about events without a decision. Such events
   * must not be added to other stores.
   */
  keepsProfiles?: boolean
  /** True if the store keeps the history of customers. */
  keepsHistory?: boolean
  /** Finds orders by their IDs. */
  traces?: OrderTraces
  /** The version of the tables. */
  schemaVersion(): Promise<number>
  /** Resolves once nothing is in flight and the database is closed. */
  close(): Promise<void>
}
