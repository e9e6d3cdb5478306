// Docker ends a process 10 s after it was told to end. What else has to be finished takes some of them.
const WHILE_CLOSING = 4000

/**
 * Runs a call with a signal that ends it after `timeout` milliseconds, and 4 s after `closing` was aborted. A call that
 * hung would keep a process alive that is done with everything else.
 */
export async function withinTime<Answer>(
  run: (signal: AbortSignal) => Promise<Answer>,
  timeout: number,
  closing?: AbortSignal,
): Promise<Answer> {
  const limit = new AbortController()
  const end = (name: string) => limit.abort(new DOMException('no answer before the forwarder was closed', name))
  const timers = [setTimeout(end, timeout, 'TimeoutError')]
  const hurry = () => timers.push(setTimeout(end, WHILE_CLOSING, 'AbortError'))
  if (closing?.aborted) hurry()
  closing?.addEventListener('abort', hurry)
  try {
    return await run(limit.signal)
  } finally {
    for (const timer of timers) clearTimeout(timer)
    closing?.removeEventListener('abort', hurry)
  }
}
