import { orderEvents } from '../core/event-names.ts'
import type { ConvergeEvent } from '../types.ts'
import type { Storage } from './storage.ts'

type Order = Pick<ConvergeEvent, 'eventName' | 'eventID'>

/** The orders that this visitor's pages have sent to one pixel. TikTok itself forgets an event_id after 48 hours. */
export interface Ledger {
  wasSent(event: Order): boolean
  /** Other events than orders leave no trace. */
  markSent(event: Order): void
  /** Forgets what is older than 90 days, or beyond the last 200. */
  tidy(): void
}

const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

/** @param prefix of this pixel's keys */
export function createLedger(storage: Storage, prefix: string): Ledger {
  const keyOf = ({ eventName, eventID }: Order) => `${prefix}sent.${eventName}.${eventID}`
  const isOrder = ({ eventName }: Order) => orderEvents.includes(eventName)

  return {
    wasSent: (event) => isOrder(event) && Boolean(storage.read(keyOf(event))),
    markSent(event) {
      if (isOrder(event)) storage.write(keyOf(event), Date.now())
    },
    tidy() {
      storage
        .keys(`${prefix}sent.`)
        .map((key) => [Number(storage.read(key)), key] as const)
        .sort(([a], [b]) => b - a)
        .forEach(([time, key], index) => {
          if (index >= MOST || Date.now() - time > NINETY_DAYS) storage.remove(key)
        })
    },
  }
}
