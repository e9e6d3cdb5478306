import { cleanUrl } from '../core/clean-url.ts'
import { readText } from '../core/read.ts'
import type { RelayedEvent } from '../types.ts'
import type { Deliveries, Delivery, Row } from './delivery.ts'
import type { RelayCopy } from './status.ts'
import type { TrackerParts } from './tracker-parts.ts'

/** Posts these rows of a delivery to the relay. */
export type HandToRelay = (delivery: Delivery, rows: readonly Row[]) => RelayCopy

export function createHandToRelay({ page, relay, held }: TrackerParts, deliveries: Deliveries): HandToRelay {
  const { decision, clickIds, flags, visitor, window } = page

  function toRelayedEvent({ event, time, person, own, pixel }: Delivery, rows: readonly Row[]): RelayedEvent {
    const { eventName, eventID, properties } = event
    // Without a grant, the server copy says nothing but what the call itself said, and not how the visitor came here.
    const isBare = decision.refusal('pixel') !== undefined
    const clean = (url: unknown) => cleanUrl(readText(url).replace(isBare ? /\?.*/ : '', ''))
    return {
      time,
      eventName,
      eventID,
      send: rows.map(({ event, parameters }) => ({ event, parameters })),
      pixel: pixel === 'queued' || pixel === 'live',
      user: isBare ? own : visitor.known(person),
      page: { url: clean(properties.$url), referrer: clean(properties.referrer) },
      ...(!isBare && { ...clickIds.read(), locale: window.navigator.language }),
      consent: decision.read(),
      ...(decision.isOptedOut() && { gpc: true }),
      test: flags.testCode,
    }
  }

  return (delivery, rows) => {
    const relayed = toRelayedEvent(delivery, rows)
    delivery.relayed = relayed
    delivery.matchKeys = Object.keys(relayed.user)
    for (const row of rows) row.via.push('relay')
    relay?.send(relayed, (copy) => {
      deliveries.update(delivery, { relay: copy })
      // Consent is asked for from now on.
      if (copy === 'held') held.add(delivery)
    })
    return 'posting'
  }
}
