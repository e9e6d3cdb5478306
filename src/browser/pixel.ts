import { attempt } from '../core/attempt.ts'
import type { Config, EventParameters, PixelCause, State, User } from '../types.ts'
import { deferCalls, type LoadOptions, methods, queueOf, setAndDefer, type Ttq } from './ttq.ts'

export interface Pixel {
  /** Begins to load it. */
  start(): void
  /**
   * Tells `ttq` who the visitor is, where that is news. Another person's calls wait until the former's hits have left.
   */
  identify(user: User, person: object): void
  /** Hands an event to `ttq` before it returns. `parameters` must be nobody else's: TikTok's script writes into them. */
  track(event: string, parameters: EventParameters, event_id: string): void
  /** Takes consent back, for every pixel of the page, or gives it again. */
  allow(isGranted: boolean): void
}

const FIRST_LOOK = 50 // ms
const TURN = 5000 // ms: for TikTok's scripts to come, and the former person's hits to leave
const LAST_LOOK = 12_800 // ms, doubling from the first: 25 s in all

/** TikTok's pixel in this page: loads it, calls it the way that loses and doubles nothing, and tells what became of it. */
export function createPixel(
  window: Window,
  { pixelId, region, nonce = '', autoConfig }: Config,
  limited_data_use: boolean,
  state: State,
  report: (part: Partial<State>) => void,
): Pixel {
  const page: Record<string, Ttq | undefined> = Object(window)
  const { document } = window
  const host = `https://analytics.${region === 'us' ? 'us.' : ''}tiktok.com`
  let isStarted = false
  let isRevoked = false
  let told: string | undefined
  let former: object
  let turn: Promise<void> | undefined

  /**
   * The page's `ttq`: the one that is there, TikTok's live one included, else a stub of ours. Asked for on every call: once
   * TikTok's script is live, a stub that was kept pushes into an array that nobody reads.
   */
  function join(): Ttq {
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

  function createStub(queue: unknown): Ttq {
    const stub: Ttq = deferCalls(Array.isArray(queue) ? queue : [])
    return Object.assign(stub, { methods, setAndDefer, load, instance: (id: string) => deferCalls(queueOf(stub, id)) })
  }

  /** Begins to load a pixel, unless somebody has: an id that is loaded twice sends its hits twice. */
  function load(id: string, options: LoadOptions = {}): HTMLScriptElement | undefined {
    const ttq = join()
    const queue = queueOf(ttq, id)
    if (queue._u || queue.info || queue._init) return undefined
    queue._u = `${host}/i18n/pixel/events.js`
    ttq._t[id] = Date.now()
    ttq._o[id] = options
    const src = `${queue._u}?sdkid=${id}&lib=${window.TiktokAnalyticsObject}`
    return document.head.appendChild(Object.assign(document.createElement('script'), { src, async: true, nonce }))
  }

  const marks = () => join()._i[pixelId]

  /** Live, unless there is a cause why it isn't. */
  function settle(pixelCause?: PixelCause): void {
    const pixel = pixelCause ? 'blocked' : 'live'
    if (state.pixel !== pixel) report({ pixel, pixelCause })
  }

  /** Whether our pixel takes its calls itself. */
  function isLive(): boolean | undefined {
    const isTaken = marks()?._init
    if (isTaken && state.pixelCause !== 'csp') settle()
    return isTaken
  }

  /** TikTok's `ready` never calls back, so this looks again, ever more seldom, and stops. */
  function look(delay: number): void {
    if (isLive() || state.pixel !== 'waiting') return
    if (delay > LAST_LOOK) settle('no_answer')
    else window.setTimeout(look, delay, delay * 2)
  }

  /** In another person's turn, once that has come. A hit carries who is known when it leaves, and nothing is taken back. */
  function inTurn(call: () => void): void {
    if (turn) turn.then(() => isRevoked || attempt(call))
    else call()
  }

  return {
    start() {
      if (isStarted) return
      isStarted = true
      if (!isLive()) report({})
      // It comes just before the script's error; and where the hits alone are refused (connect-src), nothing else tells.
      document.addEventListener('securitypolicyviolation', ({ disposition, blockedURI }) => {
        if (disposition === 'enforce' && blockedURI.startsWith(host)) settle('csp')
      })
      const options = {
        historyObserver: false, // its page views on each pushState carry no event_id: they would count beside ours
        limited_data_use,
        autoConfig: String(autoConfig) !== 'false',
      }
      // A page may have no head, or take no script's address that is mere text (Trusted Types).
      const script = attempt(() => load(pixelId, options), console.error)
      if (script) {
        script.onerror = () => settle('script_error')
        script.onload = () => marks()?.info || settle('stand_in')
      }
      look(FIRST_LOOK)
    },
    identify({ email, phone: phone_number, external_id }, person) {
      const text = JSON.stringify({ email, phone_number, external_id })
      if (told && person !== former)
        turn = Promise.resolve(turn).then(() => new Promise((resolve) => window.setTimeout(resolve, TURN)))
      if (text !== told) inTurn(() => join().identify?.(JSON.parse(text)))
      told = text
      former = person
    },
    track(event, parameters, event_id) {
      inTurn(() => {
        // Until live, only the global queue survives a later snippet that loads the same id; afterwards, only the
        // instance sends once where the id was loaded twice.
        if (isLive()) join().instance(pixelId).track(event, parameters, { event_id })
        else join().track(event, parameters, { event_id, pixel_code: pixelId })
      })
    },
    allow(isGranted) {
      if (isGranted !== isRevoked || !isStarted) return
      isRevoked = !isGranted
      told = undefined // what waited is dropped: nobody's hits are still to leave
      const methods = isGranted
        ? (['enableCookie', 'grantConsent'] as const)
        : (['disableCookie', 'revokeConsent'] as const)
      for (const method of methods) attempt(() => join()[method]())
    },
  }
}
