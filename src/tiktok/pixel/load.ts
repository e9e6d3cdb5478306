import type { PixelCause, PixelStatus } from '../../types.ts'
import type { LoadOptions, Ttq, TtqAccess } from './ttq.ts'

/** Loads one pixel's script, and finds out what became of it. */
export interface PixelLoader {
  /** Begins to load it, once. */
  start(): void
  /** Whether our pixel takes its calls itself. It looks now, and reports what it finds. Default: in the page's `ttq`. */
  isLive(ttq?: Ttq): boolean
}

/** What one pixel is loaded with. */
export interface LoaderOptions {
  pixelId: string
  /** See `pixelOrigin`. */
  host: string
  nonce: string | undefined
  load: LoadOptions
}

const FIRST_LOOK = 50 // ms
const LAST_LOOK = 12_800 // ms, doubling from the first: 25 s in all

/**
 * TikTok's pixel tells nobody when it is live or blocked. So this looks: at the script's `load` and `error`, at violations of
 * the page's policy, and at TikTok's marks: on each call, and nine times in the 25 s after events.js has come. Nothing runs on an
 * interval.
 *
 * @param report is called with each finding, also when it is the same as before
 */
export function createLoader(
  window: Window,
  { join, load }: TtqAccess,
  { pixelId, host, nonce, load: options }: LoaderOptions,
  report: (pixel: PixelStatus, cause?: PixelCause) => void,
): PixelLoader {
  let isStarted = false
  let isWaiting = true
  /** The `ttq` in which our pixel was live. */
  let liveTtq: unknown
  let isRefusedByPolicy = false
  let timer: number | undefined

  function settle(cause?: PixelCause): void {
    isWaiting = false
    window.clearTimeout(timer)
    isRefusedByPolicy ||= cause === 'csp'
    report(cause ? 'blocked' : 'live', cause)
  }

  function isLive(ttq = join()): boolean {
    // A later snippet that loads the same id resets `_init`. Our instance still sends once; the queue would send twice.
    const isTaken = ttq?._i[pixelId]?._init === true || (ttq !== undefined && ttq === liveTtq)
    if (isTaken) {
      liveTtq = ttq
      if (!isRefusedByPolicy) settle()
    }
    return isTaken
  }

  /** TikTok's `ready` never calls back, so this looks again, less and less often, and stops. */
  function look(delay: number): void {
    if (isLive() || !isWaiting) return
    if (delay > LAST_LOOK) settle('no_answer')
    else timer = window.setTimeout(look, delay, delay * 2)
  }

  function start(): void {
    if (isStarted) return
    if (isSandboxed(window)) {
      settle('sandboxed')
      return
    }
    if (!join()) {
      settle('stand_in')
      return
    }
    isStarted = isWaiting = true
    report('waiting')
    // It comes just before the script's error. Where only the hits are refused (connect-src), nothing else tells.
    // A form may stand in the place of document.addEventListener, but not of the window's.
    window.addEventListener('securitypolicyviolation', ({ disposition, blockedURI }) => {
      if (disposition === 'enforce' && blockedURI.startsWith(host)) settle('csp')
    })
    try {
      const script = load(pixelId, options, host, nonce)
      if (script) {
        script.onerror = () => settle('script_error')
        script.onload = () => {
          window.clearTimeout(timer)
          if (join()?._i[pixelId]?.info) look(FIRST_LOOK)
          else settle('stand_in')
        }
      }
      // Until our script has come, there is nothing to look for.
      if (script) timer = window.setTimeout(look, 2 * LAST_LOOK, 2 * LAST_LOOK)
      else look(FIRST_LOOK)
    } catch (error) {
      console.error(error)
      settle('csp')
    }
  }

  return { start, isLive }
}

/**
 * A sandboxed iframe without `allow-same-origin`. TikTok's scripts load there, and never send (pixel 2.2.1, measured).
 * Only such a document throws when its cookies are read.
 * https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie
 */
function isSandboxed({ origin, document }: Window): boolean {
  if (origin !== 'null') return false
  try {
    return document.cookie === undefined
  } catch {
    return true
  }
}
