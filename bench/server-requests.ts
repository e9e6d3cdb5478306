// The requests and events of the forwarder bench.

import type { OutboxEvent } from '../src/server/outbox.ts'

export const shop = 'https://www.shop.example'
export const pixelId = 'CJQBODJC77UB4MRTGFRF'
export const adminToken = 'bench-admin-token-of-32-characters'

let lastId = 1e9 // IDs have one length, so that a request can be written in advance.
const idTail = '-8d2f1c9e-4a47-4b9e-9a0a-0d6f0f6c2f11'
const idPlace = '##########'

const content = { content_type: 'product', content_id: '90101', content_name: 'Cap', price: 19.9, quantity: 2 } as const
const parameters = {
  contents: [content, content, content],
  content_type: 'product',
  num_items: 6,
  value: 94.8,
  currency: 'EUR',
} as const
const user = { email: 'a'.repeat(64), external_id: 'b'.repeat(64) }
const ttp = '2aBcDeFgHiJkLmNoPqRsTuVwXyZ'
const userAgent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15'

const visitorPlace = '#visitor##'
const visitorTail = '0'.repeat(64 - visitorPlace.length)

/**
 * Writes a request as a page posts it, of a checkout's size. `withIds` gives each event an id of its own. With `hasVisitor`,
 * about ten events in a row have the same visitor; older builds do not know that field.
 */
export function createRequest(events: number, hasVisitor = false): { withIds(): string } {
  const now = Date.now()
  const body = JSON.stringify({
    v: 1,
    sentAt: now,
    events: Array.from({ length: events }, () => ({
      time: now,
      eventName: 'Started Checkout',
      eventID: `${idPlace}${idTail}`,
      send: [{ event: 'InitiateCheckout', parameters }],
      pixel: true,
      user,
      ...(hasVisitor && { visitor: `${visitorPlace}${visitorTail}` }),
      page: { url: `${shop}/checkout`, referrer: `${shop}/cart` },
      ttp,
      locale: 'de-AT',
      consent: { analytics: 'granted', marketing: 'granted' },
    })),
  })
  const head = [
    'POST /events HTTP/1.1',
    'host: converge.shop.example',
    `origin: ${shop}`,
    'content-type: text/plain;charset=UTF-8',
    `user-agent: ${userAgent}`,
    `content-length: ${body.length}`,
  ]
  const request = `${head.join('\r\n')}\r\n\r\n${body}`
  const withEventIds = () => request.replaceAll(idPlace, () => String(++lastId))
  if (!hasVisitor) return { withIds: withEventIds }
  return { withIds: () => withEventIds().replaceAll(visitorPlace, visitorNow) }
}

const visitorNow = (): string => String(1e9 + Math.floor(lastId / 10))

/** The same events in the format of the outbox. No request has their IDs. */
export function eventsFor(count: number): OutboxEvent[] {
  const seconds = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, () => ({
    data: {
      event: 'InitiateCheckout',
      event_time: seconds,
      event_id: `waiting-${++lastId}${idTail}`,
      user: { ...user, ttp, locale: 'de-AT', ip: '203.0.113.7', user_agent: userAgent },
      page: { url: `${shop}/checkout`, referrer: `${shop}/cart` },
      properties: { ...parameters, contents: [...parameters.contents] },
    },
    expires: seconds + 169_200, // 47 hours
    order: false,
    source: 'page',
  }))
}
