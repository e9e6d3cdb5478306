/** Milliseconds between two log lines of one kind. */
const PAUSE = 60_000
/** Kinds that are told apart. Whoever invents origins must neither fill the memory nor the log. */
const MAX_KINDS = 100
const OTHERS = 'others'

export interface Throttle {
  /** Whether a line of this kind may be written now; if so, how many were left out since the last one. */
  allow(kind: string): { leftOut: number } | undefined
}

/** Lets one log line of each kind pass in a minute. `now` is in milliseconds, of a clock that never goes back. */
export function createThrottle(now: () => number): Throttle {
  // In the order of their last lines, oldest first.
  const kinds = new Map<string, { at: number; leftOut: number }>()

  function forgetOld(time: number): void {
    for (const [kind, { at }] of kinds) {
      if (time - at < PAUSE) return
      kinds.delete(kind)
    }
  }

  return {
    allow(given) {
      const time = now()
      if (!kinds.has(given) && kinds.size >= MAX_KINDS) forgetOld(time)
      const kind = kinds.has(given) || kinds.size < MAX_KINDS ? given : OTHERS
      const last = kinds.get(kind)
      if (last && time - last.at < PAUSE) {
        last.leftOut++
        return undefined
      }
      kinds.delete(kind)
      kinds.set(kind, { at: time, leftOut: 0 })
      return { leftOut: last?.leftOut ?? 0 }
    },
  }
}
