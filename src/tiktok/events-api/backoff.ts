const SHORTEST_HOLD = 1000
/** Milliseconds. TikTok may be well again for this long without our knowing. */
const LONGEST_HOLD = 60_000
const LONGEST_RETRY_AFTER = 3_600_000

export interface Backoff {
  /** Milliseconds until TikTok may be asked again. */
  left(): number
  /** How many calls failed since the last good one. */
  failures(): number
  /** A call failed that began after `round` failures. `wait`: the milliseconds that TikTok asked for. */
  fail(round: number, wait?: number): void
  /** A person has to mend something: ask again once a minute. */
  stop(): void
  /** TikTok takes events. */
  reset(): void
}

/**
 * When TikTok may be asked again after a failure: after 1 s, then twice as long each time, up to a minute. `now` is in
 * milliseconds, of a clock that never goes back: a wall clock that was set back would hold everything until it has caught up.
 */
export function createBackoff(now: () => number, random: () => number): Backoff {
  let failures = 0
  let notBefore = 0
  return {
    left: () => Math.max(0, notBefore - now()),
    failures: () => failures,
    fail(round, wait = 0) {
      // Calls that ran side by side and failed together are one failure.
      if (round === failures) failures++
      const backoff = Math.min(SHORTEST_HOLD * 2 ** (failures - 1), LONGEST_HOLD)
      const asked = Math.min(wait, LONGEST_RETRY_AFTER)
      notBefore = Math.max(notBefore, now() + Math.max(backoff * (0.5 + random() / 2), asked))
    },
    stop() {
      notBefore = now() + LONGEST_HOLD
    },
    reset() {
      failures = 0
    },
  }
}
