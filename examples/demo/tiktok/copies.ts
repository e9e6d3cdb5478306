// Combines the page's report, the pixel's hit and the Events API's event for each event.
import type { RelayedEvent, State, TrackResult } from '../../../src/types.ts'
import { whyBlocked, whyNotSent } from './words.ts'

/** The report that report.js sends from a page. */
export interface Report {
  result: TrackResult
  state: Pick<State, 'pixel' | 'pixelCause'>
}

/** An event as TikTok knows it: by name and event_id. */
export interface Copies {
  event: string
  event_id: string
  /** Converge's name, if a page or the forwarder has reported it. */
  eventName?: string
  /** The hits, in order of arrival. */
  hits: object[]
  /** A hit that TikTok refused. */
  lost?: object
  /** True if the forwarder has acknowledged it. */
  kept?: boolean
  /** The sides that sent the server copy to the forwarder. An order comes from both. */
  sides: Set<Side>
  /** True if the forwarder merged the copies of both sides. */
  isMerged?: boolean
  /** The Events API's events, in order of arrival. */
  events: object[]
  report?: Report
  /** How often it was tracked again, and not sent. */
  repeats: number
}

/** A page, or the shop's server with a signed webhook. */
export type Side = 'page' | 'shop'

export type Kind = 'counted once' | 'one copy' | 'on its way' | 'not sent'

export interface Row extends Pick<Copies, 'event' | 'event_id' | 'eventName' | 'repeats'> {
  kind: Kind
  why: string
  hit: object | undefined
  api: object | undefined
  /** Where the server copy comes from, in words. */
  origin: string
}

export interface Tally {
  /** Events that TikTok counts. */
  counted: number
  hits: number
  copies: number
}

export interface StoredCopy {
  event: string
  event_id: string
  /** Converge's name of an order. */
  orderName: string | undefined
  side: Side
  isMerged: boolean
}

export interface CopyLog {
  report(report: Report): void
  hit(event: string, event_id: string, body: object, isTaken: boolean): void
  /** The forwarder has acknowledged it. */
  kept(event: RelayedEvent): void
  /** The forwarder's database has a copy of it. */
  stored(copy: StoredCopy): void
  api(event: string, event_id: string, body: object): void
  rows(): Row[]
  tally(): Tally
  /** Clears the log, and ignores its events if they arrive later. */
  reset(): void
}

const SHOWN = 60

/** `seesHits` is false if the hits go to the real TikTok. */
export function createCopyLog({ seesHits }: { seesHits: boolean }): CopyLog {
  const log = new Map<string, Copies>()
  const former = new Set<string>()
  const keyOf = (event: string, event_id: string) => `${event} ${event_id}`

  /** Adds to an event's copies, unless it belongs to a former visitor. */
  function note(event: string, event_id: string, add: (copies: Copies) => void): void {
    const key = keyOf(event, event_id)
    if (former.has(key)) return
    const copies = log.get(key) ?? { event, event_id, hits: [], events: [], sides: new Set<Side>(), repeats: 0 }
    log.set(key, copies)
    add(copies)
  }

  /** Moves an event to the end of the log, as the newest one. */
  function moveUp(copies: Copies): void {
    const key = keyOf(copies.event, copies.event_id)
    log.delete(key)
    log.set(key, copies)
  }

  function report(given: Report): void {
    const { eventName, eventID, destinationEvents, reason } = given.result
    if (destinationEvents.length) log.delete(keyOf(eventName, eventID)) // it was not sent before, and is now
    const sent = [...log.values()].filter((copies) => copies.event_id === eventID && copies.eventName === eventName)
    if (reason === 'already_sent' && sent.length) {
      for (const copies of sent) {
        copies.repeats++
        moveUp(copies)
      }
      return
    }
    const names = destinationEvents.length ? destinationEvents.map(({ event }) => event) : [eventName]
    for (const event of names)
      note(event, eventID, (copies) => {
        copies.eventName = eventName
        copies.report = given
      })
  }

  /** True if its hit goes to the real TikTok, as far as the page knows. */
  function isHanded({ report }: Copies): boolean {
    const via = report?.result.destinationEvents[0]?.via ?? []
    return !seesHits && via.includes('pixel') && report?.state.pixel !== 'blocked'
  }

  function toRow(copies: Copies): Row {
    const { event, event_id, eventName, repeats, hits, events } = copies
    const [kind, why] = isHanded(copies) ? judgeHanded(copies) : judge(copies)
    const shown = { event, event_id, ...(eventName && { eventName }), repeats }
    return { ...shown, kind, why, hit: hits[0], api: events[0], origin: originOf(copies) }
  }

  return {
    report,
    hit: (event, event_id, body, isTaken) =>
      note(event, event_id, (copies) => {
        if (isTaken) copies.hits.push(body)
        else copies.lost = body
      }),
    kept({ eventName, eventID, send }) {
      for (const { event } of send)
        note(event, eventID, (copies) => {
          copies.eventName = eventName
          copies.kept = true
        })
    },
    stored: ({ event, event_id, orderName, side, isMerged }) =>
      note(event, event_id, (copies) => {
        if (orderName) copies.eventName = orderName
        copies.sides.add(side)
        copies.isMerged ||= isMerged
      }),
    api: (event, event_id, body) => note(event, event_id, (copies) => copies.events.push(body)),
    rows: () => [...log.values()].slice(-SHOWN).reverse().map(toRow),
    tally() {
      const all = [...log.values()]
      return {
        counted: all.filter((copies) => copies.hits.length || copies.events.length || isHanded(copies)).length,
        hits: all.reduce((sum, copies) => sum + (isHanded(copies) ? 1 : copies.hits.length), 0),
        // If the visitor left a page before the forwarder answered, the next page sends the event again, under the same event_id.
        copies: all.filter(({ events }) => events.length).length,
      }
    },
    reset() {
      for (const key of log.keys()) former.add(key)
      log.clear()
    },
  }
}

