import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, problemOf } from './api.ts'
import { useSession } from './session.ts'

export interface Refreshed<Value> {
  value: Value | undefined
  /** A sentence if the last request failed. `value` is then the one before. */
  problem: string
  refresh: () => Promise<void>
}

/** Loads a value now and every so many milliseconds, while the tab is visible and somebody is signed in. 0 loads it once. */
export function useRefresh<Value>(load: (signal: AbortSignal) => Promise<Value>, period: number): Refreshed<Value> {
  const { isActive } = useSession()
  const [value, setValue] = useState<Value>()
  const [problem, setProblem] = useState('')
  const latest = useRef(load)
  latest.current = load
  const hasValue = useRef(false)
  const running = useRef<AbortController>(undefined)

  const refresh = useCallback(async () => {
    running.current?.abort()
    const own = new AbortController()
    running.current = own
    try {
      const loaded = await latest.current(own.signal)
      if (own.signal.aborted) return
      hasValue.current = true
      setValue(() => loaded)
      setProblem('')
    } catch (error) {
      if (own.signal.aborted) return
      // The sign-in form says enough.
      setProblem(error instanceof ApiError && error.status === 401 ? '' : problemOf(error))
    }
  }, [])

  useEffect(() => {
    if (!isActive) return
    if (period > 0 || !hasValue.current) void refresh()
    const stop = period > 0 ? whileVisible(refresh, period) : undefined
    return () => {
      stop?.()
      running.current?.abort()
    }
  }, [refresh, period, isActive])

  return { value, problem, refresh }
}

/** Runs a task again and again while the tab is visible. Each run starts after the one before has ended. */
function whileVisible(task: () => Promise<void>, period: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  const plan = () => {
    clearTimeout(timer)
    if (!isStopped && !document.hidden) timer = setTimeout(run, period)
  }
  const run = async () => {
    await task()
    plan()
  }
  const onVisibility = () => void (document.hidden ? clearTimeout(timer) : run())
  document.addEventListener('visibilitychange', onVisibility)
  plan()
  return () => {
    isStopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisibility)
  }
}
