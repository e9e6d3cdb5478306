const TIMEOUT = 10_000
/** Milliseconds before each further attempt. */
const pauses = [1000, 5000]

export interface PostAlertOptions {
  url: string
  fetch: typeof fetch
  /** Resolves after this many milliseconds. Default: a timer. */
  pause?: (milliseconds: number) => Promise<void>
}

/**
 * Posts a text as `{ "text": … }`, with three attempts.
 *
 * @throws a sentence without the address, which may contain a key
 */
export async function postAlert(text: string, { url, fetch, pause = sleep }: PostAlertOptions): Promise<void> {
  let problem = ''
  for (const wait of [0, ...pauses]) {
    if (wait) await pause(wait)
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT),
      })
      await response.body?.cancel()
      if (response.ok) return
      problem = `it was answered HTTP ${response.status}`
    } catch (error) {
      problem =
        error instanceof Error && error.name === 'TimeoutError'
          ? 'there was no answer within 10 s'
          : 'it could not be reached'
    }
  }
  throw new Error(problem)
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
