// Plays analytics.tiktok.com: serves the pixel's three scripts, takes its hits. What goes wrong is decided here, never by the page.
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

/** One beacon of the pixel: its JSON body, and the request's headers. */
export interface Hit {
  event: string
  event_id?: string
  timestamp: string
  properties: Record<string, unknown>
  context: {
    /** The stand-in's own, as beacons may overtake each other: when the document began, and the hit's place in it. */
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

/** How a request is answered. */
export interface Answer {
  status: number
  /** Milliseconds, or a promise that a test resolves when the answer may leave. `never` hangs. */
  after: number | Promise<unknown>
  /** Instead of the script: `''` is a blocker's empty stand-in. */
  body?: string
}

export interface Faults {
  events: Answer
  main: Answer
  identify: Answer
  hits: Answer
  /** Differences from `events` for one pixel's events.js, by its id. */
  eventsOf: Record<string, Partial<Answer>>
  /** What events.js says about its pixel: 0 is live. */
  pixelStatus: number
  /** events.js carries the config of this id, whichever was asked for. */
  configOf?: string
}

export interface PixelHost {
  /** Every hit that came, those answered by an error included. */
  readonly hits: Hit[]
  /** The path and query of every request. */
  readonly requests: string[]
  readonly faults: Faults
  /** Answers a request; `path` is the path and query below TikTok's origin, so that a server may mount it deeper. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
  /**
   * Resolves with all hits, in the order of sending, when so many have come or when they satisfy `enough`, and those
   * sent before them have come too: what is missing then was never sent.
   */
  waitForHits(enough: number | ((hits: Hit[]) => boolean), timeout?: number): Promise<Hit[]>
  /** Forgets hits, requests and faults. */
  reset(): void
}

/** Hangs what is answered after it. */
export const never: Promise<never> = new Promise(() => {})

/** The main script takes over this long after its events.js, as measured: 150 to 300 ms. */
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
  /** By document: how many hits came, and how many it has sent as far as they tell. */
  const documents = new Map<number, { came: number; sent: number }>()
  const formerDocuments = new Set<number>()
  const watchers = new Set<() => void>()

  /** The answer to events.js, with this pixel's config in it. */
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

  function waitForHits(enough: number | ((hits: Hit[]) => boolean), timeout = 5000): Promise<Hit[]> {
    // A hit that was overtaken is waited for, so that one that is missing in the end was never sent.
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

/** Document after document, each one's hits in the order of sending. */
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
