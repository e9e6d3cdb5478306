// TikTok's counting: within 48 hours, events with the same name and event_id count once.
import type { EventsApiEvent } from '../../src/tiktok/events-api/event.ts'

const memory = 48 * 3_600_000

export interface EventCounter {
  /** True if TikTok counts the event, because the same name and event_id did not count in the last 48 hours. `at` is in milliseconds. */
  counts(event: Pick<EventsApiEvent, 'event' | 'event_id'>, at: number): boolean
  clear(): void
}

export function createEventCounter(): EventCounter {
  const counted = new Map<string, number>()
  return {
    counts({ event, event_id }, at) {
      const key = JSON.stringify([event, event_id])
      const before = counted.get(key)
      if (before !== undefined && at - before < memory) return false
      counted.set(key, at)
      return true
    },
    clear: () => counted.clear(),
  }
}
