import { put } from '../../core/read.ts'
import type { User } from '../../types.ts'
import type { TtqAccess } from './ttq.ts'

/** Who the pixel thinks the visitor is. It is one for all pixels of a page, as `ttq.identify` is. */
export interface Identify {
  /**
   * Calls back once a call to the pixel is about this person: at once, or after the former person's hits have left. Then the
   * pixel has been told who the person is.
   */
  inTurn(person: object, user: User, call: () => void): void
  /** A pixel of the page takes its calls now: hits leave sooner from then on. */
  wentLive(): void
  /** Drops the calls that wait, and forgets whom the pixel knows. */
  reset(): void
}

const BEFORE_LIVE = 5000 // ms: TikTok's scripts may still have to come, and the former person's hits to leave
const LIVE = 100 // ms: measured 5 ms apart with pixel 2.2.1, where each hit carried the right person
const SETTLED = 1000 // ms after the pixel went live: the identify chunk, which each hit waits for, has come
const LAST_HIT = 50 // ms

interface Turn {
  person: object
  calls: (() => void)[]
}

/**
 * A hit carries whoever is known when it leaves, not when it was called, and the pixel takes nothing back. So another
 * person's calls wait until the former person's hits have left.
 */
export function createIdentify(window: Window, { join }: TtqAccess): Identify {
  let told: string | undefined
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

  function tell({ email, phone, external_id }: User): void {
    const text = [email, phone, external_id].join()
    if (text === told) return
    told = text
    const user: Record<string, string> = {}
    put(user, 'email', email ?? '')
    put(user, 'phone_number', phone ?? '')
    put(user, 'external_id', external_id ?? '')
    try {
      join()?.identify(user)
    } catch {
      // A foreign wrapper around ttq threw. The event is sent all the same.
    }
  }

  window.addEventListener('pagehide', () => {
    // TikTok's pixel still sends what it is told here, with the right person, if nobody else's hit is under way.
    if (turns[0] && isSettled() && Date.now() - lastCall >= LAST_HIT) nextTurn()
  })

  return {
    inTurn(person, user, call) {
      const tellAndCall = () => {
        tell(user)
        call()
      }
      const last = turns[turns.length - 1]
      if (last?.person === person) last.calls.push(tellAndCall)
      else if (!last && (current ?? person) === person) {
        current = person
        run(tellAndCall)
      } else if (turns.push({ person, calls: [tellAndCall] }) === 1) waitForTurn()
    },
    wentLive() {
      liveSince = Date.now()
    },
    reset() {
      window.clearTimeout(timer)
      turns = []
      told = current = undefined
    },
  }
}
