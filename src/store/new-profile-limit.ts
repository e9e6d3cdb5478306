/** New profiles of pages per minute. Anybody can post as a new visitor, and a flood must not displace the profiles of buyers. */
const NEW_PER_MINUTE = 30_000
const MINUTE = 60_000

/** Returns a function that says whether a page may create one more profile now. `elapsed` is a monotonic clock in milliseconds. */
export function createNewProfileLimit(elapsed: () => number): () => boolean {
  let since = elapsed()
  let left = NEW_PER_MINUTE
  return () => {
    if (elapsed() - since >= MINUTE) {
      since = elapsed()
      left = NEW_PER_MINUTE
    }
    if (left === 0) return false
    left--
    return true
  }
}
