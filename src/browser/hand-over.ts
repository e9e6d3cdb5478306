import type { Channel, TrackResult } from '../types.ts'
import type { Deliveries, Delivery } from './delivery.ts'
import { createHandToPixel } from './hand-to-pixel.ts'
import { createHandToRelay } from './optional-parts.ts'
import type { PixelCopy, RelayCopy } from './status.ts'
import type { TrackerParts } from './tracker-parts.ts'

/** Hands the copies of a delivery that have not left yet to their channels, as far as consent allows it now. */
export type HandOver = (delivery: Delivery) => TrackResult

export function createHandOver(parts: TrackerParts, deliveries: Deliveries): HandOver {
  const { page, state, relay, held } = parts
  const { refusal } = page.decision
  const handToPixel = createHandToPixel(parts, deliveries)
  const handToRelay = createHandToRelay?.(parts, deliveries)

  const copyUnder = (channel: Channel) => (refusal(channel) === 'denied' ? 'denied' : 'held')

  function pixelCopy(delivery: Delivery): PixelCopy {
    const rows = state.pixel === 'off' ? [] : delivery.rows.filter(({ forward }) => forward !== 'server')
    if (!rows[0]) return 'none'
    return refusal('pixel') ? copyUnder('pixel') : handToPixel(delivery, rows)
  }

  function relayCopy(delivery: Delivery): RelayCopy {
    const rows = !relay || delivery.isClientOnly ? [] : delivery.rows.filter(({ forward }) => forward !== 'client')
    if (!rows[0] || !handToRelay) return 'none'
    return refusal('relay') ? copyUnder('relay') : handToRelay(delivery, rows)
  }

  return (delivery) => {
    // ttq is called first, before `track()` returns. The server copy is posted in the same task.
    if (isPixelCopyWaiting(delivery)) delivery.pixel = pixelCopy(delivery)
    if (delivery.relay === 'held') delivery.relay = relayCopy(delivery)
    const { pixel, relay } = delivery
    if (isPixelCopyWaiting(delivery) || relay === 'held') held.add(delivery)
    return deliveries.update(delivery, { pixel, relay })
  }
}

/** For consent, or for a `ttq` that is TikTok's: it was never called in the one that is there. */
const isPixelCopyWaiting = ({ pixel, isCalled }: Delivery): boolean =>
  pixel === 'held' || (pixel === 'blocked' && !isCalled)
