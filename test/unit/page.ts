import { Window as HappyWindow } from 'happy-dom'
import { type LoadPart, startConverge } from '../../src/browser/converge.ts'
import type { Ttq } from '../../src/browser/ttq.ts'
import type { Config, RelayBatch, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

export interface Page {
  window: Window & typeof globalThis
  /** The page's `ttq`, as it stands now. */
  readonly ttq: Ttq
  /** TikTok's scripts in the page, by address. None loads by itself: a test says what becomes of it. */
  readonly scripts: HTMLScriptElement[]
  /** What was posted to the relay. It answers `relayStatus`; 0 is nobody there. */
  posts: RelayBatch[]
  relayStatus: number
  /** What waits to run in idle time. */
  idle: { run: () => void; timeout: number | undefined }[]
}

/** An empty page of its own, with the clock that vitest has at this moment. */
export function openPage({ hasIdleTime = true } = {}): Page {
  const window = Object(new HappyWindow({ url: 'https://www.shop.test/caps?color=red' }))
  const idle: Page['idle'] = []
  const posts: RelayBatch[] = []
  window.setTimeout = setTimeout
  window.fetch = async (_url: string, { body }: { body: string }) => {
    posts.push(JSON.parse(body))
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
    get ttq() {
      return window.ttq
    },
    get scripts() {
      return [...window.document.querySelectorAll('script[src*="tiktok.com"]')]
    },
    idle,
  }
  return page
}

/** What stands in `ttq`, each call as `[method, ...parameters]`. */
export function queued({ ttq }: Pick<Page, 'ttq'>): unknown[][] {
  return Array.from(ttq ?? [], (call) => (Array.isArray(call) ? call : [call]))
}

/** What `ttq` was told to track. */
export const tracked = (page: Pick<Page, 'ttq'>): unknown[][] => queued(page).filter(([method]) => method === 'track')

/** Brings no part: those are files of their own. */
export const noParts: LoadPart = () => new Promise(() => {})

/** An instance in a page of its own, whose `track` takes whatever a page without types might hand it. */
export function openShop(config: Partial<Config> = {}) {
  const page = openPage()
  const converge = startConverge({ pixelId, ...config }, page.window, noParts)
  const track = (...call: unknown[]): TrackResult => Reflect.apply(converge.track, converge, call)
  return { page, converge, track }
}
