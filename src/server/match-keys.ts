import type { OutboxEvent } from './outbox.ts'

const keys = ['email', 'phone', 'external_id', 'ttclid', 'ttp', 'ip', 'user_agent'] as const

export interface MatchKeys {
  count(events: readonly OutboxEvent[]): void
  /** From 0 to 1, for each key that TikTok matches people by: how many of the events since the start have it. */
  shares(): Record<string, number>
}

export function createMatchKeys(): MatchKeys {
  const counts = new Map<string, number>(keys.map((key) => [key, 0]))
  let all = 0
  return {
    count(events) {
      all += events.length
      for (const { data } of events)
        for (const key of keys) if (data.user[key]) counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    shares: () => Object.fromEntries([...counts].map(([key, count]) => [key, all && Number((count / all).toFixed(3))])),
  }
}
