import { isRecord } from '../../core/read.ts'
import { listOf, type OrderEvent, readContext } from '../../server/sources/order-event.ts'
import type { FileOrder } from '../orders-file/read-orders.ts'

/** Makes an event of Converge's server API of an order of a file. The intake checks it like any other event. */
export function toEvent({ id, time, values, items }: FileOrder): OrderEvent {
  const { source_name, currency, total, tax, shipping, discount, coupon } = values
  const isRenewal = source_name?.startsWith('subscription') ?? false
  return {
    event_name: isRenewal ? 'Placed Recurring Subscription Order' : 'Placed Order',
    event_id: id,
    timestamp: new Date(time).toISOString(),
    properties: {
      ...{ id, source_name, currency, coupon },
      ...{ total_price: total, total_tax: tax, total_shipping: shipping, total_discount: discount },
      ...(isRenewal && { $sales_channel_type: 'subscription_contract' }),
      items: items.map(({ product, variant, sku, name, price, quantity }) => ({
        ...{ product_id: product, variant_id: variant, sku, name, price, quantity, currency },
      })),
    },
    profile_properties: {
      ...readNotes(values.notes ?? ''),
      $email: values.email,
      $phone_number: values.phone,
      $customer_id: values.customer,
      $first_name: values.first_name,
      $last_name: values.last_name,
      $city: values.city,
      $state: values.state,
      $zip_code: values.zip,
      $country_code: values.country,
      ...(values.ip && { $ip: values.ip }),
      ...(values.user_agent && { $user_agent: values.user_agent }),
    },
    aliases: [],
  }
}

/**
 * Reads the page's context, with the visitor's decision, from the order's attributes: lines such as `__converge: {…}` in
 * Shopify's CSV, a list in its JSON.
 */
function readNotes(notes: string): Record<string, unknown> {
  const listed = notes.startsWith('[') ? listOf(parse(notes)) : []
  const entry = listed.find(({ key, name }) => key === '__converge' || name === '__converge')
  return readContext(entry ? entry.value : /^__converge: *(\{.*\})$/m.exec(notes)?.[1])
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter(isRecord) : []
  } catch {
    return []
  }
}
