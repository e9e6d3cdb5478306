import { cleanUrlFast } from '../../core/clean-url.ts'
import { readDomain } from '../../core/domain.ts'
import { orderEvents } from '../../core/event-names.ts'
import { put, readText } from '../../core/read.ts'
import type { Config, ConvergeEvent, Decision, EventName, EventParameters, User } from '../../types.ts'
import { SECONDS_BESIDE_PIXEL, SECONDS_WITHOUT_PIXEL } from '../limits.ts'
import type { MappedEvent } from '../route.ts'
import type { OutboxEvent } from './delivery.ts'
import type { EventsApiEvent } from './event.ts'

const OLDEST = 30 * 24 * 3_600_000 // ms

/** Events that are counted once per id: orders, and renewals of subscriptions, which only servers send. */
const countedOnce: readonly string[] = [...orderEvents, 'Placed Recurring Subscription Order' satisfies EventName]

/** What an outbox needs to know to count an event once. */
function orderFacts(eventName: string): Pick<OutboxEvent, 'order' | 'orderName'> {
  return { order: countedOnce.includes(eventName), ...(orderEvents.includes(eventName) && { orderName: eventName }) }
}

/** What a page's request says about its events, besides the body. */
export interface Visit {
  /** Milliseconds since 1970, by our clock. */
  receivedAt: number
  /** The earliest that `receivedAt` may truly be, if our clock was changed. In milliseconds since 1970. */
  earliest: number
  /** By the page's. */
  sentAt: number
  ip: string
  userAgent: string
  limitedDataUse: boolean
  /** True if the browser sends Global Privacy Control and the config does not ignore it. */
  isOptedOut: boolean
  /** `undefined` if the visitor has not decided. */
  marketing: Decision | undefined
  /** True if only values from `track()` may be used, because the visitor has granted nothing. */
  isBare: boolean
  allowTest: boolean
}

/** The parts of a page's event that are sent. */
export interface PageFacts {
  eventName: string
  eventID: string
  /** The time of the call by the page's clock, in milliseconds since 1970. */
  time: number
  /** True if the browser copy was given to the pixel. */
  pixel: boolean
  user: { [Key in keyof User]: User[Key] | undefined }
  /** The visitor's ID. It is the `external_id` of a visitor without a customer ID. */
  visitor?: string | undefined
  aliases?: readonly string[] | undefined
  page: { url: string; referrer: string }
  ttclid?: string | undefined
  ttp?: string | undefined
  locale?: string | undefined
  test?: string | undefined
}

/** The parts of a server's event that are sent, besides its rows. */
export interface ServerFacts {
  rows: readonly MappedEvent[]
  profile: ServerProfile
  /** Milliseconds since 1970. */
  time: number
  config: Config
}

/** The person and visitor of a server's event, and the page that it is from. */
export interface ServerProfile {
  user: EventsApiEvent['user']
  /** SHA-256. */
  visitor: string | undefined
  /** SHA-256 of `urn:namespace:value`, without match keys. */
  aliases: readonly string[]
  url: string
  gpc: boolean
  /** `undefined` if the visitor has not decided. */
  marketing: Decision | undefined
  /** True if the decision comes from `converge.context()`, which may be much older than the event. */
  isUndated: boolean
}

