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
const IN_FLIGHT = 20_000 // characters, of up to 3 bytes: browsers refuse more than 64 kB of keepalive requests at a time
const MOST = 100
const LONGEST = 200_000 // characters

/** The way to the shop's own server. What that can't take now is kept, for later and for the next page. */
export function createRelay(
  window: Window,
  url: string,
  storage: PageStorage,
  page: string,
  settle: Settle,
  report: (part: Partial<State>) => void,
): Relay {
  const ours = `outbox.${page}`
  const { locks } = window.navigator
  const fresh: RelayedEvent[] = []
  /** Everything that nobody has taken yet. */
  let waiting: RelayedEvent[] = []
  let inFlight = 0
  let isKept = false

  async function post(batch: RelayedEvent[], pause = FIRST_PAUSE): Promise<void> {
    const sentAt = Date.now()
    const events = batch.filter((event) => waiting.includes(event))
    const body = JSON.stringify({ v: 1, sentAt, events } satisfies RelayBatch)
    inFlight += body.length
    const status = await window
      .fetch(`${url}/events`, { method: 'POST', body, keepalive: inFlight < IN_FLIGHT })
      .then(({ status }) => `${status}`, String)
    inFlight -= body.length

    const isTaken = /^2/.test(status)
    const isRefused = /^4(?!08|29)/.test(status)
    for (const event of events) {
      // TikTok forgets an event_id after 48 hours, and would count the second copy.
      const isLate = sentAt - event.time > (event.pixel ? 47 : 168) * HOUR
      if (isTaken || isRefused || isLate) waiting.splice(waiting.indexOf(event), 1)
      if (isTaken) settle(event, 'success')
      else if (isRefused) settle(event, 'failure', 'relay_refused')
      else if (isLate) settle(event, 'skipped', 'too_late')
      else settle(event, 'retry', 'relay_down')
    }
    if (!isTaken && !isRefused) window.setTimeout(post, pause, events, Math.min(pause * 2, LONGEST_PAUSE))
    keep()
    report({ relay: isTaken ? 'ready' : isRefused ? 'refused' : 'down', outbox: waiting.length })
  }

  /** For the next page, which takes it over once this one and its lock are gone. */
  function keep(): void {
    while (waiting.length > MOST || JSON.stringify(waiting).length > LONGEST) waiting.shift()
    if (waiting.length) {
      isKept = true
      underLock(ours, () => new Promise(() => {}))
      storage.write(ours, waiting)
    } else if (isKept) storage.remove(ours)
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
      if (fresh.push(event) === 1) Promise.resolve().then(() => post(fresh.splice(0)))
    },
    takeOver() {
      for (const key of storage.keys('outbox.')) {
        if (key !== ours)
          underLock(key, () => {
            const events: RelayedEvent[] = Object(storage.read(key) ?? [])
            waiting.push(...events)
            keep()
            storage.remove(key)
            post(events)
          })
      }
    },
    forget() {
      waiting = []
    },
  }
}
