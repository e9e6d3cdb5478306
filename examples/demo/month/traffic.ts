// A month of made-up visits to the shop, and the outcomes of their events. The same time always gives the same month.

import { createHash } from 'node:crypto'
import type { EventsApiEvent } from '../../../src/tiktok/events-api/event.ts'
import { currency, products } from '../shop/catalog.ts'

export interface PastEvent {
  /** When it arrived, in milliseconds since 1970. */
  at: number
  source: 'web' | 'shopify'
  channel: 'page' | 'server'
  /** True if the page and the shop system sent it. */
  isMerged: boolean
  eventName: string
  data: EventsApiEvent
  outcome: Outcome
}

export type Outcome =
  | { status: 'success' /** Milliseconds until TikTok accepted it. */; delay: number; attempts: number }
  | { status: 'failure'; attempts: number; code?: number; message?: string; problem: string }
  | { status: 'skipped'; reason: string }
  | { status: 'no_consent'; reason: string }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const HOUR = 3_600_000
const DAY = 24 * HOUR
const days = 30
const visitsPerDay = 46

/** Days ago, and hours of that day, in which TikTok's Events API did not answer. */
const outage = { daysAgo: 9, from: 14, to: 16 }
/** The hour of yesterday in which an order was lost: the one to be found in three clicks. */
const lossHour = 17

const names = {
  'Viewed Product': 'ViewContent',
  Searched: 'Search',
  'Added To Cart': 'AddToCart',
  'Started Checkout': 'InitiateCheckout',
  'Added Payment Info': 'AddPaymentInfo',
  'Placed Order': 'Purchase',
} as const
type EventName = keyof typeof names

/** The probability that a visit reaches each step from the step before. */
const funnel: readonly [EventName, number][] = [
  ['Viewed Product', 1],
  ['Added To Cart', 0.42],
  ['Started Checkout', 0.62],
  ['Added Payment Info', 0.82],
  ['Placed Order', 0.85],
]

type Random = () => number

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The events of the 30 days before `now`, in milliseconds since 1970, oldest first. */
export function monthBefore(now: number): PastEvent[] {
  const random = createRandom(1850)
  const midnight = Math.floor(now / DAY) * DAY
  const events: PastEvent[] = []
  let order = 48_200
  for (let daysAgo = days - 1; daysAgo >= 0; daysAgo--) {
    const day = midnight - daysAgo * DAY
    for (let visit = 0; visit < visitsOf(day, daysAgo, random); visit++) {
      const at = day + hourOf(random) * HOUR + random() * HOUR
      events.push(...visitAt(at, daysAgo, `NL-${order++}`, random))
    }
    if (daysAgo === 1) events.push(lostOrder(day + lossHour * HOUR, `NL-${order++}`))
  }
  const past = events.map((event) => ({ ...event, at: Math.floor(event.at) })).filter(({ at }) => at < now)
  return past.sort((a, b) => a.at - b.at)
}

/** More at the weekend, and a little more each week. */
function visitsOf(day: number, daysAgo: number, random: Random): number {
  const weekday = new Date(day).getUTCDay()
  const weekend = weekday === 0 || weekday === 6 ? 1.35 : 1
  return Math.round(visitsPerDay * weekend * (1 + (days - daysAgo) / 90) * (0.85 + 0.3 * random()))
}

/** Most people shop in the evening, few at night. */
function hourOf(random: Random): number {
  const hour = Math.floor(random() * 24)
  const share = 0.08 + 0.92 * Math.max(0, Math.sin(((hour - 6) / 17) * Math.PI)) ** 0.8
  return random() < share ? hour : hourOf(random)
}

function visitAt(start: number, daysAgo: number, orderId: string, random: Random): PastEvent[] {
  const visitor = sha256(`visitor of ${orderId}`)
  const isDenied = random() < 0.16
  const isBlocked = random() < 0.2
  const browser = {
    ...{ external_id: visitor, ip: '203.0.113.7', user_agent: 'Mozilla/5.0' },
    ...(random() < 0.38 && { ttclid: `E.C.P.${visitor.slice(0, 12)}` }),
    ...(!isBlocked && { ttp: visitor.slice(0, 24) }),
  }
  const bought = products[Math.floor(random() * products.length)]?.variants[0]
  const value = Math.round(((bought?.price ?? 24) * Math.ceil(random() * 2) + 4.9) * 100) / 100
  const events: PastEvent[] = []
  let at = start
  if (random() < 0.18 && !isDenied) events.push(pageEvent('Searched', at, browser, orderId, daysAgo, random))
  for (const [name, share] of funnel) {
    if (random() > share) break
    at += 20_000 + random() * 90_000
    if (name === 'Placed Order')
      events.push(...ordersOf({ at, orderId, value, browser, isDenied, isBlocked, daysAgo }, random))
    else if (!isDenied) events.push(pageEvent(name, at, browser, orderId, daysAgo, random, value))
  }
  return events
}

