import { pageLoad } from '../core/event-names.ts'
import { route } from '../tiktok/route.ts'
import type { TrackResult } from '../types.ts'
import type { Deliveries, Delivery } from './delivery.ts'
import type { HandOver } from './hand-over.ts'
import type { TrackerParts } from './tracker-parts.ts'

/** The stages of an event: consent, filters, the mapping, both channels. Each "no" is a status with a reason. */
export interface Stages {
  /**
   * Sends a new event on its way.
   *
   * @param isStopped the shop's `beforeSend` stopped the event
   */
  send(delivery: Delivery, isStopped: boolean): TrackResult
  /** Sends on what waited for a decision. */
  release(): void
}

export function createStages(parts: TrackerParts, { end }: Deliveries, handOver: HandOver): Stages {
  const { config, rules, ledger, relay, held } = parts
  const { refusal } = parts.page.decision
  /** What was sent, by name and id. */
  const seen: Record<string, true> = Object.create(null)
  let lastPage: unknown = {} // unlike any address, also unlike one that nobody knows

  function askConsent(delivery: Delivery): TrackResult {
    const pixelRefusal = refusal('pixel')
    const mayRelay = relay && !delivery.isClientOnly && !refusal('relay')
    if (!pixelRefusal || mayRelay) return delivery.rows[0] ? handOver(delivery) : applyRules(delivery)
    if (pixelRefusal === 'undecided') held.add(delivery)
    return end(delivery, 'no_consent', pixelRefusal)
  }

  function applyRules(delivery: Delivery): TrackResult {
    const { event } = delivery
    const mapped = route(event, rules, config)
    if (!mapped) return end(delivery, 'filtered', 'filter')
    if (!mapped[0]) return end(delivery, 'skipped', 'unmapped')

    const key = `${event.eventName}.${event.eventID}`
    if (seen[key] || (!refusal() && ledger.wasSent(event))) return end(delivery, 'skipped', 'already_sent')
    seen[key] = true

    delivery.rows = mapped.map((row) => ({ ...row, via: [] }))
    return handOver(delivery)
  }

  return {
    send(delivery, isStopped) {
      const { eventName, properties } = delivery.event
      if (config.paused) return end(delivery, 'skipped', 'paused')
      if (isStopped) return end(delivery, 'filtered', 'before_send')
      if (eventName === pageLoad) {
        if (properties.$url === lastPage) return end(delivery, 'skipped', 'same_page')
        lastPage = properties.$url
      }
      return askConsent(delivery)
    },
    release() {
      for (const delivery of held.take()) askConsent(delivery)
    },
  }
}
