import { Window as HappyWindow } from 'happy-dom'
import { startConverge } from '../../src/browser/converge.ts'
import type { Ttq } from '../../src/browser/ttq.ts'
import type { Config, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

export interface Page {
  window: Window & typeof globalThis
  /** The page's `ttq`, as it stands now. */
  readonly ttq: Ttq
  /** TikTok's scripts in the page, by address. None loads by itself: a test says what becomes of it. */
  readonly scripts: HTMLScriptElement[]
  /** What waits to run in idle time. */
  idle: { run: () => void; timeout: number | undefined }[]
}

/** An empty page of its own, with the clock that vitest has at this moment. */
export function openPage({ hasIdleTime = true } = {}): Page {
  const window = Object(new HappyWindow({ url: 'https://www.shop.test/caps?color=red' }))
  const idle: Page['idle'] = []
  window.setTimeout = setTimeout
  if (hasIdleTime) {
    window.requestIdleCallback = (run: () => void, options?: IdleRequestOptions) =>
      idle.push({ run, timeout: options?.timeout })
  }
  return {
    window,
    get ttq() {
      return window.ttq
    },
    get scripts() {
      return [...window.document.querySelectorAll('script[src*="tiktok.com"]')]
    },
    idle,
  }
}

/** What stands in `ttq`, each call as `[method, ...parameters]`. */
export function queued({ ttq }: Page): unknown[][] {
  return Array.from(ttq, (call) => (Array.isArray(call) ? call : [call]))
}

/** An instance in a page of its own, whose `track` takes whatever a page without types might hand it. */
export function openShop(config: Partial<Config> = {}) {
  const page = openPage()
  const converge = startConverge({ pixelId, ...config }, page.window)
  const track = (...call: unknown[]): TrackResult => Reflect.apply(converge.track, converge, call)
  return { page, converge, track }
}
