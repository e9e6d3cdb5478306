import { createHmac } from 'node:crypto'

/** A webhook's request, signed as Shopify and WooCommerce sign theirs: base64 of the raw body's HMAC-SHA256. */
export function signed(header: string, secret: string, order: unknown): Request {
  const body = JSON.stringify(order)
  const signature = createHmac('sha256', secret).update(body).digest('base64')
  return new Request('https://hooks.shop.example/orders', { method: 'POST', headers: { [header]: signature }, body })
}
