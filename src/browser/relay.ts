import type { Reason, RelayBatch, RelayedEvent, State, Status } from '../types.ts'
import type { PageStorage } from './storage.ts'

export interface Relay {
  /** Posts what one task produced in one request, before the task has ended. */
  send(event: RelayedEvent): void
  /** Takes over what former pages could not deliver. */
  takeOver(): void
  /** Drops everything that waits. */
  forget(): void
}

/** Tells what became of an event: taken (`success`), refused for good, too late, or kept and tried again. */
export type Settle = (event: RelayedEvent, status: Status, reason?: Reason) => void

const HOUR = 3_600_000 // ms
const FIRST_PAUSE = 1000 // ms, doubling
const LONGEST_PAUSE = 300_000
const KEEPALIVE = 20_000 // characters, of up to 3 bytes: browsers refuse more than 64 kB
const MOST = 100
const LONGEST = 200_000 // characters

/** The way to the shop's own server. What that can't take now is kept, for later and for the next page. */
export function createRelay(
  window: Window,
  url: string,
  { read, write, remove, keys }: PageStorage,
  page: string,
  settle: Settle,
  report: (part: Partial<State>) => void,
): Relay {
  const ours = `outbox.${page}`
  const { locks } = window.navigator
  const fresh: RelayedEvent[] = []
  /** Everything that nobody has taken yet. */
  let waiting: RelayedEvent[] = []
  let isKept = false

  function end(events: RelayedEvent[], status: Status, reason?: Reason): void {
    waiting = waiting.filter((event) => !events.includes(event))
    for (const event of events) settle(event, status, reason)
  }

  async function post(batch: RelayedEvent[], pause: number): Promise<void> {
    const sentAt = Date.now()
    const due = batch.filter((event) => waiting.includes(event))
    // TikTok forgets an event_id after 48 hours, and would count the second copy.
    const late = due.filter(({ time, pixel }) => sentAt - time > (pixel ? 47 : 168) * HOUR)
    const events = due.filter((event) => !late.includes(event))
    end(late, 'skipped', 'too_late')
    let relay: State['relay'] = 'ready'
    if (events[0]) {
      const body = JSON.stringify({ v: 1, sentAt, events } satisfies RelayBatch)
      let status = 0
      try {
        const { length } = body
        status = (await window.fetch(`${url}/events`, { method: 'POST', body, keepalive: length < KEEPALIVE })).status
      } catch {} // no network, or nobody there
      if (/^2/.test(`${status}`)) end(events, 'success')
      else if (/^4(?!08|29)/.test(`${status}`)) {
        relay = 'refused'
        end(events, 'failure', 'relay_refused')
      } else {
        relay = 'down'
        for (const event of events) settle(event, 'retry', 'relay_down')
        window.setTimeout(post, pause, events, Math.min(pause * 2, LONGEST_PAUSE))
      }
    } else if (!late[0]) return
    keep()
    report({ relay, outbox: waiting.length })
  }

  /** For the next page, which takes it over once this one and its lock are gone. */
  function keep(): void {
    while (waiting.length > MOST || JSON.stringify(waiting).length > LONGEST) waiting.shift()
    if (waiting[0]) {
      underLock(ours, () => new Promise(() => {}))
      write(ours, waiting)
    } else if (isKept) remove(ours)
    isKept = !!waiting[0]
  }

  function underLock(key: string, task: () => void): void {
    // Without locks, on http:// pages, two tabs may both deliver what a third has left: TikTok counts it once.
    if (locks) locks.request(url + key, { ifAvailable: true }, (lock) => lock && task()).catch(() => {})
    else task()
  }

  window.addEventListener('pagehide', keep)

  return {
    send(event) {
      waiting.push(event)
      if (fresh.push(event) === 1) Promise.resolve().then(() => post(fresh.splice(0), FIRST_PAUSE))
    },
    takeOver() {
      for (const key of keys('outbox.'))
        if (key !== ours)
          underLock(key, () => {
            const events = [read(key)]
              .flat()
              .map(Object)
              .filter(({ send }) => send)
            waiting.push(...events)
            keep()
            remove(key)
            post(events, FIRST_PAUSE)
          })
    },
    forget() {
      waiting = []
      report({ outbox: 0 })
    },
  }
}
