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

  function count(event: OutboxEvent): void {
    all++
    const has = keyTest(event)
    for (const key of keys) if (has(key)) counts.set(key, (counts.get(key) ?? 0) + 1)
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

/**
 * Whether an event has a match key. Its JSON is not parsed for that: `user` stands before `page`, and a quotation mark
 * inside a text is escaped, so that no text looks like a key.
 */
function keyTest(event: OutboxEvent): (key: (typeof keys)[number]) => boolean {
  const { json } = event
  if (json === undefined) return (key) => Boolean(event.data.user[key])
  const user = json.slice(json.indexOf('"user":{'), json.indexOf('"page":{'))
  return (key) => user.includes(`"${key}":`)
}
