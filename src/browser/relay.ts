import { stringify } from '../core/json.ts'
import { recordOf } from '../core/read.ts'
import { SECONDS_BESIDE_PIXEL, SECONDS_WITHOUT_PIXEL } from '../tiktok/limits.ts'
import type { RelayBatch, RelayedEvent, State } from '../types.ts'
import type { ClickIds } from './click-ids.ts'
import type { Decision } from './decision.ts'
import { createOutbox, LEASE, type Settle, type Waiting } from './outbox.ts'
import type { RelayCopy } from './status.ts'
import type { Storage } from './storage.ts'

/** Posts the server copies to the shop's own forwarder, and keeps what could not be delivered. */
export interface Relay {
  /** Posts what one task produced in one request, or in several small ones, before the task has ended. */
  send(event: RelayedEvent, settle: Settle): unknown
  /** Sends what former pages could not deliver. */
  takeOver(): void
  /** Drops what waits and may not leave any more: consent was taken back, or asked for. */
  dropRefused(): void
}

interface Parts {
  window: Window
  /** The forwarder's address, as the config has it. */
  url: string
  storage: Storage
  /** Of this pixel's keys. */
  prefix: string
  decision: Decision
  clickIds: ClickIds
  report(part: Partial<State>): void
  /** Told what became of an event of a former page. */
  settleFormer(event: RelayedEvent, copy: RelayCopy): void
}

interface Answer {
  relay: 'ready' | 'down' | 'refused'
  /** What the forwarder takes no more. */
  tooLate: TooLate[]
}

interface TooLate {
  event_name?: unknown
  event_id?: unknown
}

const FIRST_PAUSE = 1000 // ms, doubling
const LONGEST_PAUSE = 300_000
const LARGE = 20_000 // characters, of up to 3 bytes: browsers refuse to keep more than 64 kB alive
const MOST = 100
const BATCH = 20 // events: what storage holds of them comes to 600 kB, and many a proxy takes 1 MB

export function createRelay(parts: Parts): Relay {
  const { window, storage, prefix, decision, report } = parts
  const outbox = createOutbox(storage, prefix)
  const ask = createAsk(window, parts.url)
  const withCookie = createCookieReader(parts)
  const fresh: Waiting[] = []

  const reportSize = () => report({ outbox: outbox.all().length })

  function end(one: Waiting, copy: RelayCopy): void {
    outbox.remove(one)
    if (!decision.refusal()) storage.remove(one.key)
    one.settle(copy)
  }

  async function post(batch: readonly Waiting[], pause = FIRST_PAUSE): Promise<void> {
    const sentAt = Date.now()
    const waiting = batch.filter(outbox.has)
    for (const one of waiting) if (isTooLate(one.event, sentAt)) end(one, 'too_late')
    const posted = waiting.filter(outbox.has)
    if (posted[0]) {
      const events = posted.map(({ event }) => withCookie(event))
      const { relay, tooLate } = await ask({ v: 1, sentAt, events })
      report({ relay })
      for (const one of posted.filter(outbox.has)) {
        if (relay === 'ready') end(one, tooLate.some((late) => isThat(late, one.event)) ? 'too_late' : 'taken')
        else if (relay === 'refused') end(one, 'refused')
        else {
          outbox.keep(one, true)
          one.settle('retrying')
        }
      }
      if (relay === 'down') {
        for (const oldest of outbox.all().slice(0, -MOST)) end(oldest, 'dropped')
        window.setTimeout(post, pause, posted, Math.min(pause * 2, LONGEST_PAUSE))
      }
    }
    reportSize()
  }

  function send(event: RelayedEvent, settle: Settle): Waiting {
    const one = outbox.add(event, settle)
    if (fresh.push(one) === 1) {
      window.queueMicrotask(() => {
        while (fresh[0]) post(fresh.splice(0, BATCH))
      })
    }
    return one
  }

  function takeOver(): void {
    const isLeased = outbox.takeOver((event) => send(event, (copy) => parts.settleFormer(event, copy)))
    if (isLeased) window.setTimeout(takeOver, LEASE)
  }

  window.addEventListener('pagehide', () => {
    for (const one of outbox.all()) outbox.keep(one, false)
  })

  return {
    send,
    takeOver,
    dropRefused() {
      // A copy that says nothing but what it was given may still leave, if the consent mode allows it.
      const refusal = decision.refusal('relay', true)
      for (const one of outbox.all()) {
        const isGranted = one.event.consent.marketing === 'granted'
        if (isGranted || refusal) end(one, refusal === 'undecided' ? 'held' : 'denied')
      }
      reportSize()
    },
  }
}

/** TikTok forgets an event_id, and would count a copy that comes after that a second time. */
const isTooLate = (event: RelayedEvent, now: number): boolean =>
  now - event.time >= (event.pixel ? SECONDS_BESIDE_PIXEL : SECONDS_WITHOUT_PIXEL) * 1000

const isThat = ({ event_name, event_id }: TooLate, { eventName, eventID }: RelayedEvent): boolean =>
  event_name === eventName && event_id === eventID

/** Posts a batch. It never rejects. */
function createAsk(window: Window, relay: string): (batch: RelayBatch) => Promise<Answer> {
  const url = `${resolve(window, relay)}/events`
  return async (batch) => {
    const body = stringify(batch)
    try {
      const response = await window.fetch(url, { method: 'POST', body, keepalive: body.length < LARGE })
      const { status } = response
      if (response.ok) return { relay: 'ready', tooLate: await readTooLate(response) }
      const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
      return { relay: isFinal ? 'refused' : 'down', tooLate: [] }
    } catch {
      return { relay: 'down', tooLate: [] } // no network, or nobody there
    }
  }
}

/** Of the forwarder's answer. An older forwarder does not say it. */
async function readTooLate(response: Response): Promise<TooLate[]> {
  try {
    const { too_late } = recordOf(await response.json())
    return Array.isArray(too_late) ? too_late.map(recordOf) : []
  } catch {
    return []
  }
}

/** A foreign `<base href>` must not send a shop's events to another host. */
function resolve({ location }: Window, relay: string): string {
  try {
    return new URL(relay, location.href).href.replace(/\/$/, '')
  } catch {
    return relay // a page whose address is no base, such as about:srcdoc
  }
}

/** TikTok writes `_ttp` a moment after a new visitor's first event. So it is read again when the event is posted. */
function createCookieReader({ clickIds, decision }: Parts): (event: RelayedEvent) => RelayedEvent {
  return (event) => {
    if (event.ttp || event.consent.marketing === 'denied' || decision.refusal()) return event
    const { ttclid, ttp } = clickIds.read()
    return { ...event, ttclid: event.ttclid ?? ttclid, ttp }
  }
}
