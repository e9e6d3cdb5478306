import type { Config, EventParameters, PixelCause, PixelStatus, State } from '../types.ts'
import { accessTtq } from './ttq.ts'

export interface Pixel {
  /** Whether it is known that TikTok's script did not come. */
  isBlocked(): boolean
  /** Hands an event to `ttq` before it returns. `parameters` must be nobody else's: TikTok's script writes into them. */
  track(event: string, parameters: EventParameters, event_id: string): void
}

const FIRST_LOOK = 50 // ms
const LAST_LOOK = 12_800 // ms, doubling from the first: 25 s in all

/** TikTok's pixel in this page: loads it, calls it the way that loses and doubles nothing, and tells what became of it. */
export function createPixel(window: Window, config: Config, report: (state: State) => void): Pixel {
  const { pixelId } = config
  const host = `https://analytics.${config.region === 'us' ? 'us.' : ''}tiktok.com`
  const { join, load } = accessTtq(window, host, config.nonce)
  let state: State | undefined

  const marks = () => join()._i[pixelId]

  function settle(pixel: PixelStatus, pixelCause?: PixelCause): void {
    if (state?.pixel === pixel) return
    state = { pixel, pixelCause }
    report(state)
  }

  /** Whether our pixel takes its calls itself. */
  function isLive(): boolean | undefined {
    const pixel = marks()
    if (pixel?._init && state?.pixelCause !== 'csp') settle('live')
    return pixel?._init
  }

  /** TikTok's `ready` never calls back, so this looks again, ever more seldom, and stops. */
  function look(delay: number): void {
    if (isLive() || state?.pixel !== 'waiting') return
    if (delay > LAST_LOOK) settle('blocked', 'no_answer')
    else window.setTimeout(look, delay, delay * 2)
  }

  function start(): void {
    // TikTok's own page views on each pushState carry no event_id: they would count beside ours.
    const script = load(pixelId, { historyObserver: false })
    if (script) {
      script.onerror = () => settle('blocked', 'script_error')
      script.onload = () => marks()?.info || settle('blocked', 'stand_in')
    }
    look(FIRST_LOOK)
  }

  // It comes just before the script's error; and where the hits alone are refused (connect-src), nothing else tells.
  window.document.addEventListener('securitypolicyviolation', ({ disposition, blockedURI }) => {
    if (disposition === 'enforce' && blockedURI.startsWith(host)) settle('blocked', 'csp')
  })

  if (!isLive()) settle('waiting')
  // In idle time TikTok's script does not hold back the page's load event, and its first hit leaves no later.
  if (config.load === 'immediate') start()
  else if (window.requestIdleCallback) window.requestIdleCallback(start, { timeout: 1000 })
  else window.setTimeout(start) // Safari

  return {
    isBlocked: () => state?.pixel === 'blocked',
    track(event, parameters, event_id) {
      // Until live, only the global queue survives a later snippet that loads the same id; afterwards, only the
      // instance sends once where the id was loaded twice.
      if (isLive()) join().instance(pixelId).track(event, parameters, { event_id })
      else join().track(event, parameters, { event_id, pixel_code: pixelId })
    },
  }
}
