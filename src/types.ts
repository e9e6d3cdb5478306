// The language of the project: Converge's events on one side, TikTok's on the other, and what stands between them.
// Field names are the vendors' own. This file imports nothing.

// ── Converge: what a shop tracks ─────────────────────────────────────────────────────────────────────────────────────

export type Id = string | number
/**
 * An amount of money, as a number or as text that can mean only one: `"10.50"`, `"12,50"`, `"1.234,50 €"`. A lone dot is
 * decimal. `"1,299"` is left out, since it could be 1299 or 1.299. Sent with up to four decimals.
 */
export type Amount = number | string

/** Add your shop's own properties to every known event and item: `interface CustomProperties { gift_wrap?: boolean }`. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be extended by declaration merging
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

/** Who the visitor is. Leaves the page hashed; city, state and country as they are, and in the server copy alone. */
export interface ProfileProperties {
  /** Up to 128 characters. Of a list, the first valid address counts. */
  $email?: string | readonly string[] | null | undefined
  /** With country code: `+1 (917) 123-4567`. An extension is left out. Of a list, the first valid number counts. */
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

/** What any event may say of where it comes from. The page itself adds the first four, unless the call says otherwise. */
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
  /** The order's id. It becomes the event_id, so that a reload or the server's own copy is not counted again. */
  id: Id
}

/** The events that the default mapping knows, and their properties. Spelling counts: it is "Added To Cart". */
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

/** Known events take their own properties, any other name takes any. */
export type PropertiesOf<Name extends string> = Name extends EventName ? EventProperties[Name] : object

export interface TrackOptions {
  /** TikTok counts an event name and id once in 48 hours. Default: the order's id for orders, else a random one. */
  eventID?: Id | null | undefined
  profileProperties?: ProfileProperties | null | undefined
  /** `urn:namespace:value`, e.g. `urn:email:jane@example.com`. */
  aliases?: readonly string[] | null | undefined
  /** `forward`, as in Converge: the browser copy alone, of an event that a server tracks under the same `eventID`. */
  method?: 'forward' | undefined
}

/** What holds for every later event of the page. */
export interface StandingProperties {
  /** Merged into the properties of every later event. */
  eventProperties?: object | null | undefined
  /** `null` forgets who the visitor is. */
  profileProperties?: ProfileProperties | null | undefined
  aliases?: readonly string[] | null | undefined
}

export type Decision = 'granted' | 'denied'

/** What the visitor decided. In a call to `consent`, a category that is left out is denied; TikTok is marketing. */
export interface Consent {
  analytics?: Decision | undefined
  marketing?: Decision | undefined
}

/** An event as the pipeline sees it: copied from the call, named, and given an id. Nobody else holds its objects. */
export interface ConvergeEvent {
  eventName: string
  eventID: string
  properties: Record<string, unknown>
  /** True of an order without its `id` and without an `eventID`: the same call made again counts it again. */
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

/** Everything that an event may carry. What isn't listed here never leaves. */
export interface EventParameters {
  contents?: Content[]
  content_type?: ContentType
  value?: number
  /** ISO 4217, upper case. */
  currency?: string
  num_items?: number
  order_id?: string
  /** What was searched for, under the two names that TikTok's help pages give it. */
  query?: string
  search_string?: string
}

/** Match keys, in the Events API's spelling. SHA-256 as 64 lower-case hex digits, but for the last three. */
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
  /** The ways this event was handed to. */
  via: Channel[]
}

// ── Results ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Status = 'success' | 'failure' | 'retry' | 'filtered' | 'skipped' | 'no_consent'

/** With `success`, the reason why one of the two ways does not have it. */
export type Reason =
  | 'unmapped' // no row of the mapping names this event, or its row is switched off
  | 'filter' // a filter's condition did not hold
  | 'paused' // the config pauses everything
  | 'no_window' // called on a server, where there is no page to track
  | 'no_channel' // the event is only for a way that this config does not have
  | 'pixel_blocked' // TikTok's script did not come (state says by what), or threw; with `success`, the relay has it
  | 'before_send' // the shop's own beforeSend said no
  | 'already_sent' // an order that was sent before, or an id that the page has used before
  | 'same_page' // a page view on the URL of the last one
  | 'undecided' // consent is not decided: held and sent when granted; with `success`, the relay alone has it
  | 'denied' // the visitor said no; with `success`, the relay alone has it, or the pixel what the relay had not taken yet
  | 'relay_down' // the relay could not take it now: kept, and tried again, unless too many others wait
  | 'relay_refused' // the relay said that it will never take it
  | 'too_late' // kept for longer than TikTok remembers an event_id

