import type { Channel, EventParameters, State, TrackResult } from '../types.ts'
import { markSent } from './ledger.ts'
import { emit } from './listeners.ts'
import type { Delivery, Row, Tracker } from './state.ts'
import { isHanded, isUnderWay, type Outcome, type PixelCopy, statusOf } from './status.ts'

const MOST = 100
const channels = ['pixel', 'relay'] as const satisfies Channel[]

/**
 * Updates the state of a delivery's copies, and emits the result if it has changed. Every later change of a result is made
 * here: by the visitor's decision, TikTok's pixel or the relay's answer.
 *
 * @param ending the result of an event that ends before a copy is sent
 */
export function update(
  tracker: Tracker,
  delivery: Delivery,
  change: Partial<Pick<Delivery, 'pixel' | 'relay'>>,
  ending?: Outcome,
): TrackResult {
  Object.assign(delivery, change)
  const { event, pixel, relay, relayed } = delivery
  // An order is marked as sent only once TikTok's live pixel or the relay has it.
  if (!delivery.isMarked && (pixel === 'live' || relay === 'taken')) delivery.isMarked = markSent(tracker, event)
  // From now on TikTok may already have this event. A queued call is sent even if the script loads late.
  if (relayed && (pixel === 'queued' || pixel === 'live')) relayed.pixel = true
  watch(tracker, delivery)
  return emitResult(tracker, delivery, ending ?? statusOf(pixel, relay))
}

/** The state of a browser copy that was passed to ttq, by the pixel's state. */
export const pixelCopyIn = ({ pixel }: State): PixelCopy => (pixel === 'waiting' || pixel === 'off' ? 'queued' : pixel)

/** Keeps deliveries whose copies may still change: those on their way to the relay, and the last 100 others. */
function watch(tracker: Tracker, delivery: Delivery): void {
  const { open } = tracker
  const { pixel, relay } = delivery
  const isFinal = ['none', 'denied', 'live'].includes(pixel) && relay !== 'held' && !isUnderWay(relay)
  if (isFinal) tracker.open = open.filter((other) => other !== delivery)
  else if (!open.includes(delivery)) {
    open.push(delivery)
    const [oldest, ...others] = open.filter(({ relay }) => !isUnderWay(relay))
    if (others.length >= MOST) tracker.open = open.filter((other) => other !== oldest)
  }
}

function emitResult(tracker: Tracker, delivery: Delivery, [status, reason]: Outcome): TrackResult {
  const { event, time, matchKeys, rows = [], result } = delivery
  if (result?.status === status && result.reason === reason) return result
  const { eventName, eventID } = event
  const destinationEvents = rows.flatMap((row) => {
    const via = channels.filter(
      (channel) => goesBy(row, channel) && isHanded(delivery[channel]) && !(channel === 'pixel' && row.hasThrown),
    )
    return via[0] ? { event: row.event, event_id: eventID, parameters: copyParameters(row.parameters), via } : []
  })
  const next: TrackResult = { status, reason, eventName, eventID, time, destinationEvents, matchKeys }
  delivery.result = next
  if (!delivery.isFormer) emit(tracker, 'event', next, event)
  return next
}

/** Whether a TikTok event is sent through a channel. */
export const goesBy = ({ forward }: Row, channel: Channel): boolean =>
  forward !== (channel === 'pixel' ? 'server' : 'client')

/** Copies parameters for code that may write into them: a page's listener, or TikTok's script. */
export function copyParameters(parameters: EventParameters): EventParameters {
  const copy = { ...parameters }
  if (copy.contents) copy.contents = copy.contents.map((content) => ({ ...content }))
  return copy
}
