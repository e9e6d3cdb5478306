// The shop's data in the format of Converge's events.
import type { EventName, Item, PropertiesOf } from '../../../src/types.ts'
import { type Html, html, json } from '../html.ts'
import { currency, type Product, type Variant, vendor } from './catalog.ts'
import type { Line, Order } from './visitors.ts'

/** The code of a call in the page. */
export function track<Name extends EventName | (string & {})>(eventName: Name, properties: PropertiesOf<Name>): Html {
  return html`<script>
converge.track(${json(eventName)}, ${json(properties)})
</script>`
}

export function itemOf({ product, variant, quantity }: Line): Item {
  return { ...viewedItem(product, variant), quantity }
}

/** A viewed product has no quantity. */
export function viewedItem({ product_id, name, category }: Product, variant: Variant): Item {
  const { variant_id, sku, price } = variant
  return { product_id, variant_id, sku, name, variant_name: variant.name, price, currency, vendor, category }
}

export interface Totals {
  goods: number
  total_price: number
  total_tax: number
  total_shipping: number
}

const freeFrom = 75
const shipping = 4.9
const tax = 0.19

export function totalsOf(lines: Line[]): Totals {
  const goods = cents(lines.reduce((sum, { variant, quantity }) => sum + variant.price * quantity, 0))
  const total_shipping = goods < freeFrom ? shipping : 0
  const total_price = cents(goods + total_shipping)
  return { goods, total_price, total_tax: cents(total_price - total_price / (1 + tax)), total_shipping }
}

/** The properties of checkout and order events. */
export function checkoutOf(lines: Line[]): PropertiesOf<'Started Checkout'> {
  const { total_price, total_tax, total_shipping } = totalsOf(lines)
  return { total_price, total_tax, total_shipping, currency, items: lines.map(itemOf) }
}

export function placedOrder({ id, lines, contact, isNewCustomer }: Order): PropertiesOf<'Placed Order'> {
  return {
    id,
    ...checkoutOf(lines),
    $is_new_customer: isNewCustomer,
    $email: contact.email,
    $phone_number: contact.phone,
    $first_name: contact.first_name,
    $last_name: contact.last_name,
    $city: contact.city,
    $zip_code: contact.zip_code,
    $country_code: 'DE',
  }
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100
}
