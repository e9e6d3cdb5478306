import { attempt } from '../core/attempt.ts'
import type { Config, EventParameters, PixelCause, PixelStatus, State, User } from '../types.ts'
import { accessTtq } from './ttq.ts'

export interface Pixel {
  status(): PixelStatus | undefined
  /** Begins to load it. */
  start(): void
  /** Tells `ttq` who the visitor is, where that is news. Another person's calls wait until the former's hits have left. */
  identify(user: User, person: number): void
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
  config: Config,
  limited_data_use: boolean,
  report: (part: Partial<State>) => void,
): Pixel {
  const { pixelId } = config
  const host = `https://analytics.${config.region === 'us' ? 'us.' : ''}tiktok.com`
  const { join, load } = accessTtq(window, host, config.nonce)
  let status: PixelStatus | undefined
  let cause: PixelCause | undefined
  let isStarted = false
  let isRevoked = false
  let told: string | undefined
  let person: number | undefined
  let turn: Promise<void> | undefined

  const marks = () => join()._i[pixelId]

  function settle(pixel: PixelStatus, pixelCause?: PixelCause): void {
    if (status === pixel) return
    status = pixel
    cause = pixelCause
    report({ pixel, pixelCause })
  }

  /** Whether our pixel takes its calls itself. */
  function isLive(): boolean | undefined {
    const pixel = marks()
    if (pixel?._init && cause !== 'csp') settle('live')
    return pixel?._init
  }

  /** TikTok's `ready` never calls back, so this looks again, ever more seldom, and stops. */
  function look(delay: number): void {
    if (isLive() || status !== 'waiting') return
    if (delay > LAST_LOOK) settle('blocked', 'no_answer')
    else window.setTimeout(look, delay, delay * 2)
  }

  function start(): void {
    if (isRevoked || isStarted) return
    isStarted = true
    // TikTok's own page views on each pushState carry no event_id: they would count beside ours.
    const script = load(pixelId, {
      historyObserver: false,
      limited_data_use,
      autoConfig: String(config.autoConfig) !== 'false',
    })
    if (script) {
      script.onerror = () => settle('blocked', 'script_error')
      script.onload = () => marks()?.info || settle('blocked', 'stand_in')
    }
    look(FIRST_LOOK)
  }

  /** In another person's turn, once that has come. A hit carries who is known when it leaves, and nothing is taken back. */
  function inTurn(call: () => void): void {
    if (turn) turn.then(() => isRevoked || attempt(call))
    else call()
  }

  // It comes just before the script's error; and where the hits alone are refused (connect-src), nothing else tells.
  window.document.addEventListener('securitypolicyviolation', ({ disposition, blockedURI }) => {
    if (disposition === 'enforce' && blockedURI.startsWith(host)) settle('blocked', 'csp')
  })

  if (!isLive()) settle('waiting')

  return {
    status: () => status,
    start,
    identify({ email, phone: phone_number, external_id }, newPerson) {
      const text = JSON.stringify({ email, phone_number, external_id })
      if (told && newPerson !== person)
        turn = Promise.resolve(turn).then(() => new Promise((resolve) => window.setTimeout(resolve, TURN)))
      if (text !== told) inTurn(() => join().identify?.(JSON.parse(text)))
      told = text
      person = newPerson
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
      if (isGranted !== isRevoked) return
      isRevoked = !isGranted
      told = undefined // what waited is dropped: nobody's hits are still to leave
      const methods = isGranted
        ? (['enableCookie', 'grantConsent'] as const)
        : (['disableCookie', 'revokeConsent'] as const)
      for (const method of methods) attempt(() => join()[method]())
      start()
    },
  }
}
