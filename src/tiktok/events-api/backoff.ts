const SHORTEST_HOLD = 1000
/** The longest pause, in milliseconds: TikTok's recovery is noticed at most this late. */
const LONGEST_HOLD = 60_000
const LONGEST_RETRY_AFTER = 3_600_000

export interface Backoff {
  /** Milliseconds until the next call to TikTok. */
  left(): number
  /** The number of failed calls since the last successful one. */
  failures(): number
  /** Records a failed call that began after `round` failures. `wait` is TikTok's Retry-After in milliseconds. */
  fail(round: number, wait?: number): void
  /** The operator has to fix something: call TikTok once a minute. */
  stop(): void
  /** Records a successful call. */
  reset(): void
}

/**
 * The pause after a failed call: 1 s, then twice as long each time, up to a minute. `now` is a monotonic clock in
 * milliseconds. A wall clock that is set back would stop all calls until it has caught up.
 */
export function createBackoff(now: () => number, random: () => number): Backoff {
  let failures = 0
  let notBefore = 0
  return {
    left: () => Math.max(0, notBefore - now()),
    failures: () => failures,
    fail(round, wait = 0) {
      // Parallel calls that fail together count as one failure.
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
