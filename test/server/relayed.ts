import type { RelayBatch, RelayedEvent } from '../../src/types.ts'
import { noon } from './start-forwarder.ts'

export const hash = 'b5a2c96250612366ea272ffac6d9744aaf4b45aacd96aa7cfcb931ee3b558259'

/** An event as a page relays it, a minute ago. */
export function relayed(event: Partial<RelayedEvent> = {}): RelayedEvent {
  return {
    time: noon - 60_000,
    eventName: 'Placed Order',
    eventID: '1001',
    send: [
      {
        event: 'Purchase',
        parameters: {
          contents: [{ content_id: '90101', content_type: 'product', price: 19.9, quantity: 2 }],
          content_type: 'product',
          num_items: 2,
          value: 39.8,
          currency: 'EUR',
          order_id: '1001',
        },
      },
    ],
    pixel: true,
    user: { email: hash },
    page: { url: 'https://www.shop.test/thanks', referrer: '' },
    consent: { analytics: 'granted', marketing: 'granted' },
    ...event,
  }
}

export function batchOf(...events: unknown[]): Omit<RelayBatch, 'events'> & { events: unknown[] } {
  return { v: 1, sentAt: noon, events }
}
