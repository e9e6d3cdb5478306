import type { EventsApiEvent, OutboxEvent } from '../server/outbox.ts'
import type { EventConsent } from '../tiktok/events-api/delivery.ts'
import { customerOf, isSamePerson, toExternalId } from './profile.ts'

/** Seconds. A page's time that is earlier by at most this much is when the visitor placed the order, so it is used. */
const TIME_BEFORE_SOURCE = 300
/** Seconds. A page's copy with a larger difference belongs to another order, or is forged. */
const LONGEST_DISTANCE = 3600

type User = EventsApiEvent['user']

/** Keys that only the visitor's browser knows at first hand. */
const browserKeys = ['ttclid', 'ttp', 'ip', 'user_agent', 'locale'] as const satisfies (keyof User)[]

/**
 * True if a page's copy cannot belong to the signed source's order, although it has the same ID. Its email address, customer ID
 * or time is another.
 */
export function contradicts(page: OutboxEvent, signed: OutboxEvent): boolean {
  const [ofPage, ofSource] = [page, signed].map((copy) => ({ email: copy.data.user.email, customer: customerOf(copy) }))
  if (ofPage && ofSource && !isSamePerson(ofPage, ofSource)) return true
  return Math.abs(page.data.event_time - signed.data.event_time) > LONGEST_DISTANCE
}

/**
 * Merges the two copies of an order into one event. Parameters, value and expiry come from the signed source, because anybody
 * can post as a page. URL, click IDs, IP address and user agent come from the page. Other match keys come from both, and the
 * source's take precedence.
 */
export function mergeOrder(signed: OutboxEvent, page: OutboxEvent): OutboxEvent {
  const isLimited = signed.data.limited_data_use === true || page.data.limited_data_use === true
  const { limited_data_use: _, ...data } = signed.data
  const visitor = page.visitor ?? signed.visitor
  const aliases = [...new Set([...(signed.aliases ?? []), ...(page.aliases ?? [])])]
  const consent = mergeConsent(signed.consent, page.consent)
  return {
    ...signed,
    ...(visitor !== undefined && { visitor }),
    ...(aliases.length && { aliases }),
    ...(consent && { consent }),
    data: {
      ...data,
      event_time: timeOf(signed.data.event_time, page.data.event_time),
      ...(isLimited && { limited_data_use: true }),
      user: { ...mergeUsers(signed.data.user, page.data.user), ...mergeIds(signed, page) },
      page: page.data.page.url ? page.data.page : signed.data.page,
    },
    merged: true,
  }
}

/** The source's decision counts. Only if it has none, the page's does. */
function mergeConsent(signed: EventConsent | undefined, page: EventConsent | undefined): EventConsent | undefined {
  const decision = signed?.marketing ? signed : (page ?? signed)
  return decision && { ...decision, ...((signed?.gpc || page?.gpc) && { gpc: true }) }
}

/** The customer ID, the source's first, and the visitor ID. */
function mergeIds(signed: OutboxEvent, page: OutboxEvent): Pick<User, 'external_id'> {
  const visitor = page.visitor ?? signed.visitor
  const ids = [customerOf(signed) ?? customerOf(page), visitor]
  return toExternalId([...new Set(ids.filter((id) => id !== undefined))])
}

function timeOf(signed: number, page: number): number {
  return page <= signed && page >= signed - TIME_BEFORE_SOURCE ? page : signed
}

function mergeUsers(signed: User, page: User): User {
  const merged: User = { ...page, ...signed }
  for (const key of browserKeys) {
    const ofPage = page[key]
    if (ofPage) merged[key] = ofPage
  }
  return merged
}

/**
 * Merges the rows of one order from a signed source with those from a page. Each of the source's rows gets the context of the
 * page's row with the same event, else of another row of the page. A row that only the page has is dropped, because the source
 * decides.
 * Returns `undefined` without merging if the page's copy contradicts the source's.
 */
export function mergeRows(signed: readonly OutboxEvent[], page: readonly OutboxEvent[]): OutboxEvent[] | undefined {
  if (page.some((one) => signed.some((other) => contradicts(one, other)))) return undefined
  return signed.map((one) => {
    const ofPage = page.find(({ data }) => data.event === one.data.event) ?? page[0]
    return ofPage ? mergeOrder(one, ofPage) : one
  })
}
