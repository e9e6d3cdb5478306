import { isFromDom } from '../../core/is-from-dom.ts'
import { pixelOrigin } from '../hosts.ts'

// TikTok's global, built to the letter of TikTok's own snippet. Until TikTok's script has run it is an array, in which
// each call waits as `[method, ...parameters]`. A callable stub, as other pixels have, sends nothing.

/** The methods that we call. */
type Method = 'track' | 'identify' | 'enableCookie' | 'disableCookie' | 'grantConsent' | 'revokeConsent'
type Calls = Record<Method, (...parameters: unknown[]) => void>

/** One pixel's queue, on which TikTok's scripts leave their marks. */
export interface PixelQueue extends Array<unknown>, Partial<Calls> {
  /** The script's address: its loading has begun. */
  _u?: string
  /** events.js came for this pixel. `status` is 0 unless TikTok says that the pixel is not live. */
  info?: { status?: number }
  /** The main script came: this pixel takes its calls. */
  _init?: boolean
}

/** What `ttq.load` takes, as far as we use it. */
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
   * The page's `ttq`: the one that is there, else a stub of ours. Nothing if another program has put something of its own
   * there. Ask on every call: once TikTok's script is live, a stub that was kept is an array that nobody reads.
   */
  join(): Ttq | undefined
  /** Whether anything was asked of it yet. */
  isUsed(): boolean
  /**
   * Begins to load a pixel, unless somebody has: an id that is loaded twice sends its hits twice.
   *
   * @throws where the page's policy takes no script of ours (Trusted Types). Then it is as if loading had not begun.
   */
  load(pixelId: string, options: LoadOptions, host: string, nonce?: string): HTMLScriptElement | undefined
}

const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  )

/** @param mayReplace whether the visitor's grant allows us to replace a `ttq` that is not TikTok's, such as a no-op object */
export function createTtq(window: Window, mayReplace: () => boolean): TtqAccess {
  /** The one that was there last. */
  let joined: Ttq | undefined

  function join(): Ttq | undefined {
    // The pixel serves only the name that stands here when its main script runs.
    const { TiktokAnalyticsObject: given } = window
    const name = typeof given === 'string' && given ? given : 'ttq' // an element may stand there
    const there: unknown = Reflect.get(window, name)
    if (joined && joined === there) return joined
    // Asked first: the window of another site's iframe throws at any other question.
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
    // What waits in a queue that is there is kept.
    const queue = queueOf(ttq, id)
    if (queue._u ?? queue.info ?? queue._init) return undefined
    const { document } = window
    const script = document.createElement('script')
    const address = `${host}/i18n/pixel/events.js`
    // A page with Trusted Types throws here, and nothing says yet that loading has begun.
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

/** What pixels have been loaded. Another snippet may have made some of it. */
const marksOf = ({ _i = {}, _t = {}, _o = {} }: Partial<Ttq>): Pick<Ttq, '_i' | '_t' | '_o'> => ({ _i, _t, _o })

function queueOf({ _i }: Ttq, id: string): PixelQueue {
  _i[id] ??= []
  return _i[id]
}

const isTtq = (value: unknown): value is Ttq => (Array.isArray(value) ? 'track' in value : isLiveTtq(value))

/** TikTok's main script has run: it says so by two marks, and `track` is a getter from then on. */
function isLiveTtq(value: unknown): boolean {
  const ttq = Object(value)
  return ttq.initialize === true || ttq._mounted === true || !!Object.getOwnPropertyDescriptor(ttq, 'track')?.get
}

function setAndDefer(target: unknown[] & Partial<Calls>, method: string): void {
  Reflect.set(target, method, (...parameters: unknown[]) => target.push([method, ...parameters]))
}

/** Puts the methods on a queue. */
function deferCalls(queue: unknown[]): unknown[] & Calls {
  for (const method of methods) setAndDefer(queue, method)
  return Object.assign(queue)
}