export interface TrackResult {
  status: Status
  reason: Reason | undefined
  eventName: string
  eventID: string
  destinationEvents: DestinationEvent[]
  /** What it says of the visitor, by the names of `User`. The values stay where they are. */
  matchKeys?: readonly string[] | undefined
  /** The page's clock when it was tracked, in milliseconds since 1970. */
  time?: number | undefined
}

export type PixelCause =
  | 'csp' // the page's Content-Security-Policy refuses TikTok's script (script-src) or its hits (connect-src)
  | 'script_error' // events.js did not load: an ad blocker, the network, or a wrong pixel ID
  | 'stand_in' // something else is in its place: a blocker's empty script, or a `window.ttq` that is not TikTok's
  | 'sandboxed' // the page is a sandboxed iframe with an opaque origin, where TikTok's pixel never starts
  | 'no_answer' // events.js, or the script that it loads, did not take over for 25 s

export type PixelStatus = 'waiting' | 'live' | 'blocked'

export type RelayStatus =
  | 'off' // there is none
  | 'ready'
  | 'down' // the last request failed: it is tried again
  | 'refused' // the relay answered that it takes nothing of this page

export interface State {
  /** `off`: mapping.mode is `server_only`. */
  pixel: PixelStatus | 'off'
  pixelCause?: PixelCause | undefined
  consent: Consent
  relay: RelayStatus
  /** How many events wait for the relay. */
  outbox: number
}

/** What a webhook needs to know of the page that an order came from. Hashes and ids: nothing here names a person. */
export interface PageContext {
  ttclid?: string | undefined
  ttp?: string | undefined
  external_id?: string | undefined
  url: string
  userAgent: string
  consent: Consent
  /** The browser sends Global Privacy Control, and the config does not ignore it. */
  gpc?: true
}

// ── The wire: what a page posts to its forwarder ─────────────────────────────────────────────────────────────────────

/** `POST <relay>/events`, as `text/plain`. */
export interface RelayBatch {
  v: 1
  /** The page's clock when this left, in milliseconds since 1970: with it the forwarder corrects `time`. */
  sentAt: number
  events: RelayedEvent[]
}

/** One Converge event, as the TikTok events that it became. */
export interface RelayedEvent {
  /** The page's clock when it was tracked, in milliseconds since 1970. */
  time: number
  eventName: string
  eventID: string
  send: { event: string; parameters: EventParameters }[]
  /** Whether the browser copy was handed to the pixel. */
  pixel: boolean
  user: User
  page: { url: string; referrer: string }
  ttclid?: string | undefined
  ttp?: string | undefined
  /** BCP 47, e.g. `de-AT`. */
  locale?: string | undefined
  consent: Consent
  /** The browser sends Global Privacy Control, and the config does not ignore it. */
  gpc?: true
  /** TikTok's test_event_code, from `?converge_test=`. */
  test?: string | undefined
}

// ── Config ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ConsentPlatform = 'shopify' | 'google'

/** Asks a consent platform: tells each decision of the visitor, now and later, and nothing of what is undecided. */
export type ConsentAdapter = (window: Window, tell: (consent: Consent) => void) => void

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
  /** A list means any of them. Left out for `is_set` and `is_not_set`. */
  value?: Scalar | readonly Scalar[]
  /** For text. Default `false`. */
  ignoreCase?: boolean
}

/** Lets an event through only when one of its conditions holds. An event that has several filters must pass each. */
export interface Filter {
  /** A Converge event name, or `*` for every event. */
  event: string
  any: readonly Condition[]
}

export type Forward = 'client' | 'server' | 'client_and_server'

export interface MappingRow {
  /**
   * TikTok's event name: letters, digits, `-` and `_`, at most 50, a letter first. An old name, such as `CompletePayment`, is
   * sent under its new one, as TikTok's pixel does.
   */
  event: string
  /** Which copies are sent. Default: as in the default mapping, else `client_and_server`. */
  forward?: Forward
  /** Send only when this holds. */
  when?: Condition
}

export type MappingEntry = false | string | MappingRow | readonly (string | MappingRow)[]

/**
 * What the visitor's decision means. `always`: both copies, whatever it is. `always_server`: the browser copy needs a
 * grant, the server copy none. `implied`: both unless denied. `require`: both need a grant.
 */
export type ConsentMode = 'always' | 'always_server' | 'implied' | 'require'

export type ContentIdMode = 'default' | 'product_id' | 'variant_id' | 'sku'

