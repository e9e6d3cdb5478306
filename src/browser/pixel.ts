import { attempt } from '../core/attempt.ts'
import type { EventParameters, PixelCause, User } from '../types.ts'
import { gpc } from './consent.ts'
import { config, document, window } from './instance.ts'
import { report, state } from './news.ts'
import { host, join, load, queueOf } from './ttq.ts'

// Loads TikTok's pixel, calls it the way that loses and doubles nothing, and tells what became of it.

const FIRST_LOOK = 50 // ms
const TURN = 5000 // ms: for TikTok's scripts to come, and the former person's hits to leave
const LAST_LOOK = 12_800 // ms, doubling from the first: 25 s in all

let isStarted = false
let isRevoked = false
let told: string | undefined
let former: object
let turn: Promise<unknown> | undefined

const marks = () => queueOf(config.pixelId)

/** Live, unless there is a cause why it isn't. */
function settle(pixelCause?: PixelCause): void {
  const pixel = pixelCause ? 'blocked' : 'live'
  if (state.pixel !== pixel) report({ pixel, pixelCause })
}

/** Whether our pixel takes its calls itself. */
function isLive(): boolean | undefined {
  const isTaken = attempt(marks)?._init
  if (isTaken && state.pixelCause !== 'csp') settle()
  return isTaken
}

/** TikTok's `ready` never calls back, so this looks again, ever more seldom, and stops. */
function look(delay: number): void {
  if (isLive() || state.pixel !== 'waiting') return
  if (delay > LAST_LOOK) settle('no_answer')
  else window.setTimeout(look, delay, delay * 2)
}

/** Begins to load it. */
export function startPixel(): void {
  if (isStarted || state.pixel === 'off') return
  isStarted = true
  // It comes just before the script's error; and where the hits alone are refused (connect-src), nothing else tells.
  document.addEventListener('securitypolicyviolation', ({ disposition, blockedURI }) => {
    if (disposition === 'enforce' && blockedURI.startsWith(host)) settle('csp')
  })
  const options = {
    historyObserver: false, // its page views on each pushState carry no event_id: they would count beside ours
    limited_data_use: gpc !== 'ignore' || String(config.limitedDataUse) === 'true',
    autoConfig: String(config.autoConfig) !== 'false',
  }
  // A page may have no head, or take no script's address that is mere text (Trusted Types).
  const script = attempt(() => load(config.pixelId, options), console.error)
  if (script) {
    script.onerror = () => settle('script_error')
    script.onload = () => marks().info || settle('stand_in')
  }
  look(FIRST_LOOK)
}

/** In another person's turn, once that has come. A hit carries who is known when it leaves, and nothing is taken back. */
export function inTurn(call: () => void): void {
  if (turn) turn.then(() => turn && attempt(call))
  else call()
}

/**
 * Hands an event to `ttq` before it returns, and first who the visitor is, where that is news. Another person's calls wait
 * until the former's hits have left. `parameters` must be nobody else's: TikTok's script writes into them.
 */
export function callPixel(
  { email, phone: phone_number, external_id }: User,
  person: object,
  event: string,
  parameters: EventParameters,
  event_id: string,
): void {
  const text = JSON.stringify({ email, phone_number, external_id })
  if (told && person !== former)
    turn = Promise.resolve(turn).then(() => new Promise((resolve) => window.setTimeout(resolve, TURN)))
  if (text !== told) inTurn(() => attempt(() => join().identify(JSON.parse(text))))
  told = text
  former = person
  inTurn(() => {
    // Until live, only the global queue survives a later snippet that loads the same id; afterwards, only the instance
    // sends once where the id was loaded twice.
    if (isLive()) join().instance(config.pixelId).track(event, parameters, { event_id })
    else join().track(event, parameters, { event_id, pixel_code: config.pixelId })
  })
}

/** Takes consent back, for every pixel of the page, or gives it again. */
export function allowPixel(isGranted: boolean): void {
  // There is nothing to take back where it was neither loaded nor told anything.
  if (isGranted !== isRevoked || !(isGranted || isStarted || told)) return
  isRevoked = !isGranted
  told = turn = undefined // what waited is dropped: nobody's hits are still to leave
  attempt(() => join()[isGranted ? 'enableCookie' : 'disableCookie']())
  attempt(() => join()[isGranted ? 'grantConsent' : 'revokeConsent']())
}
