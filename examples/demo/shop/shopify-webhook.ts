// Shopify's webhook orders/paid, as a shop on Shopify would send it: the body of an order, signed.
import { createHmac } from 'node:crypto'
import type { Decision } from '../../../src/types.ts'
import { currency, vendor } from './catalog.ts'
import { totalsOf } from './converge.ts'
import type { Order } from './visitors.ts'

/** The key that signs the demo shop's webhooks. It protects nothing, because both sides run here. */
export const shopifySecret = 'shpss_of_the_demo_shop'

/** The request that Shopify makes when an order is paid. `consent` is the visitor's answer, which the theme has stored. */
export function ordersPaid(url: string, order: Order, consent: Decision | undefined): Request {
  const body = JSON.stringify(toShopifyOrder(order, consent))
  const signature = createHmac('sha256', shopifySecret).update(body).digest('base64')
  const headers = {
    'Content-Type': 'application/json',
    'X-Shopify-Topic': 'orders/paid',
    'X-Shopify-Shop-Domain': 'northern-light.myshopify.example',
    'X-Shopify-Hmac-Sha256': signature,
  }
  return new Request(url, { method: 'POST', headers, body })
}

function toShopifyOrder({ id, lines, contact, isNewCustomer }: Order, consent: Decision | undefined): object {
  const { total_price, total_tax, total_shipping } = totalsOf(lines)
  const { first_name, last_name, phone, city, zip_code: zip } = contact
  const now = new Date().toISOString()
  return {
    id,
    name: `#${id}`,
    test: false,
    created_at: now,
    processed_at: now,
    cancelled_at: null,
    financial_status: 'paid',
    source_name: 'web',
    currency,
    presentment_currency: currency,
    taxes_included: true,
    email: contact.email,
    phone: null,
    note_attributes: [{ name: '__converge', value: JSON.stringify({ consent: { marketing: consent } }) }],
    discount_codes: [],
    current_total_price_set: moneySet(total_price),
    current_total_tax_set: moneySet(total_tax),
    total_price_set: moneySet(total_price),
    total_tax_set: moneySet(total_tax),
    customer: { id: `7${id}`, email: contact.email, first_name, last_name, phone, orders_count: isNewCustomer ? 1 : 2 },
    billing_address: { first_name, last_name, phone, city, zip, province_code: null, country_code: 'DE' },
    shipping_address: null,
    line_items: lines.map(({ product, variant, quantity }) => ({
      product_id: product.product_id,
      variant_id: variant.variant_id,
      sku: variant.sku,
      title: product.name,
      variant_title: variant.name,
      vendor,
      quantity,
      current_quantity: quantity,
      price_set: moneySet(variant.price),
    })),
    shipping_lines: [{ title: 'Standard', is_removed: false, price_set: moneySet(total_shipping), tax_lines: [] }],
  }
}

function moneySet(amount: number): object {
  const money = { amount: amount.toFixed(2), currency_code: currency }
  return { shop_money: money, presentment_money: money }
}
