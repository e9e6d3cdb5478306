import { cleanUrl } from '../core/clean-url.ts'
import { stringify } from '../core/json.ts'
import { isRecord, readText, recordOf } from '../core/read.ts'
import { SECONDS_BESIDE_PIXEL, SECONDS_WITHOUT_PIXEL } from '../tiktok/limits.ts'
import { hashesOf } from '../tiktok/user.ts'
import type { RelayBatch, RelayedEvent } from '../types.ts'
import { readClickIds } from './click-ids.ts'
import { isOptedOut, keep, readDecision, refusal } from './decision.ts'
import { update } from './delivery.ts'
import { report } from './listeners.ts'
import type { Delivery, Page, Row, Tracker } from './state.ts'
import { isUnderWay, type RelayCopy } from './status.ts'
import { readStored, removeStored, storedKeys } from './storage.ts'
import { known } from './visitor.ts'

const FIRST_PAUSE = 1000 // ms, doubling
const LONGEST_PAUSE = 300_000
const LARGE = 20_000 // characters, of up to 3 bytes: browsers refuse to keep more than 64 kB alive
const MOST = 100
const BATCH = 20 // events: what storage holds of them comes to 600 kB, and many a proxy takes 1 MB
// In milliseconds. So long a tab keeps other tabs from posting what it posts itself, and no longer: it may be frozen.
const LEASE = 30_000

/** A delivery whose server copy was handed over. */
type Posted = Delivery & { relayed: RelayedEvent }

/** Posts a server copy, with the others of this task in one request or in several small ones, before the task has ended. */
export function post(tracker: Tracker, delivery: Delivery, rows: readonly Row[]): RelayCopy {
  const relayed = toRelayedEvent(tracker.page, delivery, rows)
  delivery.relayed = relayed
  delivery.matchKeys = Object.keys(relayed.user)
  enqueue(tracker, delivery)
  return 'posting'
}

function enqueue(tracker: Tracker, delivery: Delivery): void {
  const { fresh, page } = tracker
  if (fresh.push(delivery) > 1) return
  page.window.queueMicrotask(() => {
    while (fresh[0]) postBatch(tracker, fresh.splice(0, BATCH))
  })
}

function toRelayedEvent(page: Page, { event, time, person, own }: Delivery, rows: readonly Row[]): RelayedEvent {
  const { eventName, eventID, properties } = event
  // Without a grant, the server copy says nothing but what the call itself said, and not how the visitor came here.
  const isBare = refusal(page) !== undefined
  const clean = (url: unknown) => cleanUrl(readText(url).replace(isBare ? /\?.*/ : '', ''))
  return {
    time,
    eventName,
    eventID,
    send: rows.map(({ event, parameters }) => ({ event, parameters })),
    pixel: false, // until the pixel was called
    user: isBare ? own : known(page, person),
    page: { url: clean(properties.$url), referrer: clean(properties.referrer) },
    ...(!isBare && { ...readClickIds(page), locale: page.window.navigator.language }),
    consent: readDecision(page),
    ...(isOptedOut(page) && { gpc: true }),
    test: page.flags.testCode,
  }
}

const isWaiting = (delivery: Delivery): delivery is Posted =>
  isUnderWay(delivery.relay) && delivery.relayed !== undefined

/** The deliveries that wait for the relay, the oldest event first: those of former pages were added later. */
export const outboxOf = ({ open }: Tracker): Posted[] => open.filter(isWaiting).sort((a, b) => a.time - b.time)

async function postBatch(tracker: Tracker, batch: readonly Delivery[], pause = FIRST_PAUSE): Promise<void> {
  const { page, config } = tracker
  const sentAt = Date.now()
  for (const one of batch.filter(isWaiting)) if (isTooLate(one.relayed, sentAt)) settle(tracker, one, 'too_late')
  const posted = batch.filter(isWaiting)
  if (posted[0]) {
    const events = posted.map(({ relayed }) => withCookies(page, relayed))
    const { relay, tooLate } = await ask(page, config.relay, { v: 1, sentAt, events })
    report(tracker, { relay })
    for (const one of posted.filter(isWaiting)) {
      if (relay === 'down') {
        store(tracker, one, Date.now() + LEASE)
        update(tracker, one, { relay: 'retrying' })
      } else if (relay === 'refused') settle(tracker, one, relay)
      else settle(tracker, one, tooLate.some((late) => isThat(late, one.relayed)) ? 'too_late' : 'taken')
    }
    if (relay === 'down') {
      for (const oldest of outboxOf(tracker).slice(0, -MOST)) settle(tracker, oldest, 'dropped')
      page.window.setTimeout(postBatch, pause, tracker, posted, Math.min(pause * 2, LONGEST_PAUSE))
    }
  }
  report(tracker, { outbox: outboxOf(tracker).length })
}

