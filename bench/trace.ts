// What scripts cost the main thread of a page, from the browser's own trace.

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  /** Microseconds. */
  ts: number
  dur?: number
  args?: { data?: { url?: string } }
}

/** Milliseconds on the main thread. */
export interface ScriptCost {
  /** The first run of the script: compiled and evaluated. */
  first: number
  /** The longest single task. */
  longest: number
  /** All of its tasks: the first run, timers, idle time, promises. */
  total: number
}

export const traceCategories = ['devtools.timeline', 'v8', 'disabled-by-default-v8.compile']

// The outermost of these is one task of a script.
const scriptEvents = new Set([
  ...['EvaluateScript', 'v8.compile', 'v8.compileModule', 'v8.evaluateModule', 'FunctionCall', 'TimerFire'],
  ...['FireIdleCallback', 'FireAnimationFrame', 'RunMicrotasks', 'EventDispatch', 'MinorGC', 'MajorGC'],
])

/** @param isForeign whether a script with this address is not to be counted */
export function readTrace(trace: Uint8Array, isForeign: (url: string) => boolean): ScriptCost {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(new TextDecoder().decode(trace))
  const runs = traceEvents.filter(({ name, ph }) => ph === 'X' && scriptEvents.has(name))
  const isOurs = ({ name, args }: TraceEvent) =>
    name === 'EvaluateScript' && /^https:/.test(args?.data?.url ?? '') && !isForeign(args?.data?.url ?? '')
  const first = runs.find(isOurs)
  if (!first) return { first: 0, longest: 0, total: 0 }
  const tasks = outermost(runs.filter(({ pid, tid }) => pid === first.pid && tid === first.tid)).filter(
    ({ args }) => !isForeign(args?.data?.url ?? ''),
  )
  const own = tasks.filter(isOurs)
  const milliseconds = (events: readonly TraceEvent[]) => events.reduce((sum, { dur = 0 }) => sum + dur, 0) / 1000
  return {
    first: milliseconds(own),
    longest: Math.max(...tasks.map((task) => milliseconds([task]))),
    total: milliseconds(tasks),
  }
}

/** The events that are not inside another one. */
function outermost(events: readonly TraceEvent[]): TraceEvent[] {
  let end = Number.NEGATIVE_INFINITY
  return [...events]
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
    .filter(({ ts, dur = 0 }) => {
      if (ts < end) return false
      end = ts + dur
      return true
    })
}
