import { orderEvents } from '../core/event-names.ts'
import type { ConvergeEvent } from '../types.ts'
import { keep } from './decision.ts'
import type { Tracker } from './state.ts'
import { readStored, removeStored, storedKeys } from './storage.ts'

// The orders that this visitor's pages have sent to one pixel. TikTok itself forgets an event_id after 48 hours.

const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

const start = ({ config }: Tracker) => `converge.${config.pixelId}.sent.`
const isOrder = ({ eventName }: ConvergeEvent) => orderEvents.includes(eventName)
const keyOf = (tracker: Tracker, { eventName, eventID }: ConvergeEvent) => `${start(tracker)}${eventName}.${eventID}`

export const wasSent = (tracker: Tracker, event: ConvergeEvent): boolean =>
  isOrder(event) && Boolean(readStored(tracker.page, keyOf(tracker, event)))

/** Other events than orders leave no trace. Returns whether the order was marked: consent may not allow it yet. */
export const markSent = (tracker: Tracker, event: ConvergeEvent): boolean =>
  isOrder(event) && keep(tracker.page, keyOf(tracker, event), Date.now())

/** Forgets what is older than 90 days, or beyond the last 200. */
export function tidyLedger(tracker: Tracker): void {
  const { page } = tracker
  storedKeys(page, start(tracker))
    .map((key) => [Number(readStored(page, key)), key] as const)
    .sort(([a], [b]) => b - a)
    .forEach(([time, key], index) => {
      if (index >= MOST || Date.now() - time > NINETY_DAYS) removeStored(page, key)
    })
}
