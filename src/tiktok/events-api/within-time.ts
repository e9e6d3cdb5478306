// Docker kills a process 10 s after SIGTERM. Closing the rest takes some of that time.
const WHILE_CLOSING = 4000

/**
 * Runs a call with a signal that aborts it after `timeout` milliseconds, and 4 s after `closing` was aborted. A call that
 * hangs would keep the process alive.
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
