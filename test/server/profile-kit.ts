// A forwarder with profiles, its database and a clock, in front of the stand-in for the Events API.
import { expect, onTestFinished } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import type { Store } from '../../src/store/store.ts'
import type { RelayedEvent } from '../../src/types.ts'
import { type AcceptedEvent, createEventsApiHost } from '../tiktok/events-api-host.ts'
import { accessToken, adminToken, pixelId, shop, webhookToken } from './node-requests.ts'

export const second = 1000
export const hour = 3_600_000
export const day = 24 * hour

export const cart = 'urn:cart_token:abc'
export const userAgent = 'Mozilla/5.0 (visitor)'
export const address = '203.0.113.7'

/** What the page of a visitor sends with each event. */
export interface Visitor {
  visitor: string
  aliases?: string[]
  ttclid?: string
  ttp?: string
}

export const anna: Visitor = {
  visitor: sha256('visitor anna'),
  aliases: [sha256(cart)],
  ttclid: 'E.C.P.anna',
  ttp: 'ttp-anna',
}

/** A new and empty database. */
export interface ProfileDatabase {
  /** Opens it, as a forwarder does. */
  open(now: () => number): Store
  /** Returns those of the hashes that it contains, as text or as bytes. */
  find(hashes: readonly string[]): string[] | Promise<string[]>
}

export interface ProfileServer {
  store: Store
  /** Lets the time of the forwarder and the database pass, in milliseconds. */
  pass(milliseconds: number): void
  now(): number
  postPage(event: Partial<RelayedEvent>, age?: number): Promise<Record<string, unknown>>
  postDenial(visitor: string): Promise<Record<string, unknown>>
  /** Posts an event of Converge's server API. Its time is now. */
  postShop(event: object): Promise<Record<string, unknown>>
  /** Lets the time that an order waits pass, and returns the events of this ID that TikTok accepted. */
  sent(id: string): Promise<AcceptedEvent[]>
  health(): Promise<Record<string, unknown>>
}

export async function startProfiles(
  database: ProfileDatabase,
  config: Partial<ForwarderConfig> = {},
): Promise<ProfileServer> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  let passed = 0
  const now = () => Date.now() + passed
  const store = database.open(now)
  const whole = { pixelId, accessToken, webhookToken, adminToken, allowedOrigins: [shop], store, ...config }
  const forwarder = createForwarder(
    { eventsApiUrl: tiktok.url, ...whole },
    { now, monotonic: () => performance.now() + passed, log: () => {} },
  )

  async function post(route: string, body: object): Promise<Record<string, unknown>> {
    const headers = { origin: shop, 'x-webhook-token': webhookToken, 'user-agent': userAgent }
    const request = new Request(`${shop}/${route}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await forwarder.fetch(request, { ip: address })).json()
  }
  let last = 0
  return {
    store,
    pass: (milliseconds) => (passed += milliseconds),
    now,
    postPage: (event, age = 0) => {
      const made = { time: now() - age, eventName: 'Added To Cart', eventID: `page-${++last}`, pixel: false, user: {} }
      const send = [{ event: 'AddToCart', parameters: {} }]
      const page = { url: `${shop}/cap`, referrer: '' }
      const consent = { marketing: 'granted' as const }
      return post('events', { v: 1, sentAt: now(), events: [{ ...made, send, page, consent, ...event }] })
    },
    postDenial: (visitor) => post('events', { v: 1, sentAt: now(), events: [], denied: { visitor } }),
    postShop: (event) => post('webhook', { timestamp: now() / 1000, ...event }),
    async sent(id) {
      passed += 61 * second
      const marker = `marker-${++last}`
      await post('webhook', { event_name: 'Searched', event_id: marker, profile_properties: { $consent: 'granted' } })
      const isLast = (events: AcceptedEvent[]) => events.some(({ event_id }) => event_id === marker)
      await tiktok.waitForAccepted(isLast)
      // The order may be due only after the batch with the marker was taken.
      await expect.poll(() => store.stats()).toMatchObject({ waiting: 0 })
      return (await tiktok.waitForAccepted(isLast)).filter(({ event_id }) => event_id === id)
    },
    health: async () => {
      const headers = { authorization: `Bearer ${adminToken}` }
      return (await forwarder.fetch(new Request(`${shop}/health`, { headers }))).json()
    },
  }
}

/** An order of the shop's server. */
export function orderOf(
  id: string,
  person: Record<string, unknown>,
  aliases: readonly string[] = [],
  event_name = 'Placed Order',
): object {
  return {
    event_name,
    event_id: id,
    properties: { id, total_price: 94.8, currency: 'EUR' },
    profile_properties: person,
    aliases,
  }
}

export const renewal = 'Placed Recurring Subscription Order'