/** The TikTok events of a page's event. `send` contains those that may be sent. */
export function fromPage(
  event: PageFacts,
  send: readonly { event: string; parameters: EventParameters }[],
  visit: Visit,
): OutboxEvent[] {
  // The page's clock may be wrong, but differences of its times are right.
  const age = Math.min(Math.max(visit.sentAt - event.time, 0), OLDEST)
  const seconds = Math.floor((visit.receivedAt - age) / 1000)
  const testCode = visit.allowTest ? event.test : undefined
  const user: EventsApiEvent['user'] = {}
  for (const key of matchKeys) put(user, key, event.user[key] ?? '')
  if (!visit.isBare) {
    put(user, 'external_id', user.external_id ?? event.visitor ?? '')
    put(user, 'ttclid', event.ttclid ?? '')
    put(user, 'ttp', event.ttp ?? '')
    put(user, 'locale', event.locale ?? '')
    put(user, 'ip', visit.ip)
    put(user, 'user_agent', visit.userAgent)
  }
  const page = toPage(event.page.url, event.page.referrer)
  return send.map((one) => ({
    data: {
      event: one.event,
      event_time: seconds,
      event_id: event.eventID,
      ...(visit.limitedDataUse && { limited_data_use: true }),
      user,
      page,
      properties: one.parameters,
    },
    expires: seconds + (event.pixel ? SECONDS_BESIDE_PIXEL : SECONDS_WITHOUT_PIXEL),
    // A test order may be repeated, and must not replace the real order.
    ...(testCode ? { order: false, test_event_code: testCode } : orderFacts(event.eventName)),
    ...(!visit.isBare && visitorOf(event, decisionAt(visit, age), visit)),
  }))
}

// Milliseconds. An event that is younger was decided on this side of a change of our clock.
const FRESH = 5000

/** When the visitor's decision of a page's event was known to hold, in milliseconds since 1970. */
function decisionAt({ receivedAt, earliest }: Visit, age: number): number {
  return (age <= FRESH ? receivedAt : Math.min(receivedAt, earliest)) - age
}

type Decided = Pick<OutboxEvent, 'visitor' | 'aliases' | 'consent'>

function visitorOf(
  { visitor, aliases = [] }: Pick<PageFacts, 'visitor' | 'aliases'>,
  decided: number,
  { marketing, isOptedOut }: Pick<Visit, 'marketing' | 'isOptedOut'>,
): Decided {
  const known: Decided = {}
  if (visitor !== undefined) known.visitor = visitor
  if (aliases.length) known.aliases = aliases
  if (visitor !== undefined || marketing || isOptedOut) {
    known.consent = { decided }
    if (marketing) known.consent.marketing = marketing
    if (isOptedOut) known.consent.gpc = true
  }
  return known
}

/** The TikTok events of a server's event. */
export function fromServer(
  { eventName, eventID, properties }: ConvergeEvent,
  { rows, profile, time, config }: ServerFacts,
): OutboxEvent[] {
  const seconds = Math.floor(time / 1000)
  const domain = readDomain(config.domain)
  const shop = domain ? `https://${domain}` : ''
  const page = toPage(readText(properties.$url) || profile.url || shop, readText(properties.referrer))
  const isOptedOut = profile.gpc && config.gpc !== 'ignore'
  const isLimited = config.limitedDataUse === true || isOptedOut
  const hasPixel = config.mapping?.mode !== 'server_only'
  return rows.map(({ event, forward, parameters }) => ({
    data: {
      event,
      event_time: seconds,
      event_id: eventID,
      ...(isLimited && { limited_data_use: true }),
      user: profile.user,
      page,
      properties: parameters,
    },
    expires: seconds + (hasPixel && forward === 'client_and_server' ? SECONDS_BESIDE_PIXEL : SECONDS_WITHOUT_PIXEL),
    ...orderFacts(eventName),
    ...visitorOf(profile, profile.isUndated ? 0 : time, { marketing: profile.marketing, isOptedOut }),
  }))
}

const matchKeys = [
  'email',
  'phone',
  'external_id',
  'first_name',
  'last_name',
  'zip_code',
  'city',
  'state',
  'country',
] as const satisfies (keyof User)[]

function toPage(url: string, referrer: string): EventsApiEvent['page'] {
  const page: EventsApiEvent['page'] = {}
  put(page, 'url', readUrl(url))
  put(page, 'referrer', readUrl(referrer))
  return page
}

const MAX_URL = 2000

/** Returns an empty text if it is not a web address. */
function readUrl(url: string): string {
  const clean = cleanUrlFast(url.trim()).slice(0, MAX_URL)
  return /^https?:\/\/[^\s/]/i.test(clean) ? clean : ''
}
