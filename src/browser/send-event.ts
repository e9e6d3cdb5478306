import { pageLoad } from '../core/event-names.ts'
import { trackCall } from '../tiktok/pixel/calls.ts'
import { route } from '../tiktok/route.ts'
import type { Channel, TrackResult } from '../types.ts'
import { refusal } from './decision.ts'
import { copyParameters, goesBy, pixelCopyIn, update } from './delivery.ts'
import { wasSent } from './ledger.ts'
import { post } from './optional-parts.ts'
import type { Delivery, Row, Tracker } from './state.ts'
import { copyUnder, isLeft, type Outcome, type PixelCopy } from './status.ts'
import { known, userOf } from './visitor.ts'

// The path of an event: consent, filters, mapping, both channels. Each early return is a status with a reason. Later changes
// of the result are in delivery.ts.

const SEEN = 200 // ids

/** Ends a delivery before a copy is sent. */
export const end = (tracker: Tracker, delivery: Delivery, ...ending: Outcome): TrackResult =>
  update(tracker, delivery, { pixel: 'none', relay: 'none' }, ending)

export function sendEvent(tracker: Tracker, delivery: Delivery): TrackResult {
  const { eventName, properties } = delivery.event
  if (tracker.config.paused) return end(tracker, delivery, 'skipped', 'paused')
  if (eventName === pageLoad) {
    if (properties.$url === tracker.lastPage) return end(tracker, delivery, 'skipped', 'same_page')
    tracker.lastPage = properties.$url
  }
  return askConsent(tracker, delivery)
}

/** Sends copies that waited for a decision, or for TikTok's `ttq`. */
export function release(tracker: Tracker): void {
  const left = tracker.open.filter(({ pixel, relay }) => isLeft(pixel) || isLeft(relay))
  for (const delivery of left) askConsent(tracker, delivery)
}

function askConsent(tracker: Tracker, delivery: Delivery): TrackResult {
  if (delivery.rows) return sendCopies(tracker, delivery, delivery.rows)
  const pixel = obstacle(tracker, delivery, 'pixel')
  const relay = obstacle(tracker, delivery, 'relay')
  const isRefused = pixel && relay && (pixel !== 'none' || relay !== 'none')
  return isRefused ? update(tracker, delivery, { pixel, relay }) : applyRules(tracker, delivery)
}

function applyRules(tracker: Tracker, delivery: Delivery): TrackResult {
  const rows = route(delivery.event, tracker.rules, tracker.config)
  if (!rows) return end(tracker, delivery, 'filtered', 'filter')
  if (!rows[0]) return end(tracker, delivery, 'skipped', 'unmapped')
  if (isRepeated(tracker, delivery)) return end(tracker, delivery, 'skipped', 'already_sent')
  delivery.rows = rows
  return sendCopies(tracker, delivery, rows)
}

/** Whether the caller's ID was used before, on this page or by an order on an earlier one. */
function isRepeated(tracker: Tracker, { event, hasNewId }: Delivery): boolean {
  const { seen, seenKeys, page } = tracker
  if (hasNewId) return false
  const key = `${event.eventName}.${event.eventID}`
  if (seen[key] || (!refusal(page) && wasSent(tracker, event))) return true
  seen[key] = true
  if (seenKeys.push(key) > SEEN) delete seen[seenKeys.shift() ?? '']
  return false
}

/** Sends the copies that are left, if consent allows it now. */
function sendCopies(tracker: Tracker, delivery: Delivery, rows: readonly Row[]): TrackResult {
  const rowsBy = (channel: Channel) => rows.filter((row) => goesBy(row, channel))
  // ttq is called first, before `track()` returns. The server copy is posted in the same task.
  if (isLeft(delivery.pixel)) {
    const byPixel = rowsBy('pixel')
    delivery.pixel = byPixel[0]
      ? (obstacle(tracker, delivery, 'pixel') ?? callPixel(tracker, delivery, byPixel))
      : 'none'
  }
  if (isLeft(delivery.relay)) {
    const byRelay = rowsBy('relay')
    delivery.relay =
      post && byRelay[0] ? (obstacle(tracker, delivery, 'relay') ?? post(tracker, delivery, byRelay)) : 'none'
  }
  return update(tracker, delivery, {})
}

/** The state of a copy that may not be sent now, because the tracker has no such channel or consent does not allow it. */
function obstacle(
  tracker: Tracker,
  { isClientOnly }: Delivery,
  channel: Channel,
): 'none' | 'held' | 'denied' | undefined {
  if (tracker.state[channel] === 'off' || (isClientOnly && channel === 'relay')) return 'none'
  const no = refusal(tracker.page, channel)
  return no && copyUnder(no)
}

/** Calls `ttq` in the turn of the delivery's person. */
function callPixel(tracker: Tracker, delivery: Delivery, rows: readonly Row[]): PixelCopy {
  const { page, config, state, loader } = tracker
  // `join` returns nothing if ttq belongs to another program.
  if (!page.ttq.join()) return 'not_taken'
  if (state.pixelCause === 'stand_in') loader.start()
  const user = userOf(known(page, delivery.person))
  delivery.matchKeys = Object.keys(user)
  let isNow = true
  let pixel: PixelCopy = 'waiting'
  page.identify.inTurn(delivery.person, user, () => {
    for (const row of rows) {
      try {
        row.hasThrown = false
        trackCall(page.ttq, loader, config.pixelId, row.event, copyParameters(row.parameters), delivery.event.eventID)
      } catch {
        // TikTok's script may throw, and so may a foreign wrapper around it.
        row.hasThrown = true
      }
    }
    pixel = rows.every(({ hasThrown }) => hasThrown) ? 'not_taken' : pixelCopyIn(state)
    if (!isNow) update(tracker, delivery, { pixel })
  })
  isNow = false
  return pixel
}
