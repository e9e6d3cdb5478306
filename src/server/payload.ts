import { cleanUrl } from '../core/clean-url.ts'
import { readDomain } from '../core/domain.ts'
import { orderEvents } from '../core/event-names.ts'
import { put, readText } from '../core/read.ts'
import type { MappedEvent } from '../tiktok/route.ts'
import type { Config, ConvergeEvent } from '../types.ts'
import type { EventsApiEvent, OutboxEvent } from './outbox.ts'
import type { PageEvent } from './parse.ts'
import type { Profile } from './profile.ts'

const HOUR = 3600
/** TikTok forgets an event_id after 48 hours: a copy that comes later would count a second time. */
const WHERE_THE_PIXEL_SENT_IT = 47 * HOUR
const OTHERWISE = 7 * 24 * HOUR
const OLDEST = 30 * 24 * HOUR * 1000

/** What a request tells of a page's event, beside its body. */
export interface Visit {
  /** Milliseconds since 1970, by our clock. */
  receivedAt: number
  /** By the page's. */
  sentAt: number
  ip: string
  userAgent: string
  limitedDataUse: boolean
  /** Nothing but what `track()` was given: the visitor has granted nothing. */
  isBare: boolean
  allowTest: boolean
}

/** The TikTok events of a page's event. `send` are those of them that may go. */
export function fromPage(event: PageEvent, send: PageEvent['send'], visit: Visit): OutboxEvent[] {
  // The page's clock may be wrong, its differences hardly are.
  const age = Math.min(Math.max(visit.sentAt - event.time, 0), OLDEST)
  const seconds = Math.floor((visit.receivedAt - age) / 1000)
  const testCode = visit.allowTest ? event.test : undefined
  const user: EventsApiEvent['user'] = {}
  for (const key of matchKeys) put(user, key, event.user[key] ?? '')
  if (!visit.isBare) {
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
    expires: seconds + (event.pixel ? WHERE_THE_PIXEL_SENT_IT : OTHERWISE),
    // A test may be repeated, and must not stand in for the order.
    order: !testCode && orderEvents.includes(event.eventName),
    ...(testCode && { test_event_code: testCode }),
  }))
}

/** The TikTok events of a server's event. `time` is in milliseconds since 1970. */
export function fromServer(
  { eventName, eventID, properties }: ConvergeEvent,
  { rows, profile, time, config }: { rows: readonly MappedEvent[]; profile: Profile; time: number; config: Config },
): OutboxEvent[] {
  const seconds = Math.floor(time / 1000)
  const domain = readDomain(config.domain)
  const shop = domain ? `https://${domain}` : ''
  const page = toPage(readText(properties.$url) || profile.url || shop, readText(properties.referrer))
  const hasPixel = config.mapping?.mode !== 'server_only'
  return rows.map(({ event, forward, parameters }) => ({
    data: {
      event,
      event_time: seconds,
      event_id: eventID,
      ...(config.limitedDataUse && { limited_data_use: true }),
      user: profile.user,
      page,
      properties: parameters(),
    },
    expires: seconds + (hasPixel && forward === 'client_and_server' ? WHERE_THE_PIXEL_SENT_IT : OTHERWISE),
    order: orderEvents.includes(eventName),
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
] as const satisfies (keyof PageEvent['user'])[]

function toPage(url: string, referrer: string): EventsApiEvent['page'] {
  const page: EventsApiEvent['page'] = {}
  put(page, 'url', readUrl(url))
  put(page, 'referrer', readUrl(referrer))
  return page
}

const MAX_URL = 2000

/** Empty, where it is no web address. */
function readUrl(url: string): string {
  const clean = cleanUrl(url.trim()).slice(0, MAX_URL)
  return /^https?:\/\/[^\s/]/i.test(clean) ? clean : ''
}
