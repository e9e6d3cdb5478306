import type { RelayBatch } from '../../src/types.ts'

export const shop = 'https://www.shop.example'
export const pixelId = 'CJQBODJC77UB4MRTGFRF'
export const accessToken = 'access-token-of-the-shop'
export const webhookToken = 'webhook-token-of-the-shop'
export const adminToken = 'admin-token-of-the-shop-and-of-nobody-else'

/** One event of a page for each id, tracked at `time`, in milliseconds since 1970. */
export function pageBatch(ids: readonly string[], time = Date.now()): RelayBatch {
  const parameters = { value: 19.9, currency: 'EUR' }
  return {
    v: 1,
    sentAt: Date.now(),
    events: ids.map((eventID) => ({
      time,
      eventName: 'Added To Cart',
      eventID,
      send: [{ event: 'AddToCart', parameters }],
      pixel: false,
      user: {},
      page: { url: `${shop}/cap`, referrer: '' },
      consent: { marketing: 'granted' },
    })),
  }
}

export function postPage(url: string, batch: RelayBatch, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/events`, {
    method: 'POST',
    headers: { origin: shop, 'content-type': 'text/plain', ...headers },
    body: JSON.stringify(batch),
  })
}

/** The whole report of /health. */
export async function readHealth(url: string): Promise<Record<string, unknown>> {
  return (await fetch(`${url}/health`, { headers: { authorization: `Bearer ${adminToken}` } })).json()
}

export function postOrder(url: string, id: string, time: number): Promise<Response> {
  return fetch(`${url}/webhook`, {
    method: 'POST',
    headers: { 'x-webhook-token': webhookToken, 'content-type': 'application/json' },
    body: JSON.stringify({
      event_name: 'Placed Order',
      event_id: id,
      timestamp: Math.floor(time / 1000),
      properties: {
        id,
        total_price: '94.80',
        currency: 'EUR',
        items: [{ product_id: '9010', price: 94.8, quantity: 1 }],
      },
      profile_properties: { $email: 'jane@example.com' },
      aliases: ['urn:email:jane@example.com'],
    }),
  })
}
