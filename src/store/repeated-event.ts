import type { OutboxEvent } from '../server/outbox.ts'
import { logMatchKeys } from './event-log.ts'

// Milliseconds. Later, a profile gets a newer time.
const LONGEST_AGO = 600_000

const userKeys = [...logMatchKeys, 'locale'] as const

/**
 * True if a page's event has no new data about its visitor. A page posts up to 20 such events at
 * once, and all but the first need no look at the profiles.
 */
export function isRepeated(event: OutboxEvent, before: OutboxEvent): boolean {
  if (event.visitor !== before.visitor || event.source !== before.source) return false
  if (event.data.limited_data_use !== before.data.limited_data_use) return false
  const passed = (event.data.event_time - before.data.event_time) * 1000
  if (passed < 0 || passed > LONGEST_AGO) return false
  const [user, former] = [event.data.user, before.data.user]
  for (const key of userKeys) if (user[key] !== former[key]) return false
  return isSameList(event.aliases, before.aliases) && isSameDecision(event, before)
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index])
}

function isSameDecision({ consent: one }: OutboxEvent, { consent: other }: OutboxEvent): boolean {
  if (!one || !other) return one === other
  return one.marketing === other.marketing && one.gpc === other.gpc && one.decided >= other.decided
}
