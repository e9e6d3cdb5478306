import type { Deliver, OutboxEvent } from './outbox.ts'

const keys = ['email', 'phone', 'external_id', 'ttclid', 'ttp', 'ip', 'user_agent'] as const

type Key = (typeof keys)[number]

/** Keys as they are in JSON. Created once, because creating seven strings for each event takes time. */
const inJson = {
  email: '"email":',
  phone: '"phone":',
  external_id: '"external_id":',
  ttclid: '"ttclid":',
  ttp: '"ttp":',
  ip: '"ip":',
  user_agent: '"user_agent":',
} as const satisfies Record<Key, string>

export interface MatchKeys {
  /** Wraps `deliver` and counts the match keys of the events that TikTok accepted. */
  counting(deliver: Deliver): Deliver
  report(): MatchKeyReport
}

/** The match keys of the events that were sent since the start, as `health` shows them. */
export interface MatchKeyReport {
  /** For each match key, the share of the events that have it, from 0 to 1. */
  match_keys: Record<string, number>
  /** The same for the orders among them. */
  match_keys_of_orders: Record<string, number>
  match_keys_counted: { events: number; orders: number }
}

export function createMatchKeys(): MatchKeys {
  const events = createTally()
  const orders = createTally()
  return {
    counting: (deliver) => async (given, signal) => {
      const results = await deliver(given, signal)
      given.forEach((event, index) => {
        if (results[index] !== 'done') return
        const has = keyTest(event)
        const found = keys.filter(has)
        events.add(found)
        if (event.order) orders.add(found)
      })
      return results
    },
    report: () => ({
      match_keys: events.shares(),
      match_keys_of_orders: orders.shares(),
      match_keys_counted: { events: events.all(), orders: orders.all() },
    }),
  }
}

function createTally() {
  const counts = new Map<Key, number>(keys.map((key) => [key, 0]))
  let all = 0
  return {
    add(found: readonly Key[]): void {
      all++
      for (const key of found) counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    all: () => all,
    shares: (): Record<string, number> =>
      Object.fromEntries([...counts].map(([key, count]) => [key, all && Number((count / all).toFixed(3))])),
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
function keyTest(event: OutboxEvent): (key: Key) => boolean {
  const { json } = event
  if (json === undefined) return (key) => Boolean(event.data.user[key])
  const user = json.slice(json.indexOf('"user":{'), json.indexOf('"page":{'))
  return (key) => user.includes(inJson[key])
}
