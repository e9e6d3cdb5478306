// The types of the project: Converge's events, TikTok's events, and everything between them. Field names are the vendors'.
// This file imports nothing.

// ── Converge: what a shop tracks ─────────────────────────────────────────────────────────────────────────────────────

export type Id = string | number
/**
 * An amount of money, as a number or as text that can mean only one amount: `"10.50"`, `"12,50"`, `"1.234,50 €"`. A single
 * dot is a decimal point. `"1,299"` is left out, because it could be 1299 or 1.299. Sent with up to four decimals.
 */
export type Amount = number | string

/** Add your shop's own properties to every known event and item: `interface CustomProperties { gift_wrap?: boolean }`. */
// biome-ignore lint/suspicious/noEmptyInterface: apps extend it by declaration merging
export interface CustomProperties {}

/** One product line. `price` is per unit. */
export interface Item extends CustomProperties {
  product_id?: Id | null | undefined
  variant_id?: Id | null | undefined
  sku?: Id | null | undefined
  name?: string | null | undefined
  variant_name?: string | null | undefined
  /** Price of one unit, in `currency`. */
  price?: Amount | null | undefined
  /** A number, or its plain digits as text. */
  quantity?: number | string | null | undefined
  /** ISO 4217, e.g. `USD`. */
  currency?: string | null | undefined
  /** Becomes TikTok's `brand`. */
  vendor?: string | null | undefined
  /** Becomes TikTok's `content_category`. */
  category?: string | null | undefined
  url?: string | null | undefined
  image_url?: string | null | undefined
}

/** Who the visitor is. Sent as SHA-256. City, state and country are sent as plain text, in the server copy only. */
export interface ProfileProperties {
  /** Up to 128 characters. In a list, the first valid address is used. */
  $email?: string | readonly string[] | null | undefined
  /** With country code: `+1 (917) 123-4567`. An extension is left out. In a list, the first valid number is used. */
  $phone_number?: string | readonly string[] | null | undefined
  $first_name?: string | null | undefined
  $last_name?: string | null | undefined
  $city?: string | null | undefined
  $state?: string | null | undefined
  $zip_code?: Id | null | undefined
  /** ISO 3166-1 alpha-2, e.g. `US`. */
  $country_code?: string | null | undefined
  $customer_id?: Id | null | undefined
}

/** Where an event comes from. The page adds the first four, unless the call has them. */
export interface PageProperties extends CustomProperties {
  $url?: string | null | undefined
  referrer?: string | null | undefined
  $sales_channel_type?: string | null | undefined
  /** The source of the event: `web` in a page. The forwarder writes its own name for a source there. */
  $source?: string | null | undefined
  source_name?: string | null | undefined
}

interface Totals extends PageProperties, ProfileProperties {
  /** Tax and shipping included. */
  total_price?: Amount | null | undefined
  total_tax?: Amount | null | undefined
  total_shipping?: Amount | null | undefined
  total_discount?: Amount | null | undefined
  coupon?: string | readonly string[] | null | undefined
  /** ISO 4217, e.g. `USD`. */
  currency?: string | null | undefined
  items?: readonly (Item | null)[] | null | undefined
}

interface Order extends Totals {
  id?: Id | null | undefined
  $is_new_customer?: boolean | 'true' | 'false' | null | undefined
}

interface OrderWithId extends Order {
  /** The order's id. It becomes the event_id, so that a reload or the server copy is not counted again. */
  id: Id
}

/** The events of the default mapping, and their properties. Names are case-sensitive: "Added To Cart". */
export interface EventProperties {
  $page_load: PageProperties
  'Viewed Product': Item & PageProperties
  'Viewed Collection': PageProperties & {
    id?: Id | null | undefined
    name?: string | null | undefined
    description?: string | null | undefined
    items?: readonly (Item | null)[] | null | undefined
  }
  'Added To Cart': Item & PageProperties
  'Started Checkout': Totals
  'Added Payment Info': Totals
  'Placed Order': OrderWithId
  'Started Subscription': OrderWithId
  'Placed Recurring Subscription Order': Order
  'Cancelled Subscription': Order
  'Activated Subscription': Order
  Searched: PageProperties & {
    query?: string | null | undefined
    search_query?: string | null | undefined
    search_string?: string | null | undefined
    search_term?: string | null | undefined
    term?: string | null | undefined
    q?: string | null | undefined
  }
  'Subscribed To Newsletter': PageProperties & ProfileProperties
}

