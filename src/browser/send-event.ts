import { pageLoad } from '../core/event-names.ts'
import { route } from '../tiktok/route.ts'
import type { TrackResult } from '../types.ts'
import type { Deliveries, Delivery } from './delivery.ts'
import type { HandOver } from './hand-over.ts'
import type { TrackerParts } from './tracker-parts.ts'

/**
 * Sends an event on its way: consent, then filters, then the mapping, then both channels. Each "no" is a status with a
 * reason.
 *
 * @param isStopped the shop's `beforeSend` stopped the event
 */
export type SendEvent = (delivery: Delivery, isStopped: boolean) => TrackResult

export function createSendEvent(parts: TrackerParts, { end }: Deliveries, handOver: HandOver): SendEvent {
  const { config, rules, ledger, relay } = parts
  const { refusal } = parts.page.decision
  /** What was sent, by name and id. */
  const seen: Record<string, true> = Object.create(null)
  let lastPage: unknown = {} // unlike any address, also unlike one that nobody knows

  return (delivery, isStopped) => {
    const { event, isClientOnly } = delivery
    const { eventName, eventID, properties } = event
    if (isStopped) return end(delivery, 'filtered', 'before_send')
    if (eventName === pageLoad) {
      if (properties.$url === lastPage) return end(delivery, 'skipped', 'same_page')
      lastPage = properties.$url
    }

    const isRelayRefused = !relay || isClientOnly || refusal('relay') === 'denied'
    if (refusal('pixel') === 'denied' && isRelayRefused) return end(delivery, 'no_consent', 'denied')

    const mapped = route(event, rules, config)
    if (!mapped) return end(delivery, 'filtered', 'filter')
    if (!mapped[0]) return end(delivery, 'skipped', 'unmapped')

    const key = `${eventName}.${eventID}`
    const wasSent = seen[key] || (!refusal('pixel') && ledger.wasSent(event))
    if (wasSent) return end(delivery, 'skipped', 'already_sent')
    seen[key] = true

    delivery.rows = mapped.map((row) => ({ ...row, via: [] }))
    return handOver(delivery)
  }
}
