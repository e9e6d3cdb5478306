// TikTok's global, typed and built in one place, to the letter of TikTok's own snippet. Until TikTok's script has run it
// is an array, in which each call waits as `[method, ...parameters]`; a callable stub, as other pixels have, sends nothing.

import { config, document, window } from './instance.ts'

const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  ) as Method[]

/** Those of them that we call. */
type Method = 'track' | 'identify' | 'enableCookie' | 'disableCookie' | 'grantConsent' | 'revokeConsent'
type Calls = Record<Method, (...parameters: unknown[]) => void>

/** One pixel's queue, on which TikTok's scripts leave their marks. */
export interface PixelQueue extends Array<unknown>, Calls {
  /** The script's address: its loading has begun. */
  _u?: string
  /** events.js came for this pixel. `status` is 0 unless TikTok says that the pixel isn't live. */
  info?: { status?: number }
  /** The main script came: this pixel takes its calls. */
  _init?: boolean
}

export interface LoadOptions {
  limited_data_use?: boolean
  autoConfig?: boolean
  historyObserver?: boolean
}

export interface Ttq extends Array<unknown>, Calls {
  methods: string[]
  setAndDefer(target: unknown[], method: string): void
  instance(pixelId: string): PixelQueue
  load(pixelId: string, options?: LoadOptions): void
  _i: Record<string, PixelQueue>
  _t: Record<string, number>
  _o: Record<string, LoadOptions>
}

const page = window as unknown as Record<string, Ttq | undefined>

export const host = `https://analytics.${config.region ? 'us.' : ''}tiktok.com`

/**
 * The page's `ttq`: the one that is there, TikTok's live one included, else a stub of ours. Asked for on every call: once
 * TikTok's script is live, a stub that was kept pushes into an array that nobody reads.
 */
export function join(): Ttq {
  // The pixel serves only the name that stands here when its main script runs.
  const name = window.TiktokAnalyticsObject || 'ttq'
  window.TiktokAnalyticsObject = name
  const found = page[name]
  const ttq = found?.track ? found : createStub(found)
  page[name] = ttq
  ttq._i ||= {}
  ttq._t ||= {}
  ttq._o ||= {}
  return ttq
}

/** A pixel's own queue. What waits in one that is there is kept. */
export const queueOf = (pixelId: string): PixelQueue => (join()._i[pixelId] ??= [] as unknown[] as PixelQueue)

function createStub(queue: unknown): Ttq {
  const stub = deferCalls(Array.isArray(queue) ? queue : [])
  return Object.assign(stub, { methods, setAndDefer, load, instance: (id: string) => deferCalls(queueOf(id)) }) as Ttq
}

function setAndDefer(target: unknown[] & Partial<Calls>, method: Method): void {
  target[method] = (...parameters) => target.push([method, ...parameters])
}

/** Puts the methods on a queue. */
function deferCalls(queue: unknown[]): PixelQueue {
  for (const method of methods) setAndDefer(queue, method)
  return queue as PixelQueue
}

/** Begins to load a pixel, unless somebody has: an id that is loaded twice sends its hits twice. */
export function load(id: string, options: LoadOptions = {}): HTMLScriptElement | undefined {
  const ttq = join()
  const queue = queueOf(id)
  if (queue._u ?? queue.info ?? queue._init) return undefined
  queue._u = `${host}/i18n/pixel/events.js`
  ttq._t[id] = Date.now()
  ttq._o[id] = options
  const script = document.createElement('script')
  script.src = `${queue._u}?sdkid=${id}&lib=${window.TiktokAnalyticsObject}`
  script.nonce = config.nonce ?? ''
  return document.head.appendChild(script)
}
