// A shop with pages and a server, and a forwarder whose events the test takes out itself.
import { expect, onTestFinished } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import type { MergeOptions, StoreStats } from '../../src/store/store.ts'
import type { RelayedEvent } from '../../src/types.ts'
import { type OpenLawDatabase, storeOf } from './law-database.ts'
import { accessToken, pixelId, shop, webhookToken } from './node-requests.ts'
import { address, orderOf, renewal, second, userAgent } from './profile-kit.ts'

type User = OutboxEvent['data']['user']

export interface ProfileShop {
  /** Lets time pass, in milliseconds. */
  pass(milliseconds: number): void
  /** Posts a page's event. `age` is in milliseconds. */
  postPage(event: Partial<RelayedEvent>, age?: number): Promise<unknown>
  /** Posts a page's denial of consent. */
  postDenial(visitor: string): Promise<unknown>
  /** Posts an event of the shop's server. */
  postShop(event: object): Promise<unknown>
  /** Lets the time that an order waits pass, and returns the events with this ID that were sent. */
  sent(id: string): Promise<OutboxEvent['data'][]>
  /** Posts the renewal of a subscription, which waits for no page, and returns the match keys that were sent. */
  renew(id: string, person: Record<string, unknown>, aliases?: readonly string[]): Promise<User>
  profiles(): Promise<StoreStats['profiles']>
}

export type StartShop = (config?: Partial<ForwarderConfig>) => ProfileShop

export function startShop(openDatabase: OpenLawDatabase, config: Partial<ForwarderConfig> = {}): ProfileShop {
  let time = Date.parse('2026-03-01T12:00:00Z')
  let options: MergeOptions = { mergeOrders: 60 }
  const database = openDatabase(() => time)
  onTestFinished(async () => database.close())
  const store = storeOf(database, (used) => {
    options = used
  })
  const forwarder = createForwarder(
    { pixelId, accessToken, webhookToken, allowedOrigins: [shop], store, ...config },
    { now: () => time, monotonic: () => time, log: () => {} },
  )
  const taken: OutboxEvent['data'][] = []
  let last = 0

  async function post(route: string, body: object): Promise<unknown> {
    const headers = { origin: shop, 'x-webhook-token': webhookToken, 'user-agent': userAgent }
    const request = new Request(`${shop}/${route}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await forwarder.fetch(request, { ip: address })).json()
  }

  async function sent(id: string): Promise<OutboxEvent['data'][]> {
    time += 61 * second
    for (const { data } of await database.take(time, time, options)) taken.push(data)
    return taken.filter(({ event_id }) => event_id === id)
  }

  const postShop = (event: object) => post('webhook', { timestamp: time / 1000, ...event })

  return {
    pass: (milliseconds) => (time += milliseconds),
    postPage: (event, age = 0) => {
      const made = { time: time - age, eventName: 'Added To Cart', eventID: `page-${++last}`, pixel: false, user: {} }
      const send = [{ event: 'AddToCart', parameters: {} }]
      const page = { url: `${shop}/cap`, referrer: '' }
      const consent = { marketing: 'granted' as const }
      return post('events', { v: 1, sentAt: time, events: [{ ...made, send, page, consent, ...event }] })
    },
    postDenial: (visitor) => post('events', { v: 1, sentAt: time, events: [], denied: { visitor } }),
    postShop,
    sent,
    async renew(id, person, aliases = []) {
      await postShop(orderOf(id, person, aliases, renewal))
      const [event] = await sent(id)
      return event?.user ?? expect.fail(`${id} was not sent.`)
    },
    profiles: async () => (await database.stats()).profiles,
  }
}
