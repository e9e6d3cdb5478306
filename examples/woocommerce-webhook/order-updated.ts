// WooCommerce's webhooks order.created and order.updated, as a "Placed Order" for the forwarder; a renewal of WooCommerce
// Subscriptions is a "Placed Recurring Subscription Order". The page tracks the same order under the same id, so that TikTok counts
// it once, however often the order is updated.

import { decodeEntities } from './decode-entities.ts'

export interface Env {
  /** As in WooCommerce › Settings › Advanced › Webhooks. */
  wooSecret: string
  /** The forwarder's base URL. */
  forwarder: string
  webhookToken: string
  /** Default `fetch`. Where the forwarder runs in the same program: `(request) => forwarder.fetch(request)`. */
  send?: (request: Request) => Promise<Response>
}

export async function orderUpdated(
  request: Request,
  { wooSecret, forwarder, webhookToken, send = fetch }: Env,
): Promise<Response> {
  const body = await request.arrayBuffer()
  const text = new TextDecoder().decode(body)
  // WooCommerce pings, unsigned, when the webhook is saved.
  if (/^webhook_id=\d+$/.test(text)) return new Response('Hello')
  const signature = request.headers.get('X-WC-Webhook-Signature') ?? ''
  if (!(await isSigned(body, signature, wooSecret))) return new Response('Not signed by the shop', { status: 401 })

  const order: Order = JSON.parse(text)
  if (!['processing', 'completed'].includes(order.status)) return new Response(`Nothing to send while ${order.status}`)
  const sent = await send(
    new Request(`${forwarder}/webhook`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Webhook-Token': webhookToken },
      body: JSON.stringify(toEvent(order)),
    }),
  )
  // An order that can never be taken, such as one whose cookie somebody forged. The answer names no customer.
  if (sent.status === 400) console.error(`Order ${order.id} was not taken: ${await sent.text()}`)
  // Five times anything but 2xx, and WooCommerce switches the webhook off.
  return new Response(null, { status: sent.ok || sent.status === 400 ? 200 : 503 })
}

async function isSigned(body: ArrayBuffer, signature: string, secret: string): Promise<boolean> {
  if (!/^[A-Za-z\d+/]{43}=$/.test(signature)) return false
  const bytes = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['verify'])
  return crypto.subtle.verify(algorithm, key, bytes, body) // takes as long for a wrong one as for a right one
}

function toEvent(order: Order): unknown {
  const isRenewal = order.created_via === 'subscription'
  return {
    event_name: isRenewal ? 'Placed Recurring Subscription Order' : 'Placed Order',
    event_id: String(order.id),
    // The moment the page knows too. An update that comes days later would count again: with it, the forwarder can tell.
    timestamp: `${order.date_created_gmt}Z`,
    properties: {
      ...toProperties(order),
      $sales_channel_type: isRenewal ? 'subscription_contract' : 'web',
    },
    profile_properties: toProfile(order),
  }
}

function toProperties(order: Order): object {
  const { currency } = order
  return {
    id: String(order.id),
    source_name: order.created_via, // checkout, store-api, admin, subscription …: for filters
    currency,
    total_price: order.total,
    total_tax: order.total_tax,
    total_shipping: order.shipping_total,
    total_discount: order.discount_total,
    coupon: order.coupon_lines.map(({ code }) => code),
    items: order.line_items.map((line) => ({
      product_id: line.product_id,
      variant_id: line.variation_id || undefined, // 0 stands for none
      sku: line.sku,
      name: decodeEntities(line.name),
      price: unitPrice(line),
      quantity: line.quantity,
      currency,
    })),
  }
}

/** What was paid for one, tax included, as on the page. WooCommerce's own `price` is without tax. */
function unitPrice({ total, total_tax, quantity }: Line): number | undefined {
  return quantity ? (Number(total) + Number(total_tax)) / quantity : undefined
}

function toProfile(order: Order): object {
  const { billing } = order
  return {
    ...contextOf(order),
    $email: billing.email,
    $phone_number: billing.phone,
    $first_name: billing.first_name,
    $last_name: billing.last_name,
    $city: billing.city,
    $state: billing.state,
    $zip_code: billing.postcode,
    $country_code: billing.country,
    $customer_id: order.customer_id || undefined, // 0 is a guest
    $ip: order.customer_ip_address,
    $user_agent: order.customer_user_agent,
  }
}

/** What the page's converge.context() said: click ids, consent and the like. See order-meta.php. */
function contextOf({ meta_data }: Order): object {
  const text = meta_data.find(({ key }) => key === '_converge')?.value
  try {
    return Object(typeof text === 'string' && JSON.parse(text))
  } catch {
    return {} // it was a visitor's cookie: anybody's to write
  }
}

/** What is used of https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties */
interface Order {
  id: number
  status: string
  currency: string
  date_created_gmt: string
  created_via: string
  total: string
  total_tax: string
  shipping_total: string
  discount_total: string
  customer_id: number
  customer_ip_address: string
  customer_user_agent: string
  billing: {
    first_name: string
    last_name: string
    email: string
    phone: string
    city: string
    state: string
    postcode: string
    country: string
  }
  coupon_lines: { code: string }[]
  line_items: Line[]
  meta_data: { key: string; value: unknown }[]
}

interface Line {
  product_id: number
  variation_id: number
  sku: string | null
  name: string
  quantity: number
  /** Of the whole line, after discounts, without tax. */
  total: string
  total_tax: string
}
