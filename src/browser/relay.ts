import { cleanUrl } from '../core/clean-url.ts'
import { stringify } from '../core/json.ts'
import { isRecord, readText, recordOf } from '../core/read.ts'
import { SECONDS_BESIDE_PIXEL, SECONDS_WITHOUT_PIXEL } from '../tiktok/limits.ts'
import { hashesOf } from '../tiktok/user.ts'
import type { RelayBatch, RelayedEvent } from '../types.ts'
import { forgetClickId, readClickIds } from './click-ids.ts'
import { isOptedOut, keep, readDecision, refusal } from './decision.ts'
import { update } from './delivery.ts'
import { report } from './listeners.ts'
import type { Delivery, Page, Person, Row, Tracker } from './state.ts'
import { isUnderWay, type RelayCopy } from './status.ts'
import { readStored, removeStored, storedKeys } from './storage.ts'
import { eraseVisitor, known, userOf } from './visitor.ts'

const FIRST_PAUSE = 1000 // ms, doubling
const LONGEST_PAUSE = 300_000
const LARGE = 20_000 // characters of up to 3 bytes: browsers refuse keepalive for more than 64 kB
const MOST = 100
const BATCH = 20 // events: stored ones have up to 600 kB together, and many proxies accept 1 MB
// ms. For this time other tabs do not post this tab's events. It ends, because a tab may be frozen.
const LEASE = 30_000

/** A delivery with a server copy for the relay. */
type Posted = Delivery & { relayed: RelayedEvent }

