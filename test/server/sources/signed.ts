import { createHmac } from 'node:crypto'

/** A webhook's request, signed as Shopify and WooCommerce sign theirs: base64 of the raw body's HMAC-SHA256. */
export function signed(url: string, secret: string, order: unknown, headers: Record<string, string>): Request {
  const body = typeof order === 'string' ? order : JSON.stringify(order)
  const name = 'x-shopify-topic' in headers ? 'X-Shopify-Hmac-Sha256' : 'X-WC-Webhook-Signature'
  const signature = createHmac('sha256', secret).update(body).digest('base64')
  return new Request(url, { method: 'POST', headers: { ...headers, [name]: signature }, body })
}