export type EventName = keyof EventProperties

/** Known events have their own properties. An event with any other name takes any properties. */
export type PropertiesOf<Name extends string> = Name extends EventName ? EventProperties[Name] : object

export interface TrackOptions {
  /** TikTok counts an event name and ID once in 48 hours. Default: the order's id for orders, else a random ID. */
  eventID?: Id | null | undefined
  profileProperties?: ProfileProperties | null | undefined
  /**
   * Other names of the visitor: `urn:namespace:value`, e.g. `urn:cart_token:abc`. `urn:email:`, `urn:phone:` and
   * `urn:customer_id:` are match keys. Of the others, the first 10 are posted to the forwarder, as SHA-256.
   */
  aliases?: readonly string[] | null | undefined
  /** `forward`, as in Converge: only the browser copy, of an event that a server tracks with the same `eventID`. */
  method?: 'forward' | undefined
}

/** Values for every later event of the page. */
export interface StandingProperties {
  /** Merged into the properties of every later event. */
  eventProperties?: object | null | undefined
  /** `null` forgets who the visitor is, and the aliases. The next event is from another visitor. */
  profileProperties?: ProfileProperties | null | undefined
  /** Added to the aliases of every later event of the page. */
  aliases?: readonly string[] | null | undefined
}

export type Decision = 'granted' | 'denied'

/** The visitor's decision. A category that a call to `consent` leaves out is denied. TikTok belongs to `marketing`. */
export interface Consent {
  analytics?: Decision | undefined
  marketing?: Decision | undefined
}

/** An event as the pipeline sees it: copied from the call, with a name and an ID. */
export interface ConvergeEvent {
  eventName: string
  eventID: string
  properties: Record<string, unknown>
  /** True for an order without an `id` and without an `eventID`. The same call counts it again. */
  isUnnamedOrder?: boolean
}

// ── TikTok: what it is sent ──────────────────────────────────────────────────────────────────────────────────────────

export type ContentType = 'product' | 'product_group'

export interface Content {
  content_id?: string
  content_type: ContentType
  content_name?: string
  content_category?: string
  brand?: string
  /** Price of one unit. */
  price?: number
  quantity?: number
}

/** The parameters of an event. No other parameter is ever sent. */
export interface EventParameters {
  contents?: Content[]
  content_type?: ContentType
  value?: number
  /** ISO 4217, upper case. */
  currency?: string
  num_items?: number
  order_id?: string
  /** The search text, under both names that TikTok's help pages use. */
  query?: string
  search_string?: string
}

/** Match keys, with the Events API's names. All but the last three are SHA-256, as 64 lower-case hex digits. */
export interface User {
  email?: string
  phone?: string
  external_id?: string
  first_name?: string
  last_name?: string
  zip_code?: string
  /** Lower case, plain. */
  city?: string
  state?: string
  country?: string
}

export type Channel = 'pixel' | 'relay'

export interface DestinationEvent {
  /** TikTok's event name. */
  event: string
  event_id: string
  parameters: EventParameters
  /** The channels that this event was given to. */
  via: Channel[]
}

// ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Status = 'success' | 'failure' | 'retry' | 'filtered' | 'skipped' | 'no_consent'

/** With `success`: why one of the two channels does not have the event. */
export type Reason =
  | 'unmapped' // no mapping row has this event name, or its row is turned off
  | 'filter' // the event did not pass a filter
  | 'paused' // the config or the forwarder is paused
  | 'no_window' // called on a server, where there is no page
  | 'no_channel' // the event's row needs a channel that this config does not have
  | 'pixel_blocked' // TikTok's script did not load (see `State.pixelCause`), or threw. With `success`, the relay has it
  | 'before_send' // your `beforeSend` returned null
  | 'already_sent' // an order that was already sent, or an ID that this page has used
  | 'same_page' // a page view of the same URL as the last one
  | 'undecided' // no decision yet: held, and sent when granted. With `success`, only the relay has it
  | 'denied' // the visitor denied. With `success`, only one channel has it
  | 'relay_down' // the relay could not accept it now: kept and retried. With `failure`, dropped because too many waited
  | 'relay_refused' // the relay refused it for good
  | 'too_late' // older than TikTok remembers an event_id

