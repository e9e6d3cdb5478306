import type { Config, Reason, RelayBatch, RelayedEvent, State, Status } from '../types.ts'
import type { Device } from './device.ts'

/** Hears what became of an event: taken (`success`), refused for good, too late, or kept and tried again. */
export type Settle = (status: Status, reason?: Reason) => void

export interface Relay {
  /** Posts what one task produced in one request, before the task has ended. */
  send(event: RelayedEvent, settle: Settle): void
  /** Takes over what former pages could not deliver. */
  takeOver(): void
  /** Drops everything that waits. */
  forget(): void
}

const HOUR = 3_600_000 // ms
const FIRST_PAUSE = 1000 // ms, doubling
const LONGEST_PAUSE = 300_000
const KEEPALIVE = 20_000 // characters, of up to 3 bytes: browsers refuse more than 64 kB
const MOST = 100
const LONGEST = 200_000 // characters

/** The way to the shop's own server. What that can't take now is kept, for later and for the next page. */
export function createRelay(
  window: Window,
  { relay: url = '' }: Config,
  device: Device,
  state: State,
  report: (part: Partial<State>) => void,
): Relay {
  const ours = `outbox.${Math.random()}`
  const { locks } = window.navigator
  const fresh: RelayedEvent[] = []
  /** Everything that nobody has taken yet, and who wants to know. */
  const waiting = new Map<RelayedEvent, Settle>()
  const drop = (event: RelayedEvent) => waiting.delete(event)
  let isKept = false

  function end(event: RelayedEvent, status: Status, reason?: Reason): void {
    if (status === 'success') device.setSent(event)
    waiting.get(event)?.(status, reason)
    if (status !== 'retry') drop(event)
  }

  async function post(batch: RelayedEvent[], pause = FIRST_PAUSE): Promise<void> {
    const sentAt = Date.now()
    // TikTok forgets an event_id after 48 hours, and would count the second copy.
    for (const event of batch)
      if (sentAt - event.time > (event.pixel ? 47 : 168) * HOUR) end(event, 'skipped', 'too_late')
    const events = batch.filter((event) => waiting.has(event))
    let { relay } = state
    if (events[0]) {
      const body = JSON.stringify({ v: 1, sentAt, events } satisfies RelayBatch)
      let status = ''
      try {
        const keepalive = body.length < KEEPALIVE
        status += (await window.fetch(`${url}/events`, { method: 'POST', body, keepalive })).status
      } catch {} // no network, or nobody there
      const [answer, ...verdict] = read(status)
      relay = answer
      for (const event of events) end(event, ...verdict)
      if (relay === 'down') window.setTimeout(post, pause, events, Math.min(pause * 2, LONGEST_PAUSE))
    }
    keep()
    report({ relay, outbox: waiting.size })
  }

  /** For the next page, which takes it over once this one and its lock are gone. */
  function keep(): void {
    const events = [...waiting.keys()]
    while (events.length > MOST || JSON.stringify(events).length > LONGEST) events.splice(0, 1).forEach(drop)
    if (events[0]) {
      underLock(ours, () => new Promise(() => {}))
      device.write(ours, events.map(inHashes))
    } else if (isKept) device.remove(ours)
    isKept = !!events[0]
  }

  function underLock(key: string, task: () => void): void {
    // Without locks, on http:// pages, two tabs may both deliver what a third has left: TikTok counts it once.
    if (locks) locks.request(url + key, { ifAvailable: true }, (lock) => lock && task()).catch(() => {})
    else task()
  }

  window.addEventListener('pagehide', keep)

  return {
    send(event, settle) {
      waiting.set(event, settle)
      if (fresh.push(event) === 1) window.queueMicrotask(() => post(fresh.splice(0)))
    },
    takeOver() {
      for (const key of device.keys('outbox.'))
        if (key !== ours)
          underLock(key, () => {
            const events = [device.read(key)]
              .flat()
              .map(Object)
              .filter(({ send }) => send)
            for (const event of events) waiting.set(event, () => {})
            keep()
            device.remove(key)
            post(events)
          })
    },
    forget() {
      waiting.clear()
      report({ outbox: 0 })
    },
  }
}

/** Without what is no hash: nothing that names a place or a person is kept on the device. */
const inHashes = ({ user: { city, state, country, ...user }, ...event }: RelayedEvent): RelayedEvent => ({
  ...event,
  user,
})

/** What a status says of the relay, and of the events. */
const read = (status: string): [State['relay'], ...Parameters<Settle>] =>
  /^2/.test(status)
    ? ['ready', 'success']
    : /^4(?!08|29)/.test(status)
      ? ['refused', 'failure', 'relay_refused']
      : ['down', 'retry', 'relay_down']
