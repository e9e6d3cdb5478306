import type { Pause, Rounds } from './delivery.ts'

/** Sends waiting events until it is closed. */
export interface Loop {
  /** Ends a pause early, because events have arrived. */
  wake(): void
  /** Resolves once nothing is in flight, or after 5 s. Events without a result by then are sent again. */
  close(): Promise<void>
}

// `deliver` aborts its call 4 s after the signal.
const PATIENCE = 5000

export function startLoop(rounds: Rounds): Loop {
  const closing = new AbortController()
  const { signal } = closing
  const { sleep, endPause, wake } = createPauses()

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const pause = await rounds.next(signal)
      if (!signal.aborted) await sleep(pause)
    }
  }

  const ended = run()

  return {
    wake,
    async close() {
      closing.abort()
      endPause()
      let timer: NodeJS.Timeout | undefined
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE)))])
      clearTimeout(timer)
      await rounds.abandon()
    },
  }
}

function createPauses() {
  let end: (() => void) | undefined
  let isInterruptible = false
  let isWoken = false
  return {
    sleep: ({ milliseconds, endsEarly }: Pause): Promise<void> =>
      new Promise((resolve) => {
        // Events that arrived during the round have not been seen by it.
        const pause = isWoken && endsEarly ? 0 : Math.max(0, milliseconds)
        isWoken = false
        // The timer does not keep the process alive, because waiting events are in the database.
        const timer = setTimeout(resolve, pause).unref()
        isInterruptible = endsEarly
        end = () => {
          clearTimeout(timer)
          end = undefined
          resolve()
        }
      }),
    endPause: () => end?.(),
    wake: () => {
      isWoken = true
      if (isInterruptible) end?.()
    },
  }
}
