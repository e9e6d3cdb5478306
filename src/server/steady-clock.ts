/** Milliseconds of drift or correction that do not count as a clock change. */
const TOLERANCE = 60_000
/** Milliseconds for which a changed clock is not trusted. */
const DOUBT = 3_600_000

export interface SteadyClock {
  /** Compares the clocks. Call it often, so that it misses no change. */
  look(): void
  isSteady(): boolean
}

/**
 * Detects whether the wall clock (`now`) was changed within the last hour, by comparing it with a monotonic clock. Both are in
 * milliseconds. A clock that was already wrong at the first `look` is not detected.
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
