// Shopify's webhook orders/paid, as a "Placed Order" for the forwarder; a renewal is a "Placed Recurring Subscription Order". The
// page tracks the same order under the same id, so that TikTok counts it once. If the page was blocked or closed, this copy is
// the one that arrives.

export interface Env {
  /** The app's client secret, or the one under Settings › Notifications › Webhooks. */
  shopifySecret: string
  /** The forwarder's base URL. */
  forwarder: string
  webhookToken: string
  /** Default `fetch`. Where the forwarder runs in the same program: `(request) => forwarder.fetch(request)`. */
  send?: (request: Request) => Promise<Response>
}

export async function ordersPaid(
  request: Request,
  { shopifySecret, forwarder, webhookToken, send = fetch }: Env,
): Promise<Response> {
  const body = await request.arrayBuffer()
  const signature = request.headers.get('X-Shopify-Hmac-Sha256') ?? ''
  if (!(await isSigned(body, signature, shopifySecret))) return new Response('Not signed by Shopify', { status: 401 })

  const order: Order = JSON.parse(new TextDecoder().decode(body))
  if (order.test) return new Response('A test order is nobody’s purchase')
  const sent = await send(
    new Request(`${forwarder}/webhook`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Webhook-Token': webhookToken },
      body: JSON.stringify(toEvent(order)),
    }),
  )
  // An order that can never be taken, such as one whose cart attributes somebody forged. The answer names no customer.
  if (sent.status === 400) console.error(`Order ${order.id} was not taken: ${await sent.text()}`)
  // Anything but 2xx, and Shopify tries again for four hours; after too many failures it removes the webhook.
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
  const isRenewal = isSubscriptionContract(order)
  return {
    event_name: isRenewal ? 'Placed Recurring Subscription Order' : 'Placed Order',
    event_id: String(order.id),
    // The moment the page knows too: an order that is paid days later comes too late to be told from a second one.
    timestamp: order.created_at,
    properties: {
      ...toProperties(order),
      $sales_channel_type: isRenewal ? 'subscription_contract' : order.source_name === 'pos' ? 'pos' : 'web',
    },
    profile_properties: toProfile(order),
  }
}

/**
 * Whether Shopify made the order by itself, from a subscription. Since October 2025 such an order says
 * "subscription_contract_checkout_one": https://community.shopify.dev/t/order-paid-webhook-sourcename-property-changed-for-subscription/23868
 */
function isSubscriptionContract({ source_name }: Order): boolean {
  return source_name?.startsWith('subscription_contract') ?? false
}

function toProperties(order: Order): object {
  const { customer } = order
  // What the customer paid in, where that is not the shop's own currency.
  const amount = (money: Money) => money.presentment_money.amount
  const currency = order.total_price_set.presentment_money.currency_code
  return {
    id: String(order.id),
    source_name: order.source_name,
    currency,
    total_price: amount(order.total_price_set),
    total_tax: amount(order.total_tax_set),
    total_shipping: amount(order.total_shipping_price_set),
    total_discount: amount(order.total_discounts_set),
    coupon: order.discount_codes.map(({ code }) => code),
    // Newer versions of Shopify's API leave the count out.
    $is_new_customer: customer?.orders_count === undefined ? undefined : customer.orders_count === 1,
    items: order.line_items.map((line) => ({
      product_id: line.product_id,
      variant_id: line.variant_id,
      sku: line.sku,
      name: line.title,
      variant_name: line.variant_title,
      vendor: line.vendor,
      price: amount(line.price_set),
      quantity: line.quantity,
      currency,
    })),
  }
}

function toProfile(order: Order): object {
  const { customer, client_details: client } = order
  const context = contextOf(order)
  // An order that was paid by a wallet, at the till or by a gift card may have no billing address.
  const addresses = [order.billing_address, order.shipping_address, customer?.default_address]
  const address = addresses.find((one) => one)
  return {
    ...context,
    // The page has the click id of the visitor's last 30 days; the order has that of its first page alone.
    ttclid: context.ttclid || (context.consent?.marketing === 'denied' ? undefined : clickIdOf(order)),
    userAgent: context.userAgent || client?.user_agent,
    $email: order.email || order.contact_email || customer?.email,
    $phone_number: order.phone || customer?.phone || addresses.map((one) => one?.phone).find(Boolean),
    $first_name: address?.first_name || customer?.first_name,
    $last_name: address?.last_name || customer?.last_name,
    $city: address?.city,
    $state: address?.province_code,
    $zip_code: address?.zip,
    $country_code: address?.country_code,
    $customer_id: customer?.id,
    $ip: order.browser_ip || client?.browser_ip,
  }
}

/** The click id in the address of the first page that the customer saw: a path, such as /products/cap?ttclid=E.C.P.1. */
function clickIdOf({ landing_site }: Order): string | undefined {
  const [, query = ''] = landing_site?.split('?') ?? []
  return new URLSearchParams(query.split('#')[0]).get('ttclid') || undefined
}

/** What the page's converge.context() said: click ids, consent and the like. See cart-attributes.js. */
function contextOf({ note_attributes }: Order): Context {
  const text = note_attributes.find(({ name }) => name === '__converge')?.value ?? '{}'
  try {
    const context: Context | null = JSON.parse(text)
    return typeof context === 'object' && context !== null ? context : {}
  } catch {
    return {} // a cart attribute is anybody's to write
  }
}

/** What is used here of it; the rest goes on as it is. The forwarder checks each value. */
interface Context {
  ttclid?: string
  userAgent?: string
  consent?: { marketing?: string } | null
}

interface Money {
  presentment_money: { amount: string; currency_code: string }
}

interface Address {
  first_name: string | null
  last_name: string | null
  phone: string | null
  city: string | null
  province_code: string | null
  zip: string | null
  country_code: string | null
}

/** What is used of https://shopify.dev/docs/api/webhooks, topic orders/paid. */
interface Order {
  id: number
  test: boolean
  created_at: string
  email: string | null
  contact_email?: string | null
  phone: string | null
  browser_ip: string | null
  /** Null if the order was made by an app or a person, without a browser. */
  client_details?: { browser_ip: string | null; user_agent: string | null } | null
  landing_site?: string | null
  source_name: string | null
  note_attributes: { name: string; value: string }[]
  discount_codes: { code: string }[]
  total_price_set: Money
  total_tax_set: Money
  total_shipping_price_set: Money
  total_discounts_set: Money
  customer?: {
    id: number
    email?: string | null
    phone: string | null
    first_name?: string | null
    last_name?: string | null
    orders_count?: number
    default_address?: Address | null
  } | null
  billing_address?: Address | null
  shipping_address?: Address | null
  line_items: {
    product_id: number | null
    variant_id: number | null
    sku: string | null
    title: string
    variant_title: string | null
    vendor: string | null
    quantity: number
    price_set: Money
  }[]
}
