import { orderEvents } from '../core/default-mapping.ts'
import type { ConvergeEvent } from '../types.ts'
import type { PageStorage } from './storage.ts'

type Order = Pick<ConvergeEvent, 'eventName' | 'eventID'>

export interface Ledger {
  has(order: Order): unknown
  add(order: Order): void
  /** Drops what is older than 90 days, or more than 200. */
  prune(): void
}

const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

/** Which orders this visitor's pages have sent: TikTok itself forgets an event_id after 48 hours. One key each. */
export function openLedger({ read, write, remove, keys }: PageStorage): Ledger {
  const isOrder = ({ eventName }: Order) => orderEvents.includes(eventName)
  const keyOf = ({ eventName, eventID }: Order) => `sent.${eventName}.${eventID}`
  return {
    has: (order) => isOrder(order) && read(keyOf(order)),
    add: (order) => isOrder(order) && write(keyOf(order), Date.now()),
    prune() {
      const times = keys('sent.').map((key) => ({ key, time: Number(read(key)) }))
      times.sort((a, b) => b.time - a.time)
      for (const { key } of times.filter(({ time }, index) => index >= MOST || time < Date.now() - NINETY_DAYS))
        remove(key)
    },
  }
}
