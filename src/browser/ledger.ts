import { orderEvents } from '../core/event-names.ts'
import type { ConvergeEvent } from '../types.ts'
import { keep } from './decision.ts'
import type { Tracker } from './state.ts'
import { readStored, removeStored, storedKeys } from './storage.ts'

// The orders that this visitor has sent to one pixel. TikTok itself deduplicates only for 48 hours.

const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

const start = ({ config }: Tracker) => `converge.${config.pixelId}.sent.`
const isOrder = ({ eventName }: ConvergeEvent) => orderEvents.includes(eventName)
const keyOf = (tracker: Tracker, { eventName, eventID }: ConvergeEvent) => `${start(tracker)}${eventName}.${eventID}`

export const wasSent = (tracker: Tracker, event: ConvergeEvent): boolean =>
  isOrder(event) && Boolean(readStored(tracker.page, keyOf(tracker, event)))

/** Marks an order as sent, and returns whether it did: consent may not allow it yet. Other events are never marked. */
export const markSent = (tracker: Tracker, event: ConvergeEvent): boolean =>
  isOrder(event) && keep(tracker.page, keyOf(tracker, event), Date.now())

/** Removes orders that are older than 90 days, and all but the last 200. */
export function tidyLedger(tracker: Tracker): void {
  const { page } = tracker
  storedKeys(page, start(tracker))
    .map((key) => [Number(readStored(page, key)), key] as const)
    .sort(([a], [b]) => b - a)
    .forEach(([time, key], index) => {
      if (index >= MOST || Date.now() - time > NINETY_DAYS) removeStored(page, key)
    })
}
