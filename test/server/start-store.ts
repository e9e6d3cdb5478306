// A forwarder with a database, and both copies of an order.
import { onTestFinished } from 'vitest'
import type { FileOptions } from '../../src/node/event-file.ts'
import { type ServeConfig, serve } from '../../src/node/serve.ts'
import type { RelayBatch, RelayedEvent } from '../../src/types.ts'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import { logTo } from './log-to.ts'
import { accessToken, adminToken, pixelId, shop, webhookToken } from './node-requests.ts'
import { newPath } from './outbox-kit.ts'

export const hour = 3_600_000

export interface StoreServer {
  url: string
  /** The URL of the operator's page, if it has a port of its own. */
  adminUrl?: string | undefined
  tiktok: EventsApiHost
  /** The database's file. */
  path: string
  /** Every line that was logged. */
  log: string[]
  /** Sets the database's clock, by the milliseconds that it is ahead. */
  setClock(ahead: number): void
  health(): Promise<Record<string, unknown>>
  close(): Promise<void>
}

interface Options extends Partial<Omit<ServeConfig, 'database' | 'logger'>> {
  database?: Partial<FileOptions>
  /** Default true: there is a webhook. */
  isSigned?: boolean
}

export async function startStore({ database, isSigned = true, ...more }: Options = {}): Promise<StoreServer> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  let ahead = 0
  const log: string[] = []
  const path = database?.path ?? newPath()
  const config = {
    pixelId,
    accessToken,
    ...(isSigned && { webhookToken }),
    adminToken,
    allowedOrigins: [shop],
    eventsApiUrl: tiktok.url,
  }
  const server = await serve({
    ...config,
    logger: logTo(log),
    port: 0,
    hostname: '127.0.0.1',
    ...(more.outbox === undefined && { database: { now: () => Date.now() + ahead, ...database, path } }),
    ...more,
  })
  onTestFinished(() => server.close())
  return {
    ...{ url: server.url, adminUrl: server.adminUrl, tiktok, path, log, close: server.close },
    setClock: (milliseconds) => (ahead = milliseconds),
    health: async () =>
      (await fetch(`${server.url}/health`, { headers: { authorization: `Bearer ${adminToken}` } })).json(),
  }
}

/** The data of both copies of an order: the visitor's and the shop's. */
export interface OrderParts {
  id?: string
  /** Milliseconds since 1970. Default: now. */
  time?: number
}

const hex = (digit: string) => digit.repeat(64)
/** SHA-256 of jane@example.com. */
export const jane = '8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d'

/** A page's copy of an order, as its script posts it. */
export function pageCopy(
  { id = '1001', time = Date.now() }: OrderParts = {},
  event: Partial<RelayedEvent> = {},
): RelayBatch {
  const send = [{ event: 'Purchase', parameters: { value: 94.8, currency: 'EUR', order_id: id } }]
  const user = { email: jane, external_id: hex('1'), first_name: hex('2') }
  const page = { url: `${shop}/thanks`, referrer: '' }
  const known = { ttclid: 'E.C.P.click', ttp: 'ttp-cookie', consent: { marketing: 'granted' as const } }
  return {
    v: 1,
    sentAt: Date.now(),
    events: [{ time, eventName: 'Placed Order', eventID: id, send, pixel: true, user, page, ...known, ...event }],
  }
}

/** A copy that anybody who guesses an order's ID could post: a wrong value, random hashes and a time 46 hours ago. */
export function forgedCopy(id = '1001'): RelayBatch {
  const random = () => Array.from({ length: 64 }, () => Math.floor(Math.random() * 16).toString(16)).join('')
  const send = [{ event: 'Purchase', parameters: { value: 0.01, currency: 'EUR', order_id: id } }]
  const user = { email: random(), phone: random(), external_id: random() }
  return pageCopy({ id, time: Date.now() - 46 * hour }, { send, user, ttclid: 'forged', ttp: 'forged' })
}

/** The shop's copy of an order, as the server posts it. */
export function shopCopy({ id = '1001', time = Date.now() }: OrderParts = {}, properties: object = {}): object {
  return {
    event_name: 'Placed Order',
    event_id: id,
    timestamp: time / 1000,
    properties: { id, total_price: 94.8, currency: 'EUR', ...properties },
    profile_properties: {
      ...{ $email: 'Jane@example.com', $phone_number: '+19171234567', $customer_id: '7', $url: `${shop}/orders/7` },
      ...{ $first_name: 'Jane', $last_name: 'Doe', $zip_code: '10001' },
    },
  }
}

export async function postShop(url: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${url}/webhook`, {
    method: 'POST',
    headers: { 'x-webhook-token': webhookToken, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: await answer.json() }
}
