import { orderEvents } from '../core/event-names.ts'
import type { ConvergeEvent } from '../types.ts'
import { keys, read, remove, write } from './storage.ts'

type Order = Pick<ConvergeEvent, 'eventName' | 'eventID'>

const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

/**
 * When this visitor's pages sent an order; with `now`, that it was sent now. TikTok itself forgets an event_id after 48
 * hours. Other events leave no trace.
 */
export const sent = ({ eventName, eventID }: Order, now?: number): unknown =>
  orderEvents.includes(eventName) && (now ? write : read)(`sent.${eventName}.${eventID}`, now)

/** Forgets what is too old, or too much. */
export function tidyLedger(): void {
  keys('sent.')
    .map((key) => [Number(read(key)), key] as const)
    .sort(([a], [b]) => b - a)
    .forEach(([time, key], index) => {
      if (index >= MOST || Date.now() - time > NINETY_DAYS) remove(key)
    })
}
