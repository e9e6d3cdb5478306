// The complete state of the page half. The other files in this folder are functions on it.

import type { Identify } from '../tiktok/pixel/identify.ts'
import type { PixelLoader } from '../tiktok/pixel/load.ts'
import type { TtqAccess } from '../tiktok/pixel/ttq.ts'
import type { MappedEvent } from '../tiktok/route.ts'
import type { Rules } from '../tiktok/rules.ts'
import type {
  Config,
  Consent,
  Converge,
  ConvergeEvent,
  News,
  RelayedEvent,
  State,
  TrackResult,
  User,
} from '../types.ts'
import type { Flags } from './flags.ts'
import type { PixelCopy, RelayCopy } from './status.ts'

/** State that exists once per window, for all of its pixels. */
export interface Page {
  readonly window: Window
  /** The first pixel's config. Its domain and context apply to the page. */
  readonly config: Config
  readonly flags: Flags
  readonly ttq: TtqAccess
  readonly identify: Identify
  /** By pixel ID. It has no prototype. */
  readonly trackers: Record<string, Tracker>
  /** The consent rules of every pixel. A copy is sent only if all of them allow it. */
  readonly consentRules: Pick<Config, 'consent' | 'gpc'>[]
  /** TikTok's click ID, if the URL of the page or its referrer has one. */
  readonly ttclid: string | undefined
  /** The visitor's decision, on this page or an earlier one. `undefined` until it is first read. */
  decided?: Consent
  visitor: Person
  /** The visitor's aliases from `converge.set`, as given, the newest first. */
  aliases: unknown[]
  /** Whether storage has all known data of the visitor. */
  isVisitorKept?: boolean
  /** Whether consent was revoked in TikTok's pixel. */
  isRevoked?: boolean
}

/** A visitor's match keys, and a generated ID if the shop has named no customer. */
export interface Person extends User {
  id?: string
}

/** The state of one pixel ID. */
export interface Tracker {
  readonly page: Page
  readonly config: Config
  readonly rules: Rules
  readonly state: State
  readonly loader: PixelLoader
  readonly converge: Converge
  /** Deliveries with a copy whose state may still change. */
  open: Delivery[]
  /** Server copies of the current task. */
  readonly fresh: Delivery[]
  /** The properties from `converge.set`, which are added to every later event. */
  eventProperties: Record<string, unknown>
  /** The last page view's URL. */
  lastPage: unknown
  /** `pageLoads: 'auto'`: tracks the page that is there, and those that follow. It waits for idle time or the first event. */
  trackPageLoads?: (() => void) | undefined
  /** Names and IDs of events that were sent with the caller's ID. A page's own `Set` may not be the browser's. */
  readonly seen: Record<string, true>
  /** The keys of `seen`, oldest first. */
  readonly seenKeys: string[]
  listeners: ((news: Piece) => void)[]
  /** The last events, for new listeners. */
  readonly past: Piece[]
}

export type Piece = [type: keyof News, ...news: unknown[]]

/** One event, and the state of its two copies. */
export interface Delivery {
  readonly event: ConvergeEvent
  /** The time of the call by the page's clock, in milliseconds since 1970. */
  readonly time: number
  readonly person: Person
  /** The match keys from the call itself. */
  readonly own: User
  /** The hashed aliases of the call and of the visitor. */
  readonly aliases?: string[] | undefined
  /** The event's ID was generated. */
  readonly hasNewId?: boolean
  /** `method: 'forward'`: the shop's server sends the server copy. */
  readonly isClientOnly?: boolean
  /** An earlier page could not deliver it. Its result is not emitted. */
  readonly isFormer?: boolean
  /** The TikTok events. `undefined` until the event has passed consent and filters. */
  rows?: Row[]
  /** Names of the match keys, known once a copy is sent. */
  matchKeys?: readonly string[]
  pixel: PixelCopy
  relay: RelayCopy
  /** The server copy in the form that is posted. */
  relayed?: RelayedEvent
  /** Whether the ledger has this order. */
  isMarked?: boolean
  /** Whether storage has the server copy. */
  isKept?: boolean
  result?: TrackResult
}

/** A TikTok event of a delivery. */
export interface Row extends MappedEvent {
  /** `ttq.track` threw, so only the server copy is sent. */
  hasThrown?: boolean
}