const waits = 'The server copy waits in the forwarder’s database until TikTok’s Events API accepts it.'

function originOf({ sides, isMerged }: Copies): string {
  if (isMerged) return 'merged from the page and Shopify'
  return sides.has('shop') ? 'from Shopify' : sides.has('page') ? 'from the page' : ''
}

function judgeHanded({ kept, events }: Copies): [Kind, string] {
  const handed = 'The page has given it to TikTok’s pixel. See Events Manager, Test Events.'
  if (events.length) return ['counted once', `${handed} The server copy has arrived, with the same event_id.`]
  return kept ? ['on its way', `${handed} ${waits}`] : ['one copy', `${handed} It has no server copy.`]
}

/** How TikTok counts the copies, and why one of them is missing. */
function judge(copies: Copies): [Kind, string] {
  const { hits, lost, kept, events, report, eventName, sides } = copies
  const { result, state } = report ?? {}
  const via = result?.destinationEvents[0]?.via
  const hasHit = hits.length > 0

  if (hasHit && events.length)
    return ['counted once', 'Two copies with one name and event_id. TikTok counts one event.']
  if (hasHit) {
    if (kept) return ['on its way', waits]
    if (via && !via.includes('relay'))
      return eventName === '$page_load'
        ? ['one copy', 'Pixel only. Page views have no server copy in the default mapping.']
        : ['one copy', 'Pixel only. This event has no server copy.']
    return ['on its way', 'The pixel’s hit has arrived. The server copy has not arrived yet.']
  }
  if (events.length) {
    if (state?.pixel === 'blocked')
      return ['one copy', `Server copy only: ${whyBlocked(state.pixelCause)}. TikTok counts it.`]
    if (lost) return ['one copy', 'Server copy only: TikTok did not receive the hit. TikTok counts the event.']
    if (via && !via.includes('pixel')) return ['one copy', 'Server copy only. The pixel was not called for this event.']
    return [
      'one copy',
      'Server copy only, so far. If the visitor left the page before TikTok’s script had loaded, no hit will arrive.',
    ]
  }
  if (kept) return ['on its way', waits]
  if (sides.has('shop')) return ['on its way', 'Shopify’s order waits a few seconds for the page’s copy of it.']
  if (lost) return ['not sent', 'TikTok did not receive the hit, and this event has no server copy.']
  if (result?.status === 'success' && state?.pixel !== 'blocked')
    return [
      'on its way',
      'No copy has arrived yet. If the visitor left the page before TikTok’s script had loaded, none will arrive.',
    ]
  return ['not sent', whyNotSent(result)]
}