export interface TrackResult {
  status: Status
  reason: Reason | undefined
  eventName: string
  eventID: string
  destinationEvents: DestinationEvent[]
  /** The match keys that it carries, by the names of `User`, without their values. */
  matchKeys?: readonly string[] | undefined
  /** The time of the call by the page's clock, in milliseconds since 1970. */
  time?: number | undefined
}

export type PixelCause =
  | 'csp' // the page's Content-Security-Policy blocks TikTok's script (script-src) or its requests (connect-src)
  | 'script_error' // events.js did not load: an ad blocker, the network, or a wrong pixel ID
  | 'stand_in' // replaced by an ad blocker's empty script, or by a `window.ttq` that is not TikTok's
  | 'sandboxed' // the page is a sandboxed iframe with an opaque origin, where TikTok's pixel never starts
  | 'no_answer' // events.js, or the script that it loads, did not start within 25 s

export type PixelStatus = 'waiting' | 'live' | 'blocked'

export type RelayStatus =
  | 'off' // no relay in the config
  | 'ready'
  | 'down' // the last request failed and is retried
  | 'refused' // the relay refuses all events of this page

export interface State {
  /** `off`: mapping.mode is `server_only`. */
  pixel: PixelStatus | 'off'
  pixelCause?: PixelCause | undefined
  consent: Consent
  relay: RelayStatus
  /** The number of events that wait for the relay. */
  outbox: number
}

/** What a webhook needs to know about the page of an order. It contains hashes and IDs, and no personal data as plain text. */
export interface PageContext {
  ttclid?: string | undefined
  ttp?: string | undefined
  /** The visitor's ID, as 64 hex digits. */
  visitor?: string | undefined
  /** The customer ID, as SHA-256, if the shop has named one. */
  external_id?: string | undefined
  url: string
  userAgent: string
  consent: Consent
  /** True if the browser sends Global Privacy Control and the config does not ignore it. */
  gpc?: true
}

// ── The wire: what a page posts to its forwarder ─────────────────────────────────────────────────────────────────────

/** `POST <relay>/events`, as `text/plain`. */
export interface RelayBatch {
  v: 1
  /** The page's clock when the batch was sent, in milliseconds since 1970. The forwarder corrects `time` by it. */
  sentAt: number
  events: RelayedEvent[]
  /**
   * The visitor has denied consent. The forwarder erases the visitor's profile and the unsent events that needed consent.
   * `events` may then be empty. Only forwarders that serve `denials: true` accept a batch without events.
   */
  denied?: { visitor: string } | undefined
  /**
   * What the forwarder may keep in cookies: the current visitor's ID and click ID. Only after a grant, or where the consent
   * mode needs none, and only to forwarders that serve `cookies: true`.
   */
  cookies?: Pick<RelayedEvent, 'visitor' | 'ttclid'> | undefined
}

/** One Converge event with its TikTok events. */
export interface RelayedEvent {
  /** The time of the call by the page's clock, in milliseconds since 1970. */
  time: number
  eventName: string
  eventID: string
  send: { event: string; parameters: EventParameters }[]
  /** True if the browser copy was given to the pixel. */
  pixel: boolean
  /** Its `external_id` is the customer ID. Pages that do not post `visitor` may have the visitor's ID there. */
  user: User
  /** The visitor's ID, as 64 hex digits. TikTok's pixel gets it as the `external_id` of a visitor without a customer ID. */
  visitor?: string | undefined
  /** SHA-256 of `urn:namespace:value`, at most 10. */
  aliases?: string[] | undefined
  page: { url: string; referrer: string }
  ttclid?: string | undefined
  ttp?: string | undefined
  /** BCP 47, e.g. `de-AT`. */
  locale?: string | undefined
  consent: Consent
  /** True if the browser sends Global Privacy Control and the config does not ignore it. */
  gpc?: true
  /** TikTok's test_event_code, from `?converge_test=`. */
  test?: string | undefined
}

// ── Config ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ConsentPlatform = 'shopify' | 'google'

/** Reads a consent platform. Calls `report` with each decision of the visitor, now and later, and never while undecided. */
export type ConsentAdapter = (window: Window, report: (consent: Consent) => void) => void

export type Scalar = string | number | boolean

