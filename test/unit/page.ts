import { Window as HappyWindow } from 'happy-dom'
import type { LoadPart } from '../../src/browser/start.ts'
import { startConverge } from '../../src/browser/start.ts'
import type { Ttq } from '../../src/tiktok/pixel/ttq.ts'
import type { Config, RelayBatch, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { forThisBuild } from './build.ts'
import { createDevice, type Device } from './device.ts'

export interface Page {
  window: Window & typeof globalThis
  /** The page's current `ttq`. */
  readonly ttq: Ttq
  /** TikTok's scripts in the page, by URL. None loads by itself; a test decides. */
  readonly scripts: HTMLScriptElement[]
  /** The posts to the relay, which answers `relayStatus`. 0 means that nobody answers. */
  posts: RelayBatch[]
  relayStatus: number
  /** Answers wait for this promise. */
  relayIsReady: Promise<unknown>
  /** The fetch options of each post. */
  requests: { url: string; options: RequestInit }[]
  device: Device
  /** Tasks that wait for idle time. */
  idle: { run: () => void; timeout: number | undefined }[]
  /** Leaves the page. Nothing in it runs afterwards. */
  close(): void
}

interface Opening {
  hasIdleTime?: boolean
  /** The page's storage and cookies. A visitor's next page has the same ones. */
  device?: Device
  url?: string
  referrer?: string
}

/** An empty page with its own window, and vitest's current clock. */
export function openPage({
  hasIdleTime = true,
  device = createDevice(),
  url = 'https://www.shop.test/caps?color=red',
  referrer = '',
}: Opening = {}): Page {
  const window = Object(new HappyWindow({ url }))
  let isClosed = false
  const idle: Page['idle'] = []
  const posts: RelayBatch[] = []
  const requests: Page['requests'] = []
  window.setTimeout = (task: (...parameters: unknown[]) => void, delay?: number, ...parameters: unknown[]) =>
    setTimeout(() => isClosed || task(...parameters), delay)
  window.clearTimeout = clearTimeout
  window.fetch = async (url: string, options: RequestInit & { body: string }) => {
    posts.push(JSON.parse(options.body))
    requests.push({ url, options })
    await page.relayIsReady
    if (isClosed) await new Promise(() => {})
    if (!page.relayStatus) throw new TypeError('Failed to fetch')
    return new Response(null, { status: page.relayStatus })
  }
  if (hasIdleTime) {
    window.requestIdleCallback = (run: () => void, options?: IdleRequestOptions) =>
      idle.push({ run, timeout: options?.timeout })
  }
  const page: Page = {
    window,
    posts,
    relayStatus: 202,
    relayIsReady: Promise.resolve(),
    requests,
    device,
    get ttq() {
      return window.ttq
    },
    get scripts() {
      return [...window.document.querySelectorAll('script[src*="tiktok.com"]')]
    },
    idle,
    close() {
      window.dispatchEvent(new window.Event('pagehide'))
      isClosed = true
    },
  }
  Object.defineProperty(window, 'localStorage', { get: () => device.storage })
  Object.defineProperties(window.document, {
    referrer: { value: referrer },
    cookie: {
      get: () => device.cookie,
      set: (text) => {
        device.cookie = text
      },
    },
  })
  return page
}

/** The calls in `ttq`, each as `[method, ...parameters]`. */
export function queued({ ttq }: Pick<Page, 'ttq'>): unknown[][] {
  return Array.from(ttq ?? [], (call) => (Array.isArray(call) ? call : [call]))
}

/** The `track` calls in `ttq`. */
export const tracked = (page: Pick<Page, 'ttq'>): unknown[][] => queued(page).filter(([method]) => method === 'track')

/** Loads no parts, which are separate files. */
export const noParts: LoadPart = () => new Promise(() => {})

/** The `identify` calls in `ttq`. */
export const identified = (page: Pick<Page, 'ttq'>): unknown[] =>
  queued(page).flatMap(([method, person]) => (method === 'identify' ? [person] : []))

/** Does what TikTok's main script does: our pixel handles its calls itself. They stay in `ttq`, so that `queued` finds them. */
export function goLive(page: Page): void {
  const calls: unknown[][] = queued(page)
  const { methods, _i } = page.ttq
  const live: Record<string, unknown> = { initialize: true, methods }
  for (const method of methods) live[method] = (...parameters: unknown[]) => calls.push([method, ...parameters])
  const ours = { _init: true, info: { status: 0 }, track: live.track }
  const ttq = Object.assign(calls, live, { _i: { ..._i, [pixelId]: ours }, instance: () => ours })
  Object.assign(page.window, { ttq })
  for (const script of page.scripts) script.dispatchEvent(new page.window.Event('load'))
}

/** An instance in its own page. Its `track` accepts any values, as from a page without types. */
export function openShop(config: Partial<Config> = {}, page = openPage()) {
  const converge = startConverge({ pixelId, ...forThisBuild(config) }, page.window, noParts)
  const track = (...call: unknown[]): TrackResult => Reflect.apply(converge.track, converge, call)
  return { page, converge, track }
}
