// A forwarder and its database in the past, for tests of what is compared with a shop's orders later.
import { createForwarder, type Forwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import type { Deliver } from '../../src/server/outbox.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { RelayBatch } from '../../src/types.ts'
import { accessToken, pixelId, shop, webhookToken } from './node-requests.ts'

export interface PastShop {
  /** Milliseconds since 1970. */
  setTime(time: number): void
  postPage(batch: RelayBatch): Promise<void>
  postShop(body: object): Promise<void>
  /** Resolves once nothing waits. Orders that wait for their other copies are due two minutes later. */
  deliverAll(): Promise<void>
  close(): Promise<void>
}

export interface PastOptions extends Partial<ForwarderConfig> {
  path: string
  /** Default: TikTok takes all. */
  deliver?: Deliver
}

export function openPastShop({ path, deliver, ...config }: PastOptions): PastShop {
  let time = 0
  const now = () => time
  const store = createSqliteStore({ path, pixelId, now, reserveBytes: 0 })
  const forwarder: Forwarder = createForwarder(
    { pixelId, accessToken, webhookToken, allowedOrigins: [shop], ...config, store: { ...store, start: () => {} } },
    { now, monotonic: now, log: () => {} },
  )
  let isStarted = false

  async function post(path: string, body: object): Promise<void> {
    const headers = { origin: shop, 'x-webhook-token': webhookToken, 'content-type': 'application/json' }
    const request = new Request(`${shop}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const { status } = await forwarder.fetch(request)
    if (status !== 202) throw new Error(`${path} was answered ${status}`)
  }

  return {
    setTime: (to) => (time = to),
    postPage: (batch) => post('events', { ...batch, sentAt: time }),
    postShop: (body) => post('webhook', body),
    async deliverAll() {
      time += 120_000
      if (!isStarted) store.start(deliver ?? (async (events) => events.map(() => 'done')), { mergeOrders: 60 })
      isStarted = true
      // It ends the pause of the delivery.
      await post('events', { v: 1, sentAt: time, events: [viewOf(String(time), time)] })
      while ((await store.stats()).waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    close: store.close,
  }
}

const viewOf = (eventID: string, time: number): RelayBatch['events'][number] => ({
  ...{ time, eventName: 'Added To Cart', eventID, pixel: false, user: {}, consent: { marketing: 'granted' } },
  send: [{ event: 'AddToCart', parameters: {} }],
  page: { url: `${shop}/cap`, referrer: '' },
})