/** Posts a server copy at the end of this task, in batches with the task's other server copies. */
export function post(tracker: Tracker, delivery: Delivery, rows: readonly Row[]): RelayCopy {
  const relayed = toRelayedEvent(tracker.page, delivery, rows)
  delivery.relayed = relayed
  const { user, visitor } = relayed
  delivery.matchKeys = Object.keys(visitor ? userOf({ ...user, id: visitor }) : user)
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

function toRelayedEvent(page: Page, delivery: Delivery, rows: readonly Row[]): RelayedEvent {
  const { event, time, person, own, aliases = [] } = delivery
  const { eventName, eventID, properties } = event
  // Without a grant, the server copy has only the call's own data, and URLs without their query.
  const isBare = refusal(page) !== undefined
  const { id, ...user }: Person = isBare ? own : known(page, person)
  const clean = (url: unknown) => cleanUrl(readText(url).replace(isBare ? /\?.*/ : '', ''))
  return {
    time,
    eventName,
    eventID,
    send: rows.map(({ event, parameters }) => ({ event, parameters })),
    pixel: false, // until the pixel is called
    user,
    page: { url: clean(properties.$url), referrer: clean(properties.referrer) },
    ...(id && {
      visitor: id,
      ...(aliases[0] && { aliases }),
      ...readClickIds(page),
      locale: page.window.navigator.language,
    }),
    consent: readDecision(page),
    ...(isOptedOut(page) && { gpc: true }),
    test: page.flags.testCode,
  }
}

const isWaiting = (delivery: Delivery): delivery is Posted =>
  isUnderWay(delivery.relay) && delivery.relayed !== undefined

/** Returns the deliveries that wait for the relay, sorted by time, because those of earlier pages were added later. */
export const outboxOf = ({ open }: Tracker): Posted[] => open.filter(isWaiting).sort((a, b) => a.time - b.time)

async function postBatch(tracker: Tracker, batch: readonly Delivery[], pause = FIRST_PAUSE): Promise<void> {
  const { page } = tracker
  const sentAt = Date.now()
  for (const one of batch.filter(isWaiting)) if (isTooLate(one.relayed, sentAt)) settle(tracker, one, 'too_late')
  const posted = batch.filter(isWaiting)
  if (posted[0]) {
    const events = posted.map(({ relayed }) => withCookies(page, relayed))
    const cookies = isWithCookies(tracker) && { visitor: page.visitor.id, ttclid: readClickIds(page).ttclid }
    const { relay, tooLate } = await ask(tracker, {
      v: 1,
      sentAt,
      events,
      ...(cookies && !refusal(page) && { cookies }),
    })
    // A denial came before this answer, which may have set cookies.
    if (cookies && refusal(page)) {
      forgetClickId(page)
      eraseVisitor(page)
    }
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

/** Ends the wait of a server copy. */
function settle(tracker: Tracker, delivery: Posted, relay: RelayCopy): void {
  if (delivery.isKept && !refusal(tracker.page)) removeStored(tracker.page, keyOf(tracker, delivery))
  update(tracker, delivery, { relay })
}

/** TikTok deduplicates for a limited time, and counts a later copy as a second event. */
const isTooLate = (event: RelayedEvent, now: number): boolean =>
  now - event.time >= (event.pixel ? SECONDS_BESIDE_PIXEL : SECONDS_WITHOUT_PIXEL) * 1000

/** Reads TikTok's cookie again before a post, because TikTok sets `_ttp` a moment after a new visitor's first event. */
function withCookies(page: Page, event: RelayedEvent): RelayedEvent {
  if (event.ttp || event.consent.marketing === 'denied' || refusal(page)) return event
  const { ttclid, ttp } = readClickIds(page)
  return { ...event, ttclid: event.ttclid ?? ttclid, ttp }
}

// ── The relay's answer ─────────────────────────────────────────────────────────────────────────────────────────────

interface Answer {
  relay: 'ready' | 'down' | 'refused'
  /** The events that the forwarder refused as too late. */
  tooLate: Record<string, unknown>[]
}

/** Whether the forwarder may keep cookies. A sandboxed page has no credentials, and its origin is accepted without them only. */
const isWithCookies = ({ page: { config: first, window }, config }: Tracker): boolean =>
  config.cookies === true && !first.context && window.origin !== 'null'

/** Posts a batch. It never rejects. */
async function ask(tracker: Tracker, batch: RelayBatch): Promise<Answer> {
  const { page, config } = tracker
  const body = stringify(batch)
  try {
    const url = `${resolve(page.window, config.relay)}/events`
    const response = await page.window.fetch(url, {
      method: 'POST',
      body,
      keepalive: body.length < LARGE,
      ...(isWithCookies(tracker) && { credentials: 'include' }),
    })
    const { status } = response
    if (response.ok) return { relay: 'ready', tooLate: await readTooLate(response) }
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
    return { relay: isFinal ? 'refused' : 'down', tooLate: [] }
  } catch {
    return { relay: 'down', tooLate: [] } // no network, or an unreachable host
  }
}

/** Posts that the visitor has denied consent. It is tried again three times if the forwarder cannot be reached. */
export async function postDenial(tracker: Tracker, visitor: string, pause = FIRST_PAUSE): Promise<void> {
  const { page, config, state } = tracker
  if (!config.denials || state.relay === 'off') return
  const { relay } = await ask(tracker, { v: 1, sentAt: Date.now(), events: [], denied: { visitor } })
  if (relay === 'down' && pause < 8 * FIRST_PAUSE)
    page.window.setTimeout(postDenial, pause, tracker, visitor, pause * 2)
}

/** Reads `too_late` from the forwarder's answer. Older forwarders do not send it. */
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

/** Resolves the relay's URL against the page, because a foreign `<base href>` must not send events to another host. */
function resolve({ location }: Window, relay = ''): string {
  try {
    return new URL(relay, location.href).href.replace(/\/$/, '')
  } catch {
    return relay // a page whose URL cannot be a base, such as about:srcdoc
  }
}

// ── The outbox in storage ──────────────────────────────────────────────────────────────────────────────────────────

const outboxStart = ({ config }: Tracker) => `converge.${config.pixelId}.outbox.`
const keyOf = (tracker: Tracker, { event }: Delivery) => `${outboxStart(tracker)}${event.eventName}.${event.eventID}`

/** Stores a server copy for this page's next attempt. When its lease has ended, any page may post it. */
function store(tracker: Tracker, delivery: Posted, lease: number): void {
  const { relayed } = delivery
  delivery.isKept = true
  keep(tracker.page, keyOf(tracker, delivery), { ...relayed, user: hashesOf(relayed.user), lease })
}

/** Stores all waiting server copies without a lease, because the page is being left. Any page may post them. */
export function storeAll(tracker: Tracker): void {
  for (const delivery of outboxOf(tracker)) store(tracker, delivery, 0)
}

/** Posts events that earlier pages could not deliver. */
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

/** Whether a stored value is an event. The forwarder checks its fields. */
const isKept = (value: unknown): value is RelayedEvent & { lease?: number } =>
  isRecord(value) && Array.isArray(value.send) && isRecord(value.consent)
