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
  /** The page's `ttq`, as it stands now. */
  readonly ttq: Ttq
  /** TikTok's scripts in the page, by address. None loads by itself: a test says what becomes of it. */
  readonly scripts: HTMLScriptElement[]
  /** What was posted to the relay. It answers `relayStatus`; 0 is nobody there. */
  posts: RelayBatch[]
  relayStatus: number
  /** What its answers wait for. */
  relayIsReady: Promise<unknown>
  /** How each was posted. */
  requests: { url: string; options: RequestInit }[]
  device: Device
  /** What waits to run in idle time. */
  idle: { run: () => void; timeout: number | undefined }[]
  /** Leaves it: nothing of it runs any more. */
  close(): void
}

interface Opening {
  hasIdleTime?: boolean
  /** Where the page's storage and cookies are: a visitor's next page has the same. */
  device?: Device
  url?: string
  referrer?: string
}

/** An empty page of its own, with the clock that vitest has at this moment. */
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

/** Brings no part: those are files of their own. */
export const noParts: LoadPart = () => new Promise(() => {})

/** The `identify` calls in `ttq`. */
export const identified = (page: Pick<Page, 'ttq'>): unknown[] =>
  queued(page).flatMap(([method, person]) => (method === 'identify' ? [person] : []))

/** What TikTok's main script does: our pixel takes its calls itself. They go on standing in `ttq`, for `queued` to find. */
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

/** An instance in a page of its own, whose `track` takes whatever a page without types might hand it. */
export function openShop(config: Partial<Config> = {}, page = openPage()) {
  const converge = startConverge({ pixelId, ...forThisBuild(config) }, page.window, noParts)
  const track = (...call: unknown[]): TrackResult => Reflect.apply(converge.track, converge, call)
  return { page, converge, track }
}
