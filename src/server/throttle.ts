/** Milliseconds between two log lines of one kind. */
const PAUSE = 60_000
/** Limits the number of kinds, so that made-up origins fill neither the memory nor the log. */
const MAX_KINDS = 100
const OTHERS = 'others'

export interface Throttle {
  /** Returns the number of lines that were left out since the last one, or `undefined` if this line must be left out. */
  allow(kind: string): { leftOut: number } | undefined
}

/** Allows one log line a minute for each kind. `now` is a monotonic clock in milliseconds. */
export function createThrottle(now: () => number): Throttle {
  // Ordered by the time of the last line, oldest first.
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
