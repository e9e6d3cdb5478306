import { readAmount, roundAmount } from '../../core/amount.ts'
import { isRecord, readText, recordOf } from '../../core/read.ts'
import { type Fields, listOf, type OrderEvent, readContext, toAliases } from './order-event.ts'

/**
 * Makes an event of a Shopify order from the webhooks `orders/paid` and `orders/create`. Amounts are in the currency that
 * the customer paid in, as in the page events of the checkout.
 *
 * Fields: https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
export function fromShopifyOrder(order: Fields): OrderEvent {
  const id = readText(order.id)
  const isRenewal = isSubscriptionContract(order)
  const sourceName = readText(order.source_name)
  return {
    event_name: isRenewal ? 'Placed Recurring Subscription Order' : 'Placed Order',
    event_id: id,
    // The time of the order, which is also when the page tracked it. For an imported order, processed_at is the original date
    // and created_at is the date of the import.
    timestamp: readText(order.processed_at) || readText(order.created_at) || undefined,
    properties: {
      ...toProperties(order),
      id,
      source_name: sourceName || undefined,
      $sales_channel_type: isRenewal ? 'subscription_contract' : sourceName === 'pos' ? 'pos' : 'web',
      $locale: order.customer_locale,
    },
    profile_properties: toProfile(order),
    aliases: toAliases({
      // The storefront's cart token ends with a key, which the order's does not have.
      cart_token: readText(order.cart_token).split('?', 1)[0] ?? '',
      checkout_token: readText(order.checkout_token),
    }),
  }
}

/**
 * True if Shopify created the order from a subscription. Since October 2025 the source_name is
 * "subscription_contract_checkout_one": https://community.shopify.dev/t/order-paid-webhook-sourcename-property-changed-for-subscription/23868
 */
function isSubscriptionContract({ source_name }: Fields): boolean {
  return readText(source_name).startsWith('subscription_contract')
}

function toProperties(order: Fields): Record<string, unknown> {
  const total = firstMoney(order.current_total_price_set, order.total_price_set)
  // Without the sets, amounts such as total_price are in the shop's currency.
  const currency = total.currency || readText(order.currency) || readText(order.presentment_currency)
  const ordersCount = recordOf(order.customer).orders_count
  return {
    currency,
    // The `current_` amounts exclude items that were removed from the order after the checkout.
    total_price: total.amount || order.total_price,
    total_tax: firstMoney(order.current_total_tax_set, order.total_tax_set).amount || order.total_tax,
    total_shipping: netShipping(order),
    total_discount:
      firstMoney(order.current_total_discounts_set, order.total_discounts_set).amount || order.total_discounts,
    coupon: listOf(order.discount_codes).map(({ code }) => code),
    // Newer versions of Shopify's API omit the count.
    $is_new_customer: ordersCount === undefined ? undefined : ordersCount === 1,
    items: listOf(order.line_items)
      .filter((line) => quantityOf(line) > 0 && !isTip(line, order))
      .map((line) => ({
        product_id: line.product_id,
        variant_id: line.variant_id,
        sku: line.sku,
        name: line.title,
        variant_name: line.variant_title,
        vendor: line.vendor,
        price: firstMoney(line.price_set).amount || line.price,
        quantity: quantityOf(line),
        currency,
      })),
  }
}

/** The quantity without removed items. It is 0 if the whole line was removed. */
function quantityOf({ current_quantity, quantity }: Fields): number {
  return Number(current_quantity ?? quantity)
}

/** A tip is a line without a product. It counts toward the value, but not as an item. */
function isTip(line: Fields, { total_tip_received: tip }: Fields): boolean {
  if (readText(line.product_id)) return false
  const isNamed = [line.tip_payment_gateway, line.tip_payment_method].some((value) => readText(value))
  return isNamed || (readAmount(tip) > 0 && readAmount(line.price) === readAmount(tip))
}

/**
 * The price paid for shipping, without tax. `total_shipping_price_set` does not work: it is the price before discounts, and it
 * includes tax if the shop's prices do, although `total_tax` already includes that tax.
 */
function netShipping(order: Fields): number | undefined {
  if (!Array.isArray(order.shipping_lines)) return undefined
  let sum = 0
  for (const line of listOf(order.shipping_lines)) {
    if (line.is_removed === true) continue
    const paid = firstMoney(line.current_discounted_price_set, line.discounted_price_set, line.price_set)
    sum += Number(paid.amount || line.price || 0)
    if (order.taxes_included !== true) continue
    for (const tax of listOf(line.tax_lines)) sum -= Number(firstMoney(tax.price_set).amount || tax.price || 0)
  }
  return roundAmount(sum)
}

/** The first available amount, in the customer's currency. Shopify also sends each amount in the shop's currency. */
function firstMoney(...sets: readonly unknown[]): { amount: string; currency: string } {
  for (const set of sets) {
    const { amount, currency_code } = recordOf(recordOf(set).presentment_money)
    if (readText(amount)) return { amount: readText(amount), currency: readText(currency_code) }
  }
  return { amount: '', currency: '' }
}

function toProfile(order: Fields): Record<string, unknown> {
  const customer = recordOf(order.customer)
  const client = recordOf(order.client_details)
  // See cart-attributes.js in examples/shopify-webhook.
  const context = readContext(listOf(order.note_attributes).find(({ name }) => name === '__converge')?.value)
  const isDenied = recordOf(context.consent).marketing === 'denied'
  // An order paid by a wallet, at a point of sale or by a gift card may have no billing address.
  const addresses = [order.billing_address, order.shipping_address, customer.default_address].filter(isRecord)
  const address = addresses[0] ?? {}
  return {
    ...context,
    // The page knows the click ID of the last 30 days, the order only that of the first page of the visit.
    ttclid: context.ttclid || (isDenied ? undefined : clickIdOf(order)),
    userAgent: context.userAgent || client.user_agent,
    $email: order.email || order.contact_email || customer.email,
    $phone_number: order.phone || customer.phone || addresses.map(({ phone }) => phone).find(Boolean),
    $first_name: address.first_name || customer.first_name,
    $last_name: address.last_name || customer.last_name,
    $city: address.city,
    $state: address.province_code,
    $zip_code: address.zip,
    $country_code: address.country_code,
    $customer_id: customer.id,
    $ip: order.browser_ip || client.browser_ip,
  }
}

/** The click ID in the path of the customer's first page, such as /products/cap?ttclid=E.C.P.1. */
function clickIdOf({ landing_site }: Fields): string | undefined {
  const [, query = ''] = readText(landing_site).split('?')
  return new URLSearchParams(query.split('#')[0]).get('ttclid') || undefined
}
