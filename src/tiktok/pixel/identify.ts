import { put } from '../../core/read.ts'
import type { User } from '../../types.ts'
import type { TtqAccess } from './ttq.ts'

/** Calls `ttq.identify`. There is one for all pixels of a page, because `ttq.identify` applies to all of them. */
export interface Identify {
  /**
   * Calls back when the pixel's next calls belong to this person: at once, or after the former person's hits have been sent.
   * `ttq.identify` is called before.
   */
  inTurn(person: object, user: User, call: () => void): void
  /** Call this when a pixel of the page goes live. Hits are sent faster from then on. */
  wentLive(): void
  /** Drops waiting calls, and forgets the current person. */
  reset(): void
}

const BEFORE_LIVE = 5000 // ms: TikTok's scripts may still have to load and send the former person's hits
const LIVE = 100 // ms: measured 5 ms apart with pixel 2.2.1, where each hit carried the right person
const SETTLED = 1000 // ms after the pixel went live: the identify chunk, which each hit waits for, has loaded
const LAST_HIT = 50 // ms

interface Turn {
  person: object
  calls: (() => void)[]
}

/**
 * A hit carries the person who is known when it is sent, not when `ttq.track` was called (pixel 2.2.1, measured). So another
 * person's calls wait until the former person's hits have been sent.
 */
export function createIdentify(window: Window, { join }: TtqAccess): Identify {
  let identified: string | undefined
  let current: object | undefined
  let turns: Turn[] = []
  let timer: number | undefined
  let liveSince = Number.POSITIVE_INFINITY
  let lastCall = 0

  const isSettled = () => Date.now() - liveSince >= SETTLED

  function run(call: () => void): void {
    lastCall = Date.now()
    call()
  }

  function waitForTurn(): void {
    timer = window.setTimeout(nextTurn, isSettled() ? LIVE : BEFORE_LIVE)
  }

  function nextTurn(): void {
    const turn = turns.shift()
    if (!turn) return
    current = turn.person
    turn.calls.forEach(run)
    if (turns[0]) waitForTurn()
  }

  function identify({ email, phone, external_id }: User): void {
    const text = [email, phone, external_id].join()
    if (text === identified) return
    identified = text
    const user: Record<string, string> = {}
    put(user, 'email', email ?? '')
    put(user, 'phone_number', phone ?? '')
    put(user, 'external_id', external_id ?? '')
    try {
      join()?.identify(user)
    } catch {
      // A foreign wrapper around ttq threw. The event is still sent.
    }
  }

  window.addEventListener('pagehide', () => {
    // TikTok's pixel still sends this call with the right person if no other person's hit is in flight.
    if (turns[0] && isSettled() && Date.now() - lastCall >= LAST_HIT) nextTurn()
  })

  return {
    inTurn(person, user, call) {
      const identifyAndCall = () => {
        identify(user)
        call()
      }
      const last = turns[turns.length - 1]
      if (last?.person === person) last.calls.push(identifyAndCall)
      else if (!last && (current ?? person) === person) {
        current = person
        run(identifyAndCall)
      } else if (turns.push({ person, calls: [identifyAndCall] }) === 1) waitForTurn()
    },
    wentLive() {
      liveSince = Date.now()
    },
    reset() {
      window.clearTimeout(timer)
      turns = []
      identified = current = undefined
    },
  }
}
