// TikTok's global, typed and built in one place, to the letter of TikTok's own snippet. Until TikTok's script has run it
// is an array, in which each call waits as `[method, ...parameters]`; a callable stub, as other pixels have, sends nothing.

const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  )

type Calls = Record<
  'track' | 'identify' | 'enableCookie' | 'disableCookie' | 'grantConsent' | 'revokeConsent',
  (...parameters: unknown[]) => void
>

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

declare global {
  interface Window {
    /** Names TikTok's global. */
    TiktokAnalyticsObject?: string
  }
}

export interface TtqAccess {
  /**
   * The page's `ttq`: the one that is there, TikTok's live one included, else a stub of ours. Ask on every call: once
   * TikTok's script is live, a stub that was kept pushes into an array that nobody reads.
   */
  join(): Ttq
  /** Begins to load a pixel, unless somebody has: an id that is loaded twice sends its hits twice. */
  load(pixelId: string, options?: LoadOptions): HTMLScriptElement | undefined
}

export function accessTtq(window: Window, host: string, nonce = ''): TtqAccess {
  const page: Record<string, Ttq | undefined> = Object(window)

  function join(): Ttq {
    // The pixel serves only the name that stands here when its main script runs.
    window.TiktokAnalyticsObject ||= 'ttq'
    const name = window.TiktokAnalyticsObject
    const found = page[name]
    const ttq = found?.track ? found : createStub(found)
    page[name] = ttq
    ttq._i ||= {}
    ttq._t ||= {}
    ttq._o ||= {}
    return ttq
  }

  function createStub(queue: unknown): Ttq {
    const stub: Ttq = Object(Array.isArray(queue) ? queue : [])
    deferCalls(stub)
    return Object.assign(stub, { methods, setAndDefer, load, instance: (id: string) => deferCalls(queueOf(stub, id)) })
  }

  function load(pixelId: string, options: LoadOptions = {}): HTMLScriptElement | undefined {
    const ttq = join()
    const queue = queueOf(ttq, pixelId)
    if (queue._u || queue.info || queue._init) return undefined
    queue._u = `${host}/i18n/pixel/events.js`
    ttq._t[pixelId] = Date.now()
    ttq._o[pixelId] = options
    const script = window.document.createElement('script')
    script.src = `${queue._u}?sdkid=${pixelId}&lib=${window.TiktokAnalyticsObject}`
    script.async = true
    script.nonce = nonce
    return window.document.head.appendChild(script)
  }

  return { join, load }
}

/** What waits in a pixel's queue is kept. */
function queueOf(ttq: Ttq, pixelId: string): PixelQueue {
  const queue: PixelQueue = ttq._i[pixelId] ?? Object([])
  ttq._i[pixelId] = queue
  return queue
}

function setAndDefer(target: unknown[], method: string): void {
  Reflect.set(target, method, (...parameters: unknown[]) => target.push([method, ...parameters]))
}

function deferCalls<Queue extends unknown[]>(queue: Queue): Queue {
  for (const method of methods) setAndDefer(queue, method)
  return queue
}