/** The server copy waits no more. */
function settle(tracker: Tracker, delivery: Posted, relay: RelayCopy): void {
  if (delivery.isKept && !refusal(tracker.page)) removeStored(tracker.page, keyOf(tracker, delivery))
  update(tracker, delivery, { relay })
}

/** TikTok forgets an event_id, and would count a copy that comes after that a second time. */
const isTooLate = (event: RelayedEvent, now: number): boolean =>
  now - event.time >= (event.pixel ? SECONDS_BESIDE_PIXEL : SECONDS_WITHOUT_PIXEL) * 1000

/** TikTok writes `_ttp` a moment after a new visitor's first event. So it is read again when the event is posted. */
function withCookies(page: Page, event: RelayedEvent): RelayedEvent {
  if (event.ttp || event.consent.marketing === 'denied' || refusal(page)) return event
  const { ttclid, ttp } = readClickIds(page)
  return { ...event, ttclid: event.ttclid ?? ttclid, ttp }
}

// ── The relay's answer ─────────────────────────────────────────────────────────────────────────────────────────────

interface Answer {
  relay: 'ready' | 'down' | 'refused'
  /** What the forwarder takes no more. */
  tooLate: Record<string, unknown>[]
}

/** Posts a batch. It never rejects. */
async function ask({ window }: Page, relay = '', batch: RelayBatch): Promise<Answer> {
  const body = stringify(batch)
  try {
    const url = `${resolve(window, relay)}/events`
    const response = await window.fetch(url, { method: 'POST', body, keepalive: body.length < LARGE })
    const { status } = response
    if (response.ok) return { relay: 'ready', tooLate: await readTooLate(response) }
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
    return { relay: isFinal ? 'refused' : 'down', tooLate: [] }
  } catch {
    return { relay: 'down', tooLate: [] } // no network, or nobody there
  }
}

/** Of the forwarder's answer. An older forwarder does not say it. */
async function readTooLate(response: Response): Promise<Answer['tooLate']> {
  try {
    const { too_late } = recordOf(await response.json())
    return [too_late].flat().map(recordOf)
  } catch {
    return []
  }
}

const isThat = ({ event_name, event_id }: Record<string, unknown>, { eventName, eventID }: RelayedEvent): boolean =>
  event_name === eventName && event_id === eventID

/** A foreign `<base href>` must not send a shop's events to another host. */
function resolve({ location }: Window, relay: string): string {
  try {
    return new URL(relay, location.href).href.replace(/\/$/, '')
  } catch {
    return relay // a page whose address is no base, such as about:srcdoc
  }
}

// ── What the relay does not have yet, in storage ───────────────────────────────────────────────────────────────────

const outboxStart = ({ config }: Tracker) => `converge.${config.pixelId}.outbox.`
const keyOf = (tracker: Tracker, { event }: Delivery) => `${outboxStart(tracker)}${event.eventName}.${event.eventID}`

/** Keeps a server copy for this page's next try. Once its lease has ended, any page may take it. */
function store(tracker: Tracker, delivery: Posted, lease: number): void {
  const { relayed } = delivery
  delivery.isKept = true
  keep(tracker.page, keyOf(tracker, delivery), { ...relayed, user: hashesOf(relayed.user), lease })
}

/** The page is left: any page may post what this one could not deliver. */
export function storeAll(tracker: Tracker): void {
  for (const delivery of outboxOf(tracker)) store(tracker, delivery, 0)
}

/** Posts what former pages could not deliver. */
export function takeOver(tracker: Tracker): void {
  const { page } = tracker
  let isLeased = false
  for (const key of storedKeys(page, outboxStart(tracker))) {
    const kept = readStored(page, key)
    if (!isKept(kept) || outboxOf(tracker).some((one) => keyOf(tracker, one) === key)) continue
    const { lease = 0, ...relayed } = kept
    if (lease > Date.now()) {
      isLeased = true
      continue
    }
    const { eventName, eventID, time } = relayed
    const event = { eventName, eventID, properties: {} }
    const former: Posted = {
      event,
      time,
      relayed,
      isFormer: true,
      person: {},
      own: {},
      rows: [],
      pixel: 'none',
      relay: 'posting',
    }
    store(tracker, former, Date.now() + LEASE)
    update(tracker, former, {})
    enqueue(tracker, former)
  }
  if (isLeased) page.window.setTimeout(takeOver, LEASE, tracker)
}

/** An event as a page of ours has kept it. The forwarder checks each of its fields. */
const isKept = (value: unknown): value is RelayedEvent & { lease?: number } =>
  isRecord(value) && Array.isArray(value.send) && isRecord(value.consent)
