import type { Deliver, OutboxEvent } from './outbox.ts'

const keys = ['email', 'phone', 'external_id', 'ttclid', 'ttp', 'ip', 'user_agent'] as const

export interface MatchKeys {
  /** The same, and counts what TikTok took. */
  counting(deliver: Deliver): Deliver
  /** From 0 to 1, for each key that TikTok matches people by: how many of the events sent since the start have it. */
  shares(): Record<string, number>
}

export function createMatchKeys(): MatchKeys {
  const counts = new Map<string, number>(keys.map((key) => [key, 0]))
  let all = 0

  function count({ data }: OutboxEvent): void {
    all++
    for (const key of keys) if (data.user[key]) counts.set(key, (counts.get(key) ?? 0) + 1)
  }

  return {
    counting: (deliver) => async (events, signal) => {
      const verdicts = await deliver(events, signal)
      events.forEach((event, index) => {
        if (verdicts[index] === 'done') count(event)
      })
      return verdicts
    },
    shares: () => Object.fromEntries([...counts].map(([key, count]) => [key, all && Number((count / all).toFixed(3))])),
  }
}
