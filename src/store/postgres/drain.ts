import type { Drained, DrainOptions } from '../store.ts'
import type { Rounds } from './delivery.ts'

/**
 * Sends what waits, for a limited time. Calls that overlap share one run. A call that comes during a run waits for the next
 * one, because its events may have arrived too late for the first.
 */
export function createDrain(rounds: Rounds): (options: DrainOptions) => Promise<Drained> {
  let running: Promise<Drained> | undefined
  let next: Promise<Drained> | undefined

  async function run({ seconds }: DrainOptions): Promise<Drained> {
    const end = performance.now() + seconds * 1000
    const closing = new AbortController()
    const timer = setTimeout(() => closing.abort(), seconds * 1000)
    try {
      while (performance.now() < end) {
        const { idle, milliseconds } = await rounds.next(closing.signal)
        if (idle) return { isEmpty: true }
        // A pause after a failure is for another process or a later call.
        if (milliseconds > 1000 || performance.now() + milliseconds > end) break
        if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds))
      }
      return { isEmpty: false }
    } finally {
      clearTimeout(timer)
    }
  }

  function start(options: DrainOptions): Promise<Drained> {
    const started = run(options).finally(() => {
      if (running === started) running = undefined
    })
    running = started
    return started
  }

  return (options) => {
    if (!running) return start(options)
    next ??= running.then(() => {
      next = undefined
      return start(options)
    })
    return next
  }
}
