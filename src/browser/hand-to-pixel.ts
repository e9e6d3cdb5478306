import { copyParameters } from '../tiktok/parameters.ts'
import { type Deliveries, type Delivery, pixelCopyIn, type Row } from './delivery.ts'
import type { PixelCopy } from './status.ts'
import type { TrackerParts } from './tracker-parts.ts'

/** Calls `ttq` for these rows of a delivery, in the turn of its person. */
export type HandToPixel = (delivery: Delivery, rows: readonly Row[]) => PixelCopy

export function createHandToPixel(parts: TrackerParts, deliveries: Deliveries): HandToPixel {
  const { page, state, loader, trackCall } = parts

  function call(delivery: Delivery, rows: readonly Row[]): PixelCopy {
    let isTaken = false
    for (const row of rows) {
      try {
        trackCall(row.event, copyParameters(row.parameters), delivery.event.eventID)
        isTaken = true
      } catch {
        // TikTok's script may throw, and so may a foreign wrapper around it.
        row.via = row.via.filter((channel) => channel !== 'pixel')
      }
    }
    delivery.isCalled = isTaken
    return isTaken ? pixelCopyIn(state) : 'blocked'
  }

  return (delivery, rows) => {
    // Another program's ttq is called by nobody of us.
    if (!page.ttq.join()) return 'blocked'
    if (state.pixelCause === 'stand_in') loader.start()
    const user = page.visitor.known(delivery.person)
    delivery.matchKeys = Object.keys(user)
    for (const row of rows) row.via.unshift('pixel')
    delivery.pixel = 'queued'
    page.identify.inTurn(delivery.person, user, () => {
      const pixel = call(delivery, rows)
      // Its own first result comes after the server copy has been handed over, too.
      if (delivery.result) deliveries.update(delivery, { pixel })
      else delivery.pixel = pixel
    })
    deliveries.watch(delivery)
    return delivery.pixel
  }
}
