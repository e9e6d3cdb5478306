import type { Log } from '../core/log.ts'
import type { Late } from './intake.ts'
import { ageOf } from './sort-by-age.ts'
import type { Throttle } from './throttle.ts'

export interface LateEvents {
  /** Counts and logs the late events of a request from a source. `receivedAt` is in milliseconds since 1970. */
  note(late: readonly Late[], source: string, receivedAt: number): void
  /** The number of late events since the start. */
  count(): number
}

/** Counts events that arrived too late to be sent, and logs one line a minute for each source. */
export function createLateEvents(log: Log, throttle: Throttle): LateEvents {
  let count = 0
  return {
    note(late, source, receivedAt) {
      const events = late.flatMap((one) => one.events)
      const [first] = events
      if (!first) return
      count += events.length
      const line = throttle.allow(`too_late ${source}`)
      if (!line) return
      log('warn', 'Events arrived too late and are not sent, because TikTok could count them a second time', {
        source,
        events: events.length,
        event: first.data.event,
        hours: ageOf(first, receivedAt),
        more: line.leftOut || undefined,
      })
    },
    count: () => count,
  }
}
