import { isFromDom } from '../../core/is-from-dom.ts'
import { pixelOrigin } from '../hosts.ts'

// TikTok's global, built exactly as TikTok's own snippet builds it. Until TikTok's script has run it is an array that queues
// each call as `[method, ...parameters]`. TikTok's script ignores a callable stub, as other pixels use.

/** The methods that we call. */
type Method = 'track' | 'identify' | 'enableCookie' | 'disableCookie' | 'grantConsent' | 'revokeConsent'
type Calls = Record<Method, (...parameters: unknown[]) => void>

/** One pixel's queue. TikTok's scripts set the marks below on it. */
export interface PixelQueue extends Array<unknown>, Partial<Calls> {
  /** The script's URL, set when loading starts. */
  _u?: string
  /** Set when events.js has loaded for this pixel. `status` is 0 unless TikTok reports the pixel as not live. */
  info?: { status?: number }
  /** Set when the main script has loaded: this pixel is live. */
  _init?: boolean
}

/** The options of `ttq.load` that we use. */
export interface LoadOptions {
  limited_data_use?: boolean
  autoConfig?: boolean
  historyObserver?: boolean
}

/** TikTok's global, before and after its script has run. */
export interface Ttq extends Array<unknown>, Calls {
  methods: string[]
  setAndDefer(target: unknown[], method: string): void
  instance(pixelId: string): PixelQueue & Calls
  load(pixelId: string, options?: LoadOptions): void
  _i: Record<string, PixelQueue>
  _t: Record<string, number>
  _o: Record<string, LoadOptions>
}

/** TikTok's global in one page. */
export interface TtqAccess {
  /**
   * Returns the page's `ttq`: the existing one, or a new stub. Returns `undefined` if it belongs to another program. Call it
   * each time: once TikTok's script is live, the former stub is an array that TikTok no longer reads.
   */
  join(): Ttq | undefined
  /** Whether `join` has returned a `ttq` before. */
  isUsed(): boolean
  /**
   * Starts loading a pixel, unless another script has: an ID that is loaded twice sends its hits twice.
   *
   * @throws if the page's policy refuses our script (Trusted Types). Then loading counts as not started.
   */
  load(pixelId: string, options: LoadOptions, host: string, nonce?: string): HTMLScriptElement | undefined
}

const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  )

/** @param mayReplace whether the visitor's grant allows us to replace a `ttq` that is not TikTok's, such as a no-op object */
export function createTtq(window: Window, mayReplace: () => boolean): TtqAccess {
  /** The `ttq` that `join` returned last. */
  let joined: Ttq | undefined

  function join(): Ttq | undefined {
    // The pixel uses only the global that this names when its main script runs.
    const { TiktokAnalyticsObject: given } = window
    const name = typeof given === 'string' && given ? given : 'ttq' // a DOM element may have this name
    const there: unknown = Reflect.get(window, name)
    if (joined && joined === there) return joined
    // This check is first, because the window of another site's iframe throws on every other access.
    const found = isFromDom(there) ? undefined : there
    const isOthers = found && !Array.isArray(found) && !isLiveTtq(found)
    if (isOthers && !mayReplace()) return undefined
    const ttq = isTtq(found) ? found : createStub(Array.isArray(found) ? found : [])
    joined = Object.assign(ttq, marksOf(ttq))
    window.TiktokAnalyticsObject = name
    Reflect.set(window, name, ttq)
    return joined
  }

  function createStub(queue: unknown[]): Ttq {
    const stub: Ttq = Object.assign(deferCalls(queue), {
      methods,
      setAndDefer,
      instance: (id: string) => deferCalls(queueOf(stub, id)),
      load: (id: string, options: LoadOptions = {}) => void load(id, options, pixelOrigin(undefined)),
      ...marksOf(Object(queue)),
    })
    return stub
  }

  function load(id: string, options: LoadOptions, host: string, nonce = ''): HTMLScriptElement | undefined {
    const ttq = join()
    if (!ttq) return undefined
    // Calls that wait in an existing queue are kept.
    const queue = queueOf(ttq, id)
    if (queue._u ?? queue.info ?? queue._init) return undefined
    const { document } = window
    const script = document.createElement('script')
    const address = `${host}/i18n/pixel/events.js`
    // A page with Trusted Types throws here, before the marks of a started load are set.
    script.src = `${address}?sdkid=${id}&lib=${window.TiktokAnalyticsObject}`
    script.nonce = nonce
    const parent = document.head ?? document.documentElement
    parent.appendChild(script)
    queue._u = address
    ttq._t[id] = Date.now()
    ttq._o[id] = options
    return script
  }

  return { join, isUsed: () => joined !== undefined, load }
}

/** The marks of loaded pixels. Another snippet may have created some of them. */
const marksOf = ({ _i = {}, _t = {}, _o = {} }: Partial<Ttq>): Pick<Ttq, '_i' | '_t' | '_o'> => ({ _i, _t, _o })

function queueOf({ _i }: Ttq, id: string): PixelQueue {
  _i[id] ??= []
  return _i[id]
}

const isTtq = (value: unknown): value is Ttq => (Array.isArray(value) ? 'track' in value : isLiveTtq(value))

/** Whether TikTok's main script has run: it sets two marks, and makes `track` a getter. */
function isLiveTtq(value: unknown): boolean {
  const ttq = Object(value)
  return ttq.initialize === true || ttq._mounted === true || !!Object.getOwnPropertyDescriptor(ttq, 'track')?.get
}

function setAndDefer(target: unknown[] & Partial<Calls>, method: string): void {
  Reflect.set(target, method, (...parameters: unknown[]) => target.push([method, ...parameters]))
}

/** Adds the methods to a queue. */
function deferCalls(queue: unknown[]): unknown[] & Calls {
  for (const method of methods) setAndDefer(queue, method)
  return Object.assign(queue)
}
