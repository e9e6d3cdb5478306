import type { Deliver, OutboxEvent } from './outbox.ts'

const keys = ['email', 'phone', 'external_id', 'ttclid', 'ttp', 'ip', 'user_agent'] as const

export interface MatchKeys {
  /** Wraps `deliver` and counts the match keys of the events that TikTok accepted. */
  counting(deliver: Deliver): Deliver
  /** For each match key, the share of events sent since the start that have it, from 0 to 1. */
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

/** The names of an event's match keys. */
export const matchKeysOf = (event: OutboxEvent): string[] => keys.filter(keyTest(event))

/** TikTok's name of an event, without parsing its JSON, which starts with it. */
export function eventNameOf(event: OutboxEvent): string {
  const [, name] = /^\{"event":"([\w-]+)"/.exec(event.json ?? '') ?? []
  return name ?? event.data.event
}

/**
 * Tests whether an event has a match key, without parsing its JSON. `user` comes before `page`, and quotation marks inside
 * strings are escaped, so no string value looks like a key.
 */
function keyTest(event: OutboxEvent): (key: (typeof keys)[number]) => boolean {
  const { json } = event
  if (json === undefined) return (key) => Boolean(event.data.user[key])
  const user = json.slice(json.indexOf('"user":{'), json.indexOf('"page":{'))
  return (key) => user.includes(`"${key}":`)
}