export type Operator =
  | 'equal'
  | 'not_equal'
  | 'in'
  | 'not_in'
  | 'contains'
  | 'not_contains'
  | 'starts_with'
  | 'ends_with'
  | 'greater_than'
  | 'greater_than_or_equal'
  | 'lower_than'
  | 'lower_than_or_equal'
  | 'is_set'
  | 'is_not_set'
  | 'matches_regex'
  | 'does_not_match_regex'

export interface Condition {
  /** A path (`items.vendor`), or one of the derived lists `product_ids`, `variant_ids`, `product_skus`. */
  property: string
  operator: Operator
  /** With a list, any of its entries may match. Left out for `is_set` and `is_not_set`. */
  value?: Scalar | readonly Scalar[]
  /** For text. Default `false`. */
  ignoreCase?: boolean
}

/** An event passes a filter if at least one of its conditions holds. It must pass all filters for its name. */
export interface Filter {
  /** A Converge event name, or `*` for every event. */
  event: string
  any: readonly Condition[]
}

export type Forward = 'client' | 'server' | 'client_and_server'

export interface MappingRow {
  /**
   * TikTok's event name: at most 50 letters, digits, `-` and `_`, starting with a letter and ending with a letter or digit. An
   * old name such as `CompletePayment` is sent under its new name, as TikTok's pixel does.
   */
  event: string
  /** Which copies are sent. Default: as in the default mapping, else `client_and_server`. */
  forward?: Forward
  /** Send it only if this condition holds. */
  when?: Condition
}

export type MappingEntry = false | string | MappingRow | readonly (string | MappingRow)[]

/**
 * Which copies may be sent. `always`: both, whatever the visitor decides. `always_server`: the browser copy needs a grant, the
 * server copy does not. `implied`: both, unless denied. `require`: both need a grant.
 */
export type ConsentMode = 'always' | 'always_server' | 'implied' | 'require'

export type ContentIdMode = 'default' | 'product_id' | 'variant_id' | 'sku'

export interface Config {
  /** From TikTok Events Manager: 20 characters of `A-Z0-9`. */
  pixelId: string
  /** Which id becomes `content_id`. Default `default`: the `variant_id` if there is one, else the `product_id`. */
  contentId?: ContentIdMode
  /** Whether the IDs of your catalog are those of products or of product groups. Default `product`. */
  contentType?: ContentType
  /** `gross` (default): `total_price` unchanged. `net`: without `total_tax` and `total_shipping`. */
  value?: 'gross' | 'net'
  mapping?: {
    /** `default`: `events` adds to the default mapping. `custom`: only `events`. `server_only`: no pixel. */
    mode?: 'default' | 'custom' | 'server_only'
    /** Rows by Converge event name. `false` turns a row off. */
    events?: Readonly<Record<string, MappingEntry>>
  }
  filters?: readonly Filter[]
  /** Default `always`, as Converge's. In the EEA, the UK and Switzerland use `require`. */
  consent?: ConsentMode
  /** Consent platforms to read, by adapters in `consent.js`. In a `data-` attribute, separated by commas. */
  consentFrom?: readonly ConsentPlatform[]
  /** What Global Privacy Control means. Default `limited_data_use`. `deny`: a denial, unless the visitor grants. */
  gpc?: 'limited_data_use' | 'deny' | 'ignore'
  /** Base URL of your forwarder. Default: the forwarder that served the script, if one did. */
  relay?: string
  /** When TikTok's script (150 kB) is loaded. Default `idle`. Calls are queued until then. */
  load?: 'idle' | 'immediate'
  /**
   * `auto` sends `$page_load` in idle time, before any other event, and after each navigation of a single-page app. Default
   * `manual`.
   */
  pageLoads?: 'manual' | 'auto'
  /** What a sandboxed page cannot know itself. If given, the page's storage and cookies are not used. */
  context?: {
    url?: string | undefined
    referrer?: string | undefined
    userAgent?: string | undefined
    ttclid?: string | undefined
    ttp?: string | undefined
    /** The visitor's ID. */
    visitor?: string | undefined
    /** The customer ID. Without a `visitor`, it is read as the visitor's ID. */
    external_id?: string | undefined
  }
  /** Your shop's domain, for cookies, and for server events without a page. It may be written as a URL. */
  domain?: string
  /** TikTok's Limited Data Use, for every event. */
  limitedDataUse?: boolean
  /** Default `true`. `false` stops TikTok's pixel from collecting metadata and clicks by itself. */
  autoConfig?: boolean
  /** `true`: the page loads no pixel and sends nothing, and the forwarder accepts no events. Default `false`. */
  paused?: boolean
  /**
   * `true`: the page posts a visitor's denial to the forwarder (`RelayBatch.denied`). A forwarder with a database sets it in
   * the script that it serves. Set it yourself only in a page that does not load that script. Default `false`.
   */
  denials?: boolean
  /**
   * The forwarder keeps the visitor's ID and the click ID in cookies, which Safari keeps longer than those that a script sets.
   * Default `true` for a forwarder with a `store`, else `false`. It needs the `domain`, and a forwarder on the shop's domain.
   * In a page that does not load its script from the forwarder: `true` posts with credentials.
   */
  cookies?: boolean
  /** Loads the inspector, which shows each event, its status and the reason. Default `false`. */
  debug?: boolean
  /** Receives each event before consent and filters. Return the event for both copies, or `null` to stop it. Pages only. */
  beforeSend?: (event: ConvergeEvent) => ConvergeEvent | null
  /** `us` uses TikTok's US host. */
  region?: 'us'
  /** For a Content-Security-Policy with nonces. */
  nonce?: string
}

