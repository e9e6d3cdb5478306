// What the page half remembers, all of it. The other files in this folder are functions over it.

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

/** What exists once in a window, for all of its pixels. */
export interface Page {
  readonly window: Window
  /** The first pixel's: its domain and context are the page's. */
  readonly config: Config
  readonly flags: Flags
  readonly ttq: TtqAccess
  readonly identify: Identify
  /** By pixel ID. It has no prototype. */
  readonly trackers: Record<string, Tracker>
  /** The consent rules of every pixel. A copy leaves only if all of them allow it. */
  readonly consentRules: Pick<Config, 'consent' | 'gpc'>[]
  /** TikTok's click id, if the page's address or the one before had it. */
  readonly ttclid: string | undefined
  /** What the visitor has decided, on this page or a former one. Nothing until it was asked for. */
  decided?: Consent
  visitor: Person
  /** Whether storage has all that is known of the visitor. */
  isVisitorKept?: boolean
  /** Whether TikTok's pixel was told that consent is taken back. */
  isRevoked?: boolean
}

/** Somebody whom this page has seen: match keys, and an id of ours if the shop has named no customer. */
export interface Person extends User {
  id?: string
}

/** What one pixel ID owns. */
export interface Tracker {
  readonly page: Page
  readonly config: Config
  readonly rules: Rules
  readonly state: State
  readonly loader: PixelLoader
  readonly converge: Converge
  /** Deliveries of which a copy may still change. */
  open: Delivery[]
  /** Server copies that this task has produced. */
  readonly fresh: Delivery[]
  /** Of `converge.set`: they are part of every later event. */
  eventProperties: Record<string, unknown>
  /** The last page view's address. */
  lastPage: unknown
  /** `pageLoads: 'auto'`: tracks the page that is there, and those that follow. It waits for idle time or the first event. */
  trackPageLoads?: (() => void) | undefined
  /** Names and ids of events that were sent under an id of the caller's. */
  readonly seen: string[]
  listeners: ((news: Piece) => void)[]
  /** The last events, for new listeners. */
  readonly past: Piece[]
}

export type Piece = [type: keyof News, ...news: unknown[]]

/** One event on its way, and what became of its two copies. */
export interface Delivery {
  readonly event: ConvergeEvent
  /** The time of the call by the page's clock, in milliseconds since 1970. */
  readonly time: number
  readonly person: Person
  /** What the call itself said of the visitor. */
  readonly own: User
  /** The event has an id that was made for it. */
  readonly hasNewId?: boolean
  /** `method: 'forward'`: the shop's server sends the server copy. */
  readonly isClientOnly?: boolean
  /** A former page could not deliver it. Nobody waits for its result. */
  readonly isFormer?: boolean
  /** TikTok's events. Nothing before consent and filters have let the event through. */
  rows?: Row[]
  /** By name. Known once a copy has left. */
  matchKeys?: readonly string[]
  pixel: PixelCopy
  relay: RelayCopy
  /** The server copy as it is posted. */
  relayed?: RelayedEvent
  /** Whether the ledger has this order. */
  isMarked?: boolean
  /** Whether storage has the server copy. */
  isKept?: boolean
  result?: TrackResult
}

/** A TikTok event of a delivery. */
export interface Row extends MappedEvent {
  /** `ttq.track` threw: only the server copy has left. */
  hasThrown?: boolean
}