export interface Config {
  /** From TikTok Events Manager: 20 characters of `A-Z0-9`. */
  pixelId: string
  /** Which id becomes `content_id`. Default `default`: the variant's where there is one, else the product's. */
  contentId?: ContentIdMode
  /** What your catalogue's ids stand for. Default `product`. */
  contentType?: ContentType
  /** `gross` (default): `total_price` as it is. `net`: less `total_tax` and `total_shipping`. */
  value?: 'gross' | 'net'
  mapping?: {
    /** `default`: `events` overlays the default mapping. `custom`: nothing but `events`. `server_only`: no pixel. */
    mode?: 'default' | 'custom' | 'server_only'
    /** By Converge event name. `false` switches its row off. */
    events?: Readonly<Record<string, MappingEntry>>
  }
  filters?: readonly Filter[]
  /** Default `always`, as Converge's. In the EEA, the UK and Switzerland use `require`. */
  consent?: ConsentMode
  /** Consent platforms to ask, by adapters that `consent.js` brings. In a `data-` attribute, separated by commas. */
  consentFrom?: readonly ConsentPlatform[]
  /** What Global Privacy Control means. Default `limited_data_use`; `deny`: a denial, unless the visitor decides. */
  gpc?: 'limited_data_use' | 'deny' | 'ignore'
  /** Base URL of the shop's own forwarder. Default: the forwarder that served the script; without one, none. */
  relay?: string
  /** When TikTok's 150 kB may come. Default `idle`; calls wait for it. */
  load?: 'idle' | 'immediate'
  /** `auto`: `$page_load` now, and after each navigation within the page. Default `manual`. */
  pageLoads?: 'manual' | 'auto'
  /** What a sandboxed page can't know itself. Where it is given, no storage or cookie of the page is touched. */
  context?: {
    url?: string | undefined
    referrer?: string | undefined
    userAgent?: string | undefined
    ttclid?: string | undefined
    ttp?: string | undefined
    external_id?: string | undefined
  }
  /** The shop's own domain, without `https://`: its cookies', and a server event's page where it names none. */
  domain?: string
  /** TikTok's Limited Data Use, for every event. */
  limitedDataUse?: boolean
  /** Default `true`: TikTok's pixel may collect metadata and clicks by itself. */
  autoConfig?: boolean
  /** `true`: the page loads no pixel and sends nothing, and the forwarder takes no events. Default `false`. */
  paused?: boolean
  /** Loads the inspector, which prints a line for each event: what came in, what became of it, and why. */
  debug?: boolean
  /** Sees each event before consent and filters do; `null` stops it. Both copies carry what it returns. Page only. */
  beforeSend?: (event: ConvergeEvent) => ConvergeEvent | null
  /** `us`: TikTok's US host. */
  region?: 'us'
  /** For a Content-Security-Policy that asks for one. */
  nonce?: string
}

// ── The instance ─────────────────────────────────────────────────────────────────────────────────────────────────────

type OrderEventName = 'Placed Order' | 'Started Subscription'

/**
 * An order needs its `id`, or an `eventID` that stands in for it: without either, every reload counts it again. The general
 * signature comes last, because a compiler's message is about the last one.
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
   * Tracks one event. Synchronous: when it returns, TikTok's `ttq` has been called. Never throws.
   *
   * @example
   * converge.track('Added To Cart', { product_id: '1', variant_id: '11', name: 'Cap', price: 19.9, quantity: 1, currency: 'EUR' })
   */
  track: Track<TrackResult>
  /** Says what holds for every later event: properties, and who the visitor is. */
  set(standing: StandingProperties): void
  /** The visitor's decision. It holds for the next pages too, and may change. */
  consent(consent: Consent): void
  /** For cart attributes and order notes, so that a webhook can hand it back. */
  context(): PageContext
  /**
   * `event`: every decision and later change, the last 50 first. `state`: pixel, consent, relay and outbox, as they stand and
   * whenever they change. Returns the way to stop listening.
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

/** `window.converge`: before the script has come, its methods push onto `q`; afterwards they are the real ones. */
export interface ConvergeGlobal {
  /** What a forwarder that serves the script knows of the config. */
  config?: Partial<Config>
  /** A forwarder has served the script: it is the relay, unless the config names another one. */
  isServed?: boolean
  q: { push(call: QueuedCall): void }
  init(config?: Partial<Config>): void
  /** Answers nothing as long as no pixel was named. */
  track: Track<TrackResult | undefined>
  set(standing: StandingProperties): void
  consent(consent: Consent): void
  /** Knows nothing as long as no pixel was named. */
  context(): PageContext | undefined
  on<Type extends keyof News>(type: Type, listener: (...news: News[Type]) => void): void
}

declare global {
  interface Window {
    converge?: Partial<ConvergeGlobal>
    /** Names TikTok's global. */
    TiktokAnalyticsObject?: string
  }
}
