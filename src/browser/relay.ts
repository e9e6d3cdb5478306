import { hashesOf } from '../tiktok/user.ts'
import type { Reason, RelayBatch, RelayedEvent, Status } from '../types.ts'
import { refusal } from './consent.ts'
import { config, window } from './instance.ts'
import { sent } from './ledger.ts'
import { report, state } from './news.ts'
import { keys, read, remove, write } from './storage.ts'

/** Hears what became of an event: taken (`success`), refused for good, too late, denied, or kept and tried again. */
export type Settle = (status: Status, reason?: Reason) => void

const HOUR = 3_600_000 // ms
const FIRST_PAUSE = 1000 // ms, doubling
const LONGEST_PAUSE = 300_000
const LARGE = 20_000 // characters, of up to 3 bytes: browsers refuse to keep more than 64 kB alive
const MOST = 100
const BATCH = 20 // events: what storage holds of them comes to 600 kB, and many a proxy takes 1 MB

type Waiting = [event: RelayedEvent, settle: Settle]

/** What nobody has taken yet, by the key that it has in storage when the relay is down or the page is left. */
const waiting = new Map<string, Waiting>()
const fresh: string[] = []

const keep = ([event]: Waiting, key: string) => write(key, { ...event, user: hashesOf(event.user) })

function end(key: string, status: Status, reason?: Reason): void {
  const one = waiting.get(key)
  if (!one) return
  if (status === 'success') sent(one[0], Date.now())
  if (status === 'retry') keep(one, key)
  else {
    waiting.delete(key)
    if (!refusal()) remove(key)
  }
  one[1](status, reason)
}

async function post(batch: string[], pause = FIRST_PAUSE): Promise<void> {
  const sentAt = Date.now()
  const events = batch.flatMap((key) => {
    const event = waiting.get(key)?.[0]
    if (!event) return []
    // TikTok forgets an event_id after 48 hours, and would count the second copy.
    if (sentAt - event.time < (event.pixel ? 47 : 168) * HOUR) return event
    end(key, 'skipped', 'too_late')
    return []
  })
  if (events[0]) {
    const body = JSON.stringify({ v: 1, sentAt, events } satisfies RelayBatch)
    let status = ''
    try {
      const keepalive = body.length < LARGE
      status += (await window.fetch(`${config.relay}/events`, { method: 'POST', body, keepalive })).status
    } catch {} // no network, or nobody there
    const relay = /^2/.test(status) ? 'ready' : /^4(?!08|29)/.test(status) ? 'refused' : 'down'
    state.relay = relay
    for (const key of batch) {
      if (relay === 'ready') end(key, 'success')
      else end(key, relay === 'down' ? 'retry' : 'failure', `relay_${relay}`)
    }
    if (relay === 'down') {
      // By their time: those of former pages have come after the page's own.
      const byAge = [...waiting].sort(([, [a]], [, [b]]) => a.time - b.time)
      for (const [oldest] of byAge.slice(0, -MOST)) end(oldest, 'failure', 'relay_down')
      window.setTimeout(post, pause, batch, Math.min(pause * 2, LONGEST_PAUSE))
    }
  }
  report({ outbox: waiting.size })
}

window.addEventListener('pagehide', () => waiting.forEach(keep))

/** Posts what one task produced in one request, or in several small ones, before the task has ended. */
export function relay(event: RelayedEvent, settle: Settle): void {
  const key = `outbox.${event.eventName}.${event.eventID}`
  waiting.set(key, [event, settle])
  if (fresh.push(key) === 1)
    window.queueMicrotask(() => {
      while (fresh[0]) post(fresh.splice(0, BATCH))
    })
}

/** Takes over what former pages could not deliver. */
export function takeOver(): void {
  for (const key of keys('outbox.')) {
    const event: RelayedEvent = Object(read(key))
    if (event.send && !waiting.has(key)) relay(event, () => {})
  }
}

/** Drops what waits and may not leave any more. What says nothing but what it was given may, where the mode lets it. */
export function forgetRelay(): void {
  for (const [key, [{ consent }]] of waiting)
    if (refusal('relay') || consent.marketing === 'granted') end(key, 'no_consent', 'denied')
  report({ outbox: waiting.size })
}
