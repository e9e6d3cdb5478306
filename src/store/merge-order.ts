import type { EventsApiEvent, OutboxEvent } from '../server/outbox.ts'

/** Seconds before the source's time within which the page's time is the better one: when the visitor placed the order. */
const TIME_BEFORE_SOURCE = 300
/** Seconds. A page's copy that is further away is another order's, or forged. */
const LONGEST_DISTANCE = 3600

type User = EventsApiEvent['user']

/** What only the visitor's browser knows. A source can repeat it at best. */
const browserKeys = ['ttclid', 'ttp', 'ip', 'user_agent', 'locale'] as const satisfies (keyof User)[]

/**
 * True if a page's copy cannot be of the signed source's order, whatever its id says: it names another person, or another
 * time. A customer id does not tell yet, since a page sends its visitor's id in the same place.
 */
export function contradicts(page: OutboxEvent, signed: OutboxEvent): boolean {
  const [ofPage, ofSource] = [page.data.user.email, signed.data.user.email]
  if (ofPage !== undefined && ofSource !== undefined && ofPage !== ofSource) return true
  return Math.abs(page.data.event_time - signed.data.event_time) > LONGEST_DISTANCE
}

/**
 * One event of an order's two copies. Parameters, money and expiry are the signed source's, since anybody can post what a
 * page posts. Address, click ids, IP and user agent are the page's, and match keys come from both: the source's win.
 */
export function mergeOrder(signed: OutboxEvent, page: OutboxEvent): OutboxEvent {
  const isLimited = signed.data.limited_data_use === true || page.data.limited_data_use === true
  const { limited_data_use: _, ...data } = signed.data
  return {
    ...signed,
    data: {
      ...data,
      event_time: timeOf(signed.data.event_time, page.data.event_time),
      ...(isLimited && { limited_data_use: true }),
      user: mergeUsers(signed.data.user, page.data.user),
      page: page.data.page.url ? page.data.page : signed.data.page,
    },
    merged: true,
  }
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
 * Merges the rows of one order: those of the signed source with those of a page. Each of the source's rows gets its twin's
 * context, or that of another row of the page where the page has no row of this name. A row that only the page has is left
 * out, since the source decided otherwise. `undefined` if the page's copy contradicts the source's: nothing is merged then.
 */
export function mergeRows(signed: readonly OutboxEvent[], page: readonly OutboxEvent[]): OutboxEvent[] | undefined {
  if (page.some((one) => signed.some((other) => contradicts(one, other)))) return undefined
  return signed.map((one) => {
    const twin = page.find(({ data }) => data.event === one.data.event) ?? page[0]
    return twin ? mergeOrder(one, twin) : one
  })
}
