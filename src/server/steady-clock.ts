/** Milliseconds by which a clock may drift, or be corrected, without being a clock that somebody has set. */
const TOLERANCE = 60_000
/** Milliseconds for which a clock that was set is not believed. */
const DOUBT = 3_600_000

export interface SteadyClock {
  /** Compares the clocks. The more often, the less is missed. */
  look(): void
  isSteady(): boolean
}

/**
 * Tells whether the wall clock (`now`) was set within the last hour, by one that never goes back (`monotonic`). Both are in
 * milliseconds. A clock that was wrong at the first look cannot be noticed.
 */
export function createSteadyClock(now: () => number, monotonic: () => number): SteadyClock {
  let offset: number | undefined
  let doubtedUntil = Number.NEGATIVE_INFINITY
  return {
    look() {
      const passed = monotonic()
      const latest = now() - passed
      if (offset !== undefined && Math.abs(latest - offset) > TOLERANCE) doubtedUntil = passed + DOUBT
      offset = latest
    },
    isSteady: () => monotonic() >= doubtedUntil,
  }
}
