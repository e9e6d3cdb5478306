import { orderEvents } from '../core/default-mapping.ts'
import type { ConvergeEvent } from '../types.ts'
import type { PageStorage } from './storage.ts'

export interface Ledger {
  has(event: ConvergeEvent): unknown
  add(event: ConvergeEvent): void
  /** Drops what is older than 90 days, or more than 200. */
  prune(): void
}

const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

/** Which orders this visitor's pages have sent: TikTok itself forgets an event_id after 48 hours. One key each. */
export function openLedger(storage: PageStorage): Ledger {
  const isOrder = ({ eventName }: ConvergeEvent) => orderEvents.includes(eventName)
  const keyOf = ({ eventName, eventID }: ConvergeEvent) => `sent.${eventName}.${eventID}`

  return {
    has: (event) => isOrder(event) && storage.read(keyOf(event)),
    add: (event) => isOrder(event) && storage.write(keyOf(event), Date.now()),
    prune() {
      const entries = storage.keys('sent.').map((key) => ({ key, time: Number(storage.read(key)) }))
      entries.sort((a, b) => b.time - a.time)
      for (const { key } of entries.filter(({ time }, index) => index >= MOST || time < Date.now() - NINETY_DAYS))
        storage.remove(key)
    },
  }
}
