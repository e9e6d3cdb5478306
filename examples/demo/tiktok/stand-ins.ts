// The forwarder, and the simulated sides of TikTok: the pixel's host and the Events API.
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from 'converge-tiktok/node'
import { createForwarder, type Forwarder, type Store } from 'converge-tiktok/server'
import type { ServerRequest } from 'srvx'
import { NodeRequest, sendNodeResponse } from 'srvx/node'
import type { LogLevel } from '../../../src/core/log.ts'
import type { RelayBatch } from '../../../src/types.ts'
import { createEventsApiHost } from '../../../test/tiktok/events-api-host.ts'
import { createPixelHost } from '../../../test/tiktok/pixel-host.ts'
import { adminToken } from '../admin-token.ts'
import { fillMonth } from '../month/fill.ts'
import { ordersPaid, shopifySecret } from '../shop/shopify-webhook.ts'
import { consentOf, type Order } from '../shop/visitors.ts'
import { configOf, initial, type Setting } from '../switches.ts'
import { createCopyLog, type Row, type Tally } from './copies.ts'

export interface StandIns {
  /** Answers requests to the forwarder. */
  converge(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Answers as TikTok's pixel host. `path` is the path below its origin. */
  pixel(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
  /** Answers the operator's page, on an origin that is not the shop's. */
  admin(request: IncomingMessage, response: ServerResponse): Promise<void>
  report(text: string): void
  /** The shop system sends a paid order to the forwarder, as Shopify does. */
  order(order: Order, request: IncomingMessage): Promise<void>
  /** Restarts the forwarder with the config of a setting, on the same database. */
  apply(setting: Setting): Promise<void>
  /** What TikTok has seen since the last reset. */
  news(): Promise<News>
  reset(): void
  close(): Promise<void>
}

export interface News extends Tally {
  rows: Row[]
  /** The number of requests to TikTok's pixel host, and of posts to the forwarder. */
  requests: number
  /** The number of those before the visitor's consent. */
  early: number
  /** The number of events that wait in the forwarder's database. */
  waiting: number
  /** The forwarder's log lines, the newest first. */
  log: Said[]
}

export interface Said {
  level: LogLevel
  sentence: string
}

export interface StandInOptions {
  /** The origins whose pages may post events. */
  origins: string[]
  pixelId: string
  /** True if hits go to the real TikTok. */
  isReal: boolean
  /** The path of the simulated pixel host. */
  pixelPath: string
  /** Puts a month of made-up events into the event log first. */
  withMonth: boolean
  /** Called after each change. */
  onNews: () => void
}

/** Seconds. Shorter than the default of 60, so that an order whose page never ran appears soon. */
const mergeOrders = 3

export async function createStandIns({
  origins,
  pixelId,
  isReal,
  pixelPath,
  withMonth,
  onNews,
}: StandInOptions): Promise<StandIns> {
  const folder = await mkdtemp(join(tmpdir(), 'converge-demo-'))
  const path = join(folder, 'converge.db')
  if (withMonth) await fillMonth(path, pixelId, Date.now())
  const pixelHost = createPixelHost()
  const eventsApi = await createEventsApiHost()
  const copies = createCopyLog({ seesHits: !isReal })
  let log: Said[] = []
  let requests = 0
  let early = 0
  let hitsRead = 0
  let eventsRead = 0
  let store: Store | undefined
  let isCut = false
  let started = start(initial)

  /** Clears the variable first, so that nothing reads a database that is closing. */
  async function closeStore(): Promise<void> {
    const closing = store
    store = undefined
    await closing?.close()
  }

  async function start(setting: Setting): Promise<Forwarder> {
    await closeStore()
    const say = (level: LogLevel, sentence: string) => {
      log = [{ level, sentence }, ...log].slice(0, 5)
      onNews()
    }
    store = createSqliteStore({ path, pixelId, log: (sentence) => say('warn', sentence) })
    return createForwarder(
      {
        ...configOf(setting, pixelId),
        accessToken: 'a-token-for-the-stand-in',
        allowedOrigins: origins,
        eventsApiUrl: eventsApi.url,
        sources: { shopify: { type: 'shopify', secret: shopifySecret } },
        store: watched(store),
        mergeOrders,
        adminToken,
      },
      { log: (level, message, fields) => say(level, [message, fields?.problem].filter(Boolean).join(': ')) },
    )
  }

  /** Notes what happens to each event when it arrives, and what TikTok has after each delivery. */
  function watched(store: Store): Store {
    const add: Store['add'] = async (events, ...rest) => {
      const results = await store.add(events, ...rest)
      for (const [index, { data, source, orderName }] of events.entries()) {
        const { event, event_id } = data
        const side = source === 'signed' ? 'shop' : 'page'
        copies.stored({ event, event_id, orderName, side, isMerged: results[index] === 'merged' })
      }
      onNews()
      return results
    }
    const start: Store['start'] = (deliver, options) =>
      store.start(async (events) => {
        const results = await deliver(events)
        for (const { acceptedAt, ...event } of eventsApi.accepted.slice(eventsRead))
          copies.api(event.event, event.event_id, event)
        eventsRead = eventsApi.accepted.length
        // The store records the results first.
        setImmediate(onNews)
        return results
      }, options)
    return { ...store, add, start }
  }

  function count(request: IncomingMessage): void {
    requests++
    if (consentOf(request) !== 'granted') early++
    onNews()
  }

  async function takeEvents(request: ServerRequest, forwarder: Forwarder): Promise<Response> {
    const text = await request.clone().text()
    const response = await forwarder.fetch(request, { ip: request.ip })
    if (response.ok) {
      const batch: RelayBatch = JSON.parse(text)
      batch.events.forEach(copies.kept)
      onNews()
    }
    return response
  }

  return {
    async converge(incoming, outgoing) {
      const forwarder = await started
      const request = new NodeRequest({ req: incoming, res: outgoing })
      const { pathname, origin } = new URL(request.url)
      if (pathname.endsWith('/events')) {
        count(incoming)
        await sendNodeResponse(outgoing, await takeEvents(request, forwarder))
        return
      }
      const response = await forwarder.fetch(request)
      // A switch must apply from the next page, but browsers may cache the script for ten minutes.
      response.headers.set('cache-control', 'no-store')
      const isMoved = pathname.endsWith('/converge.js') && response.ok && (!isReal || isCut)
      const body = isMoved ? withTikTokAt(origin + pixelPath, await response.text()) : response.body
      await sendNodeResponse(outgoing, new Response(body, response))
    },
    async admin(incoming, outgoing) {
      const request = new NodeRequest({ req: incoming, res: outgoing })
      await sendNodeResponse(outgoing, await (await started).fetch(request, { ip: request.ip }))
    },
    async order(order, request) {
      const forwarder = await started
      await forwarder.fetch(ordersPaid('http://localhost/converge/webhook/shopify', order, consentOf(request)))
    },
    async pixel(request, response, path) {
      count(request)
      await pixelHost.answer(request, response, path)
      for (const { headers, context, ...hit } of pixelHost.hits.slice(hitsRead)) {
        const { document, index, ...sent } = context // the stand-in's own
        const isTaken = pixelHost.faults.hits.status === 200
        // A hit without an ID is not an event: TikTok's pixel sends the identity in its own hits.
        if (hit.event_id) copies.hit(hit.event, hit.event_id, { ...hit, context: sent }, isTaken)
      }
      hitsRead = pixelHost.hits.length
      onNews()
    },
    report(text) {
      copies.report(JSON.parse(text))
      onNews()
    },
    async apply(setting) {
      const isDown = setting.tiktok === 'all down'
      isCut = isDown || setting.pixel === 'blocked'
      pixelHost.faults.events.status = isDown ? 503 : setting.pixel === 'blocked' ? 404 : 200
      pixelHost.faults.hits.status = isDown ? 503 : 200
      eventsApi.faults.always = setting.tiktok === 'up' ? {} : { status: 503 }
      started = started.then(() => start(setting))
      await started
      onNews()
    },
    async news() {
      const { waiting = 0 } = (await store?.stats()) ?? {}
      return { ...copies.tally(), rows: copies.rows(), requests, early, waiting, log }
    },
    reset() {
      copies.reset()
      requests = 0
      early = 0
      log = []
      onNews()
    },
    async close() {
      await started
      await closeStore()
      await eventsApi.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @throws if the URL is not found, so that nothing is sent to TikTok unnoticed */
function withTikTokAt(place: string, script: string): string {
  const replaced = script.replace(/https:\/\/analytics\..{0,60}?tiktok\.com/g, place)
  if (replaced === script) throw new Error("converge.js does not have TikTok's address where the demo looks for it.")
  return replaced
}