// ── The instance ─────────────────────────────────────────────────────────────────────────────────────────────────────

type OrderEventName = 'Placed Order' | 'Started Subscription'

/**
 * An order needs its `id`, or an `eventID` instead. Without either, every reload counts it again. The general signature comes
 * last, because the compiler's message is about the last one.
 */
export interface Track<Answer> {
  <Name extends EventName | (string & {})>(
    eventName: Name extends OrderEventName ? Name : never,
    properties: Order | null,
    options: TrackOptions & { eventID: Id },
  ): Answer
  <Name extends EventName | (string & {})>(
    eventName: Name extends OrderEventName ? never : Name,
    properties?: null,
    options?: TrackOptions | null,
  ): Answer
  <Name extends EventName | (string & {})>(
    eventName: Name,
    properties: PropertiesOf<Name> | (Name extends OrderEventName ? never : null | undefined),
    options?: TrackOptions | null,
  ): Answer
}

export interface Converge {
  /**
   * Tracks one event. If consent allows it, TikTok's `ttq` has been called when this returns. Never throws.
   *
   * @example
   * converge.track('Added To Cart', { product_id: '1', variant_id: '11', name: 'Cap', price: 19.9, quantity: 1, currency: 'EUR' })
   */
  track: Track<TrackResult>
  /** Sets properties of every later event, and who the visitor is. */
  set(standing: StandingProperties): void
  /** Sets the visitor's decision. It is remembered for the next pages, and may change. */
  consent(consent: Consent): void
  /** Returns what a webhook needs to connect an order to this visitor, for cart attributes and order notes. */
  context(): PageContext
  /**
   * `event`: the last 50 results, then each result and each later change. `state`: consent and the state of pixel, relay and
   * outbox, now and whenever one changes. Returns a function that removes the listener.
   */
  on<Type extends keyof News>(type: Type, listener: (...news: News[Type]) => void): () => void
}

export interface News {
  event: [result: TrackResult, event: ConvergeEvent]
  state: [state: State]
}

// ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `[name, ...parameters]`, an array or an `arguments` object. */
export type QueuedCall = unknown[]

/** `window.converge`. Its methods push onto `q` until the script has loaded, and are the real ones afterwards. */
export interface ConvergeGlobal {
  /** The config from the forwarder that served the script. */
  config?: Partial<Config>
  /** True if a forwarder served the script. It is the relay, unless the config names another one. */
  isServed?: boolean
  q: { push(call: QueuedCall): void }
  init(config?: Partial<Config>): void
  /** Returns `undefined` until a pixel ID is set. */
  track: Track<TrackResult | undefined>
  set(standing: StandingProperties): void
  consent(consent: Consent): void
  /** Returns `undefined` until a pixel ID is set. */
  context(): PageContext | undefined
  on<Type extends keyof News>(type: Type, listener: (...news: News[Type]) => void): void
}

declare global {
  interface Window {
    converge?: Partial<ConvergeGlobal>
    /** The name of TikTok's global. */
    TiktokAnalyticsObject?: string
  }
}
