// A stand-in for analytics.tiktok.com: serves the pixel's three scripts and accepts its hits. Faults are set here, never by the page.
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { PATIENCE } from '../patience.ts'

/** One beacon of the pixel: its JSON body, and the request's headers. */
export interface Hit {
  event: string
  event_id?: string
  timestamp: string
  properties: Record<string, unknown>
  context: {
    /** Added by the stand-in, because beacons can arrive out of order: the start of the document and the position of the hit. */
    document: number
    index: number
    pixel: { code: string }
    user: { email?: string; phone_number?: string; external_id?: string }
    page: { url: string; referrer: string }
    ad: { callback?: string }
  }
  limited_data_use?: boolean
  headers: IncomingHttpHeaders
}

/** The answer to a request. */
export interface Answer {
  status: number
  /** The delay of the answer, in milliseconds or until a promise resolves. `never` hangs. */
  after: number | Promise<unknown>
  /** The body instead of the script. `''` is the empty stand-in of an ad blocker. */
  body?: string
}

export interface Faults {
  events: Answer
  main: Answer
  identify: Answer
  hits: Answer
  /** Differences from `events` for the events.js of single pixels, by ID. */
  eventsOf: Record<string, Partial<Answer>>
  /** The pixel's status in events.js. 0 is live. */
  pixelStatus: number
  /** events.js contains the config of this ID, not of the requested one. */
  configOf?: string
}

export interface PixelHost {
  /** Every hit, including those that were answered with an error. */
  readonly hits: Hit[]
  /** The path and query of every request. */
  readonly requests: string[]
  readonly faults: Faults
  /** Answers a request. `path` is the path and query below TikTok's origin, so that a server can mount it at another path. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
  /**
   * Resolves with all hits, in the order of sending, once there are enough of them or they satisfy `enough`. All hits that were
   * sent earlier have then arrived, too. A hit that is missing then was never sent.
   */
  waitForHits(enough: number | ((hits: Hit[]) => boolean), timeout?: number): Promise<Hit[]>
  /** Clears hits, requests and faults. */
  reset(): void
}

/** Hangs what is answered after it. */
export const never: Promise<never> = new Promise(() => {})

/** The main script takes over this many milliseconds after events.js. Measured: 150 to 300 ms. */
const untilTakeover = 150

const soundAnswers = (): Faults => ({
  events: { status: 200, after: 0 },
  main: { status: 200, after: untilTakeover },
  identify: { status: 200, after: 0 },
  hits: { status: 200, after: 0 },
  eventsOf: {},
  pixelStatus: 0,
})

const script = (name: string): string => readFileSync(new URL(`./pixel/${name}.js`, import.meta.url), 'utf8')

export function createPixelHost(): PixelHost {
  const scripts = { events: script('events'), main: script('main'), identify: script('identify') }
  const hits: Hit[] = []
  const requests: string[] = []
  const faults = soundAnswers()
  /** By document: the number of hits that arrived, and the number that it has sent according to them. */
  const documents = new Map<number, { came: number; sent: number }>()
  const formerDocuments = new Set<number>()
  const watchers = new Set<() => void>()

  /** The body of events.js, with the pixel's config. */
  function eventsAnswer(id: string): Answer {
    const config = JSON.stringify({ pixelCode: faults.configOf ?? id, status: faults.pixelStatus })
    const body = scripts.events.replace('/* config */ {}', config)
    return { body, ...faults.events, ...faults.eventsOf[id] }
  }

  async function take(request: IncomingMessage): Promise<void> {
    const hit: Hit = { ...JSON.parse(await textOf(request)), headers: request.headers }
    const { document, index } = hit.context
    if (formerDocuments.has(document)) return // a straggler of the test before
    hits.push(hit)
    const { came, sent } = documents.get(document) ?? { came: 0, sent: 0 }
    documents.set(document, { came: came + 1, sent: Math.max(sent, index + 1) })
    for (const look of [...watchers]) look()
  }

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    requests.push(path)
    const url = new URL(path, 'https://analytics.tiktok.com')
    switch (url.pathname) {
      case '/i18n/pixel/events.js':
        return reply(response, eventsAnswer(url.searchParams.get('sdkid') ?? ''))
      case '/i18n/pixel/static/main.js':
        return reply(response, { body: scripts.main, ...faults.main })
      case '/i18n/pixel/static/identify.js':
        return reply(response, { body: scripts.identify, ...faults.identify })
      case '/api/v2/pixel':
        await take(request)
        return reply(response, { body: '', ...faults.hits })
      default:
        return reply(response, { status: 404, after: 0 })
    }
  }

  function waitForHits(enough: number | ((hits: Hit[]) => boolean), timeout = PATIENCE): Promise<Hit[]> {
    // Wait for hits that were overtaken. One that is missing in the end was never sent.
    const complete = () => [...documents.values()].every(({ came, sent }) => came === sent)
    const came = () => complete() && (typeof enough === 'number' ? hits.length >= enough : enough(hits))
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        watchers.delete(look)
      }
      const look = () => {
        if (!came()) return
        stop()
        resolve(inOrder(hits))
      }
      const timer = setTimeout(() => {
        stop()
        const overdue = complete() ? '' : ' Some sent before the last one are missing.'
        reject(new Error(whatCame(enough, timeout, hits, requests) + overdue))
      }, timeout)
      watchers.add(look)
      look()
    })
  }

  function reset(): void {
    for (const document of documents.keys()) formerDocuments.add(document)
    documents.clear()
    hits.length = 0
    requests.length = 0
    delete faults.configOf
    Object.assign(faults, soundAnswers())
  }

  return { hits, requests, faults, answer, waitForHits, reset }
}

/** Sorted by document, then in the order of sending. */
function inOrder(hits: Hit[]): Hit[] {
  return [...hits].sort((a, b) => a.context.document - b.context.document || a.context.index - b.context.index)
}

function whatCame(enough: unknown, timeout: number, hits: Hit[], requests: string[]): string {
  const awaited = typeof enough === 'number' ? `${enough} hits` : 'the hits waited for'
  const list = hits.map((hit) => `${hit.event} of ${hit.context.pixel.code} (${hit.event_id ?? 'no event_id'})`)
  const came = list.length === 0 ? 'none came' : `there came ${list.length}: ${list.join(', ')}`
  const asked = requests.length === 0 ? 'nothing was requested' : `requested were ${requests.join(', ')}`
  return `TikTok waited ${timeout} ms for ${awaited}; ${came}; ${asked}.`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function reply(response: ServerResponse, { status, after, body = '' }: Answer): Promise<void> {
  await (typeof after === 'number' ? pause(after) : after)
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/javascript; charset=utf-8', 'cache-control': 'no-store' })
  response.end(status === 200 ? body : '')
}

const pause = (milliseconds: number): Promise<void> | undefined =>
  milliseconds === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, milliseconds))
