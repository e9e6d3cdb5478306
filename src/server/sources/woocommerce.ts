import { readNumber, readText, recordOf } from '../../core/read.ts'
import { decodeEntities } from './decode-entities.ts'
import { type Fields, listOf, type OrderEvent, readContext, toAliases } from './order-event.ts'

/**
 * Makes an event of a WooCommerce order from the webhooks `order.created` and `order.updated`. Item prices are the paid unit
 * prices including tax, as the plugin in examples/woocommerce computes them on the page.
 *
 * Fields: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties
 */
export function fromWooCommerceOrder(order: Fields): OrderEvent {
  const id = readText(order.id)
  const isRenewal = isSubscriptionRenewal(order)
  const { currency } = order
  return {
    event_name: isRenewal ? 'Placed Recurring Subscription Order' : 'Placed Order',
    event_id: id,
    // The time of the order, which is also when the page tracked it. The webhook may come much later.
    timestamp: readText(order.date_created_gmt) ? `${readText(order.date_created_gmt)}Z` : undefined,
    properties: {
      id,
      source_name: readText(order.created_via) || undefined, // checkout, store-api, admin, subscription …
      $sales_channel_type: isRenewal ? 'subscription_contract' : 'web',
      currency,
      total_price: order.total,
      total_tax: order.total_tax,
      total_shipping: order.shipping_total,
      total_discount: order.discount_total,
      coupon: listOf(order.coupon_lines).map(({ code }) => code),
      items: listOf(order.line_items).map((line) => ({
        product_id: line.product_id,
        variant_id: line.variation_id || undefined, // 0 means that there is no variation
        sku: line.sku,
        name: decodeEntities(readText(line.name)),
        price: unitPrice(line),
        quantity: line.quantity,
        currency,
      })),
    },
    profile_properties: toProfile(order),
    aliases: toAliases({
      customer_id: readText(order.customer_id || ''), // 0 is a guest
      order_key: readText(order.order_key),
    }),
  }
}

/** True for a renewal of WooCommerce Subscriptions. A renewal that a customer pays in the checkout only has the meta key. */
function isSubscriptionRenewal({ created_via, meta_data }: Fields): boolean {
  return created_via === 'subscription' || listOf(meta_data).some(({ key }) => key === '_subscription_renewal')
}

/** The paid unit price including tax. WooCommerce's own `price` excludes tax. */
function unitPrice({ total, total_tax, quantity }: Fields): number | undefined {
  const count = readNumber(quantity, 0)
  return count ? (readNumber(total) + readNumber(total_tax, 0)) / count : undefined
}

function toProfile(order: Fields): Record<string, unknown> {
  const billing = recordOf(order.billing)
  const shipping = recordOf(order.shipping)
  // A point of sale may leave the billing address empty. Never mix two addresses, which may belong to two people.
  const address = readText(billing.country) || readText(billing.last_name) ? billing : shipping
  return {
    // See order-meta.php in examples/woocommerce-webhook.
    ...readContext(listOf(order.meta_data).find(({ key }) => key === '_converge')?.value),
    $email: billing.email,
    $phone_number: billing.phone || shipping.phone,
    $first_name: address.first_name,
    $last_name: address.last_name,
    $city: address.city,
    $state: address.state,
    $zip_code: address.postcode,
    $country_code: address.country,
    $customer_id: order.customer_id || undefined, // 0 is a guest
    $ip: order.customer_ip_address,
    $user_agent: order.customer_user_agent,
  }
}
