import type { PixelCause, PixelStatus } from '../../types.ts'
import type { LoadOptions, Ttq, TtqAccess } from './ttq.ts'

/** Loads one pixel's script, and reports its state. */
export interface PixelLoader {
  /** Starts loading. Later calls do nothing. */
  start(): void
  /** Whether our pixel is live. Checks now, by default in the page's `ttq`, and reports the state. */
  isLive(ttq?: Ttq): boolean
}

/** Options for loading one pixel. */
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
 * TikTok's pixel has no event for being live or blocked. So this watches the script's `load` and `error` events and violations
 * of the page's policy. It looks for TikTok's marks on each call, and nine times in the 25 s after events.js has loaded. No
 * interval is used.
 *
 * @param report is called with each result, even if it is the same as before
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
    // A later snippet that loads the same ID resets `_init`. Our instance still sends once. The queue would send twice.
    const isTaken = ttq?._i[pixelId]?._init === true || (ttq !== undefined && ttq === liveTtq)
    if (isTaken) {
      liveTtq = ttq
      if (!isRefusedByPolicy) settle()
    }
    return isTaken
  }

  /** TikTok's `ready` never calls back, so this checks again at growing intervals, and then stops. */
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
    // This event fires just before the script's error. If only hits are refused (connect-src), it is the only signal.
    // A form field can replace document.addEventListener by its name, but not the window's.
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
      // Until our script has loaded, there is nothing to check.
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
 * Whether this is a sandboxed iframe without `allow-same-origin`. TikTok's scripts load there, but never send (pixel 2.2.1,
 * measured). Only such a document throws when its cookies are read.
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
