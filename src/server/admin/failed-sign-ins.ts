/** Milliseconds. */
const DELAY = 1000

export interface FailedSignIns {
  /** Milliseconds until the next attempt is checked. */
  wait(): number
  note(): void
}

/**
 * One delay for all failed sign-ins, so that nobody can try more than one token a second, from any number of addresses. During
 * it, the right token is not checked either, because its answer would show that it is right. `monotonic` is in milliseconds.
 */
export function createFailedSignIns(monotonic: () => number): FailedSignIns {
  let next = Number.NEGATIVE_INFINITY
  return {
    wait: () => Math.max(0, next - monotonic()),
    note() {
      next = monotonic() + DELAY
    },
  }
}
