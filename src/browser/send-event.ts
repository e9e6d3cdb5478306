import type { Refusal } from '../core/consent.ts'
import { pageLoad } from '../core/event-names.ts'
import { createTrackCall } from '../tiktok/pixel/calls.ts'
import { route } from '../tiktok/route.ts'
import type { TrackResult } from '../types.ts'
import { refusal } from './decision.ts'
import { copyParameters, pixelCopyIn, update } from './delivery.ts'
import { wasSent } from './ledger.ts'
import { post } from './relay.ts'
import type { Delivery, Row, Tracker } from './state.ts'
import type { Outcome, PixelCopy, RelayCopy } from './status.ts'
import { known } from './visitor.ts'

// The path of an event: consent, filters, the mapping, both channels. Each "no" is a status with a reason. What changes the
// result later is in delivery.ts.

const SEEN = 200 // ids

/** Ends a delivery before anything of it has left. */
export const end = (tracker: Tracker, delivery: Delivery, ...ending: Outcome): TrackResult =>
  update(tracker, delivery, { pixel: 'none', relay: 'none' }, ending)

export function sendEvent(tracker: Tracker, delivery: Delivery): TrackResult {
  const { eventName, properties } = delivery.event
  if (eventName === pageLoad) {
    if (properties.$url === tracker.lastPage) return end(tracker, delivery, 'skipped', 'same_page')
    tracker.lastPage = properties.$url
  }
  return askConsent(tracker, delivery)
}

/** Sends on what waited for a decision, or for a `ttq` that is TikTok's. */
export function release(tracker: Tracker): void {
  for (const delivery of tracker.open.filter((one) => isPixelCopyLeft(one) || one.relay === 'held'))
    askConsent(tracker, delivery)
}

function askConsent(tracker: Tracker, delivery: Delivery): TrackResult {
  const pixelRefusal = refusal(tracker.page)
  const mayRelay = hasRelay(tracker, delivery) && !refusal(tracker.page, 'relay')
  if (delivery.rows || !pixelRefusal || mayRelay) return applyRules(tracker, delivery)
  const copy = copyUnder(pixelRefusal)
  return update(tracker, delivery, { pixel: copy, relay: copy })
}

function applyRules(tracker: Tracker, delivery: Delivery): TrackResult {
  const { event } = delivery
  if (!delivery.rows) {
    const mapped = route(event, tracker.rules, tracker.config)
    if (!mapped) return end(tracker, delivery, 'filtered', 'filter')
    if (!mapped[0]) return end(tracker, delivery, 'skipped', 'unmapped')
    if (isRepeated(tracker, delivery)) return end(tracker, delivery, 'skipped', 'already_sent')
    delivery.rows = mapped
  }
  // ttq is called first, before `track()` returns. The server copy is posted in the same task.
  if (isPixelCopyLeft(delivery)) delivery.pixel = handToPixel(tracker, delivery)
  if (delivery.relay === 'held') delivery.relay = handToRelay(tracker, delivery)
  const { pixel, relay } = delivery
  return update(tracker, delivery, { pixel, relay })
}

/** Whether the caller's id was used before: on this page, or by an order on a former one. */
function isRepeated(tracker: Tracker, { event, hasNewId }: Delivery): boolean {
  const { seen, page } = tracker
  const key = `${event.eventName}.${event.eventID}`
  if (hasNewId) return false
  if (seen.includes(key) || (!refusal(page) && wasSent(tracker, event))) return true
  if (seen.push(key) > SEEN) seen.shift()
  return false
}

const isPixelCopyLeft = ({ pixel }: Delivery) => pixel === 'held' || pixel === 'not_taken'

const hasRelay = ({ config }: Tracker, { isClientOnly }: Delivery) => config.relay !== undefined && !isClientOnly

export const copyUnder = (no: Refusal | undefined) => (no === 'undecided' ? 'held' : 'denied')

/** Calls `ttq` in the turn of the delivery's person, if consent allows it now. */
function handToPixel(tracker: Tracker, delivery: Delivery): PixelCopy {
  const { page, state, loader } = tracker
  const rows = delivery.rows?.filter(({ forward }) => forward !== 'server') ?? []
  if (state.pixel === 'off' || !rows[0]) return 'none'
  const no = refusal(page)
  if (no) return copyUnder(no)
  // Nobody calls another program's ttq.
  if (!page.ttq.join()) return 'not_taken'
  if (state.pixelCause === 'stand_in') loader.start()
  const user = known(page, delivery.person)
  delivery.matchKeys = Object.keys(user)
  let isNow = true
  let pixel: PixelCopy = 'waiting'
  page.identify.inTurn(delivery.person, user, () => {
    pixel = callPixel(tracker, rows, delivery.event.eventID)
    if (!isNow) update(tracker, delivery, { pixel })
  })
  isNow = false
  return pixel
}

function callPixel({ page, config, loader, state }: Tracker, rows: readonly Row[], eventID: string): PixelCopy {
  const trackCall = createTrackCall(page.ttq, loader, config.pixelId)
  for (const row of rows) {
    row.isRefused = false
    try {
      trackCall(row.event, copyParameters(row.parameters), eventID)
    } catch {
      // TikTok's script may throw, and so may a foreign wrapper around it.
      row.isRefused = true
    }
  }
  return rows.every(({ isRefused }) => isRefused) ? 'not_taken' : pixelCopyIn(state)
}

/** Posts the server copy, if consent allows it now. */
function handToRelay(tracker: Tracker, delivery: Delivery): RelayCopy {
  const rows = delivery.rows?.filter(({ forward }) => forward !== 'client') ?? []
  if (!hasRelay(tracker, delivery) || !rows[0]) return 'none'
  const no = refusal(tracker.page, 'relay')
  if (no) return copyUnder(no)
  post(tracker, delivery, rows)
  return 'posting'
}
