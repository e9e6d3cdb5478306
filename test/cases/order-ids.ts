import type { Case } from './case.ts'

const total = { total_price: 5, currency: 'EUR' }
const sent = { value: 5, currency: 'EUR' }

/** The names under which an order's ID is found, and the event_id from it. */
export const orderIdCases: Case[] = [
  ...['order_id', 'orderId', 'transaction_id'].flatMap((key): Case[] => [
    {
      title: `a Placed Order without id uses its ${key}`,
      track: ['Placed Order', { ...total, id: ' ', [key]: 1001 }],
      pixel: [{ event: 'Purchase', parameters: { ...sent, order_id: '1001' }, event_id: '1001' }],
    },
    {
      title: `an order's id has priority over its ${key}`,
      track: ['Placed Order', { ...total, id: '1001', [key]: 'T-1' }],
      pixel: [{ event: 'Purchase', parameters: { ...sent, order_id: '1001' }, event_id: '1001' }],
    },
    {
      title: `an eventID has priority over an order's ${key}`,
      track: ['Placed Order', { ...total, [key]: '1001' }, { eventID: 'e-1' }],
      pixel: [{ event: 'Purchase', parameters: { ...sent, order_id: '1001' }, event_id: 'e-1' }],
    },
  ]),
  {
    title: 'order_id has priority among the other names',
    track: ['Placed Order', { ...total, transaction_id: 'T-1', orderId: 'O-1', order_id: 'gid://shopify/Order/55' }],
    pixel: [{ event: 'Purchase', parameters: { ...sent, order_id: '55' }, event_id: '55' }],
  },
  {
    title: "a subscription's order_id is not used as the subscription's ID",
    track: ['Started Subscription', { ...total, order_id: '1001' }],
    pixel: [{ event: 'Subscribe', parameters: sent }],
  },
  {
    title: 'an event other than an order has no order_id, whatever its properties',
    track: ['Started Checkout', { ...total, order_id: '1001', transaction_id: 'T-1' }, { eventID: 'e-1' }],
    pixel: [{ event: 'InitiateCheckout', parameters: sent, event_id: 'e-1' }],
  },
]
