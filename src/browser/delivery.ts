import type { MappedEvent } from '../tiktok/route.ts'
import type { Channel, ConvergeEvent, DestinationEvent, RelayedEvent, State, TrackResult, User } from '../types.ts'
import type { Ledger } from './ledger.ts'
import type { Listeners } from './listeners.ts'
import { type Outcome, type PixelCopy, type RelayCopy, statusOf } from './status.ts'
import type { Person } from './visitor.ts'

/** A TikTok event of a delivery, and the channels that have it. */
export interface Row extends MappedEvent {
  via: Channel[]
}

/** One event on its way, and what became of its two copies. */
export interface Delivery {
  readonly event: ConvergeEvent
  /** The time of the call by the page's clock, in milliseconds since 1970. */
  readonly time: number
  readonly person: Person
  /** What the call itself said of the visitor. */
  readonly own: User
  /** `method: 'forward'`: the shop's server sends the server copy. */
  readonly isClientOnly: boolean
  rows: Row[]
  /** By name. Known once a copy has left. */
  matchKeys?: readonly string[]
  pixel: PixelCopy
  relay: RelayCopy
  /** False while the pixel copy waits until the former person's hits have left. */
  isCalled?: boolean
  /** The server copy as it is posted. */
  relayed?: RelayedEvent
  result?: TrackResult
}

/** The copies of a delivery that have changed. */
export type Change = Partial<Pick<Delivery, 'pixel' | 'relay'>>

/** What became of the deliveries of one pixel. */
export interface Deliveries {
  /** Ends a delivery before anything of it has left. */
  end(delivery: Delivery, ...outcome: Outcome): TrackResult
  /** Notes what became of a copy, and tells the listeners if that changes the result. */
  update(delivery: Delivery, change: Change): TrackResult
  /** Notes what became of the server copy of a former page's event. */
  settleFormer(event: RelayedEvent, copy: RelayCopy): void
  /** The pixel copy was handed over. It changes when the pixel's state does. */
  watch(delivery: Delivery): void
  /** The pixel's state has changed: so do the copies that were handed to it. */
  pixelChanged(): void
  /** Consent was taken back: TikTok's queue drops what waits in it. Returns those deliveries. */
  takeQueued(): Delivery[]
}

const MOST = 100

export function createDeliveries(state: State, ledger: Ledger, listeners: Listeners): Deliveries {
  /** Their pixel copy was handed over, and the pixel has not been live since. */
  let unsettled: Delivery[] = []

  function tell(delivery: Delivery, [status, reason]: Outcome): TrackResult {
    const { event, time, matchKeys, rows, result } = delivery
    if (result?.status === status && result.reason === reason) return result
    const { eventName, eventID } = event
    const destinationEvents = rows.flatMap((row) => toDestinationEvent(row, eventID))
    const next: TrackResult = { status, reason, eventName, eventID, time, destinationEvents, matchKeys }
    delivery.result = next
    listeners.emit('event', next, event)
    return next
  }

  /** An order counts as sent once TikTok's live pixel or the relay has it. Nothing else marks it. */
  function markSent(event: Pick<ConvergeEvent, 'eventName' | 'eventID'>, { pixel, relay }: Change): void {
    if (pixel === 'live' || relay === 'taken') ledger.markSent(event)
  }

  function update(delivery: Delivery, change: Change): TrackResult {
    Object.assign(delivery, change)
    if (change.pixel === 'live') unsettled = unsettled.filter((other) => other !== delivery)
    markSent(delivery.event, change)
    const { pixel, relay, relayed } = delivery
    // TikTok may have this event from now on, also if its script does not come after all.
    if (relayed && (pixel === 'queued' || pixel === 'live')) relayed.pixel = true
    return tell(delivery, statusOf(pixel, relay))
  }

  return {
    end: (delivery, ...outcome) => tell(delivery, outcome),
    update,
    settleFormer: (event, relay) => markSent(event, { relay }),
    watch(delivery) {
      if (delivery.pixel === 'live') return
      unsettled.push(delivery)
      if (unsettled.length > MOST) unsettled.shift()
    },
    pixelChanged() {
      const called = unsettled.filter(({ isCalled }) => isCalled)
      for (const delivery of called) update(delivery, { pixel: pixelCopyIn(state) })
    },
    takeQueued() {
      const queued = unsettled.filter(({ pixel }) => pixel === 'queued')
      unsettled = []
      return queued
    },
  }
}

/** What a copy that is handed to the pixel is, by the pixel's state. */
export const pixelCopyIn = ({ pixel }: State): PixelCopy => (pixel === 'waiting' || pixel === 'off' ? 'queued' : pixel)

function toDestinationEvent({ event, parameters, via }: Row, event_id: string): DestinationEvent[] {
  return via[0] ? [{ event, event_id, parameters: parameters(), via: [...via] }] : []
}