function pageEvent(
  eventName: EventName,
  at: number,
  user: EventsApiEvent['user'],
  visit: string,
  daysAgo: number,
  random: Random,
  value?: number,
): PastEvent {
  const event_id = sha256(`${visit} ${eventName}`).slice(0, 22)
  return {
    ...{ at, source: 'web', channel: 'page', isMerged: false, eventName },
    data: dataOf(eventName, at, event_id, user, value),
    outcome: sent(at, daysAgo, random),
  }
}

interface Buying {
  at: number
  orderId: string
  value: number
  browser: EventsApiEvent['user']
  isDenied: boolean
  isBlocked: boolean
  daysAgo: number
}

/** Most orders come from the page and from the shop system, some from the shop system only. */
function ordersOf({ at, orderId, value, browser, isDenied, isBlocked, daysAgo }: Buying, random: Random): PastEvent[] {
  const person = { email: sha256(`${orderId}@example.com`), first_name: sha256('jane'), last_name: sha256('doe') }
  const phone = random() < 0.7 && { phone: sha256(`+49${orderId}`) }
  const common = { at, source: 'shopify', eventName: 'Placed Order' } as const
  const data = (user: EventsApiEvent['user']) => dataOf('Placed Order', at, orderId, user, value)
  if (isDenied)
    return [
      {
        ...common,
        channel: 'server',
        isMerged: false,
        data: data({}),
        outcome: { status: 'no_consent', reason: 'denied' },
      },
    ]
  const isMerged = !isBlocked || random() < 0.6
  const user = { ...person, ...phone, ...(isMerged && browser) }
  const order: PastEvent = {
    ...common,
    channel: 'server',
    isMerged,
    data: data(user),
    outcome: sent(at, daysAgo, random),
  }
  // Reloads of the thank-you page in another browser, and second deliveries of the webhook.
  if (random() > 0.06) return [order]
  const again: Outcome = { status: 'skipped', reason: 'already_sent' }
  return [order, { ...order, at: at + 400_000, isMerged: false, outcome: again }]
}

/** An order that TikTok refused: a gift card without a content ID, added by hand in the shop system. */
function lostOrder(at: number, orderId: string): PastEvent {
  const problem = 'TikTok answered code 40002: properties.contents[0].content_id is required'
  return {
    ...{ at, source: 'shopify', channel: 'server', isMerged: false, eventName: 'Placed Order' },
    data: dataOf('Placed Order', at, orderId, { email: sha256('gift@example.com') }, 120),
    outcome: { status: 'failure', attempts: 1, code: 40002, message: problem, problem },
  }
}

/** During the outage, an event is sent again until TikTok answers. */
function sent(at: number, daysAgo: number, random: Random): Outcome {
  const end = Math.floor(at / DAY) * DAY + outage.to * HOUR
  const isOut = daysAgo === outage.daysAgo && at > end - (outage.to - outage.from) * HOUR && at < end
  if (isOut) return { status: 'success', delay: end - at + random() * 240_000, attempts: 4 + Math.floor(random() * 5) }
  const isSlow = random() < 0.02
  return { status: 'success', delay: isSlow ? 4000 + random() * 9000 : 180 + random() * 700, attempts: isSlow ? 2 : 1 }
}

function dataOf(
  eventName: EventName,
  at: number,
  event_id: string,
  user: EventsApiEvent['user'],
  value?: number,
): EventsApiEvent {
  const isOrder = eventName === 'Placed Order'
  return {
    ...{ event: names[eventName], event_time: Math.floor(at / 1000), event_id, user },
    page: { url: 'https://northern-light.example/' },
    properties: { ...(value !== undefined && { value, currency }), ...(isOrder && { order_id: event_id }) },
  }
}
