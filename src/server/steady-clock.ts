/** Milliseconds of drift or correction that do not count as a clock change. */
const TOLERANCE = 60_000
/** Milliseconds for which a changed clock is not trusted. */
const DOUBT = 3_600_000

export interface SteadyClock {
  /** Compares the clocks. Call it often, so that it misses no change. */
  look(): void
  isSteady(): boolean
  /**
   * The earliest and the latest that the true time may be now, in milliseconds since 1970. This assumes that the wall clock was
   * right at some time since the start.
   */
  bounds(): { earliest: number; latest: number }
}

/**
 * Detects whether the wall clock (`now`) was changed within the last hour, by comparing it with a monotonic clock. Both are in
 * milliseconds. A clock that was already wrong at the first `look` is not detected.
 */
export function createSteadyClock(now: () => number, monotonic: () => number): SteadyClock {
  let offset: number | undefined
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let doubtedUntil = Number.NEGATIVE_INFINITY
  return {
    look() {
      const passed = monotonic()
      const latest = now() - passed
      if (offset !== undefined && Math.abs(latest - offset) > TOLERANCE) doubtedUntil = passed + DOUBT
      offset = latest
      lowest = Math.min(lowest, latest)
      highest = Math.max(highest, latest)
    },
    isSteady: () => monotonic() >= doubtedUntil,
    bounds() {
      const [wall, passed] = [now(), monotonic()]
      return {
        earliest: Math.floor(Math.min(wall, passed + lowest)),
        latest: Math.floor(Math.max(wall, passed + highest)),
      }
    },
  }
}
