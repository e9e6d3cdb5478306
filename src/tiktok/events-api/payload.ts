import { cleanUrl } from '../../core/clean-url.ts'
import { readDomain } from '../../core/domain.ts'
import { orderEvents } from '../../core/event-names.ts'
import { put, readText } from '../../core/read.ts'
import type { Config, ConvergeEvent, EventName, EventParameters, User } from '../../types.ts'
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
  /** By the page's. */
  sentAt: number
  ip: string
  userAgent: string
  limitedDataUse: boolean
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
  page: { url: string; referrer: string }
  ttclid?: string | undefined
  ttp?: string | undefined
  locale?: string | undefined
  test?: string | undefined
}

/** The parts of a server's event that are sent, besides its rows. */
export interface ServerFacts {
  rows: readonly MappedEvent[]
  profile: { user: EventsApiEvent['user']; url: string; gpc: boolean }
  /** Milliseconds since 1970. */
  time: number
  config: Config
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
  }))
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
  const isLimited = config.limitedDataUse === true || (profile.gpc && config.gpc !== 'ignore')
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
  const clean = cleanUrl(url.trim()).slice(0, MAX_URL)
  return /^https?:\/\/[^\s/]/i.test(clean) ? clean : ''
}
