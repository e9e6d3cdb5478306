// Bodies of Shopify's webhooks orders/paid and orders/create, version 2025-10, with the fields that real shops' bodies have.
// Personal details are replaced.

interface Amounts {
  amount: string
  currency_code: string
}

export interface MoneySet {
  shop_money: Amounts
  presentment_money: Amounts
}

/** An amount of a shop in euros that was paid in dollars. */
export const money = (shop: string, presentment: string): MoneySet => ({
  shop_money: { amount: shop, currency_code: 'EUR' },
  presentment_money: { amount: presentment, currency_code: 'USD' },
})

/** An amount that was paid in the shop's own currency. */
export const euros = (amount: string): MoneySet => ({
  shop_money: { amount, currency_code: 'EUR' },
  presentment_money: { amount, currency_code: 'EUR' },
})

/** A line of an order in euros. */
export function lineOf(parts: {
  id: number
  title: string
  price: string
  quantity: number
  current_quantity?: number
}) {
  const { id, title, price, quantity, current_quantity = quantity } = parts
  return {
    id: 13688971490000 + id,
    admin_graphql_api_id: `gid://shopify/LineItem/${13688971490000 + id}`,
    attributed_staffs: [],
    current_quantity,
    fulfillable_quantity: current_quantity,
    fulfillment_service: 'manual',
    fulfillment_status: null,
    gift_card: false,
    grams: 120,
    name: title,
    price,
    price_set: euros(price),
    product_exists: true,
    product_id: 9000 + id,
    properties: [],
    quantity,
    requires_shipping: true,
    sku: `SKU-${id}`,
    taxable: true,
    title,
    total_discount: '0.00',
    total_discount_set: euros('0.00'),
    variant_id: 90000 + id,
    variant_inventory_management: 'shopify',
    variant_title: null,
    vendor: 'Milliner',
    tax_lines: [],
    duties: [],
    discount_allocations: [],
  }
}

/** A shipping line in euros. The price contains `tax` if the shop's prices include taxes. */
export function shippingOf(price: string, tax: string, paid = price) {
  return {
    id: 4946484101420,
    carrier_identifier: null,
    code: 'Standard',
    current_discounted_price_set: euros(paid),
    discounted_price: paid,
    discounted_price_set: euros(paid),
    is_removed: false,
    phone: null,
    price,
    price_set: euros(price),
    requested_fulfillment_service_id: null,
    source: 'shopify',
    title: 'Standard',
    tax_lines: [{ channel_liable: false, price: tax, price_set: euros(tax), rate: 0.19, title: 'DE VAT' }],
    discount_allocations: [],
  }
}

const now = new Date().toISOString().replace(/\.\d+Z$/, '+00:00')

/** An order of a shop in euros, paid in dollars. Its prices exclude taxes. */
export const shopifyOrder = {
  id: 5678901234567,
  admin_graphql_api_id: 'gid://shopify/Order/5678901234567',
  app_id: 580111,
  browser_ip: '203.0.113.9',
  buyer_accepts_marketing: true,
  cancel_reason: null,
  cancelled_at: null as string | null,
  cart_token: 'hWN1C2xOa4Gv7XpJ5kZ9bQ',
  checkout_id: 40123456789012,
  checkout_token: '7df6264faff82e3bdf73d0ba225dd00e',
  client_details: {
    accept_language: 'en-US',
    browser_height: null,
    browser_ip: '203.0.113.9',
    browser_width: null,
    session_hash: null,
    user_agent: 'Mozilla/5.0 (iPhone)',
  },
  closed_at: null,
  company: null,
  confirmation_number: '4TW0ETH8T',
  confirmed: true,
  contact_email: 'jane.doe@example.com',
  created_at: now,
  currency: 'EUR',
  current_shipping_price_set: money('4.50', '4.95'),
  current_subtotal_price: '76.90',
  current_subtotal_price_set: money('76.90', '84.75'),
  current_total_additional_fees_set: null,
  current_total_discounts: '4.60',
  current_total_discounts_set: money('4.60', '5.00'),
  current_total_duties_set: null,
  current_total_price: '86.00',
  current_total_price_set: money('86.00', '94.80'),
  current_total_tax: '4.60',
  current_total_tax_set: money('4.60', '5.10'),
  customer_locale: 'en-US',
  device_id: null,
  discount_codes: [{ code: 'SPRING', amount: '5.00', type: 'fixed_amount' }],
  duties_included: false,
  email: 'Jane.Doe@example.com',
  estimated_taxes: false,
  financial_status: 'paid',
  fulfillment_status: null,
  landing_site: '/products/cap?ttclid=E.C.P.from-landing',
  landing_site_ref: null,
  location_id: null,
  name: '#1042',
  note: null,
  note_attributes: [
    { name: 'gift_message', value: 'Happy birthday' },
    {
      name: '__converge',
      value: JSON.stringify({
        ttclid: 'E.C.P.CrEBabc',
        ttp: '2abCdEfGhIjKlMnOpQrStUvWxYz',
        external_id: 'b'.repeat(64),
        url: 'https://www.shop.example/cart',
        userAgent: 'Mozilla/5.0 (Macintosh)',
        consent: { analytics: 'granted', marketing: 'granted' },
      }),
    },
  ],
  number: 42,
  order_number: 1042,
  order_status_url: 'https://www.shop.example/91740864812/orders/c39a88f2/authenticate?key=5e78c8',
  original_total_duties_set: null,
  payment_gateway_names: ['shopify_payments'],
  phone: null as string | null,
  po_number: null,
  presentment_currency: 'USD',
  processed_at: now,
  reference: null,
  referring_site: 'https://www.tiktok.com/',
  source_identifier: null,
  source_name: 'web',
  source_url: null,
  subtotal_price: '76.90',
  subtotal_price_set: money('76.90', '84.75'),
  tags: '',
  tax_exempt: false,
  tax_lines: [{ price: '4.60', rate: 0.06, title: 'KY State Tax', price_set: money('4.60', '5.10') }],
  taxes_included: false,
  test: false,
  token: 'c39a88f2927d65f36e56c844069b10c4',
  total_discounts: '4.60',
  total_discounts_set: money('4.60', '5.00'),
  total_line_items_price: '81.50',
  total_line_items_price_set: money('81.50', '89.75'),
  total_outstanding: '0.00',
  total_price: '86.00',
  total_price_set: money('86.00', '94.80'),
  total_shipping_price_set: money('4.50', '4.95'),
  total_tax: '4.60',
  total_tax_set: money('4.60', '5.10'),
  total_tip_received: '0.00',
  total_weight: 360,
  updated_at: now,
  user_id: null,
  customer: {
    id: 7654321098765,
    email: 'jane.doe@example.com',
    first_name: 'Jane',
    last_name: 'Doe',
    orders_count: 1,
    phone: '+1 (917) 123-4567',
    state: 'disabled',
    verified_email: true,
  },
  billing_address: {
    first_name: 'Jane',
    last_name: 'Doe',
    address1: 'Chestnut Street 92',
    phone: '917 123 4567',
    city: 'Louisville',
    zip: '40202',
    province: 'Kentucky',
    country: 'United States',
    company: null,
    country_code: 'US',
    province_code: 'KY',
  },
  shipping_address: {
    first_name: 'June',
    last_name: 'Roe',
    address1: 'Rue des Rosiers 5',
    phone: null,
    city: 'Paris',
    zip: '75004',
    province: null,
    country: 'France',
    company: null,
    country_code: 'FR',
    province_code: null,
  },
  line_items: [
    {
      ...lineOf({ id: 10, title: 'Cap', price: '18.10', quantity: 2 }),
      name: 'Cap - Red',
      price_set: money('18.10', '19.90'),
      sku: 'CAP-RED',
      variant_id: 90101,
      variant_title: 'Red',
    },
    {
      ...lineOf({ id: 20, title: 'Scarf', price: '45.40', quantity: 1 }),
      price_set: money('45.40', '49.95'),
      sku: '',
      variant_id: 90201,
    },
  ],
  shipping_lines: [
    {
      ...shippingOf('4.50', '0.30'),
      current_discounted_price_set: money('4.50', '4.95'),
      discounted_price_set: money('4.50', '4.95'),
      price_set: money('4.50', '4.95'),
    },
  ],
  refunds: [],
  returns: [],
}

/** An order of the same shop in its own currency, with these amounts. */
export function inEuros(
  amounts: { total: string; tax: string; discounts?: string; shipping?: string },
  parts: Record<string, unknown>,
) {
  const { total, tax, discounts = '0.00', shipping = '0.00' } = amounts
  return {
    ...shopifyOrder,
    presentment_currency: 'EUR',
    current_total_price: total,
    current_total_price_set: euros(total),
    current_total_tax: tax,
    current_total_tax_set: euros(tax),
    current_total_discounts: discounts,
    current_total_discounts_set: euros(discounts),
    total_price: total,
    total_price_set: euros(total),
    total_tax: tax,
    total_tax_set: euros(tax),
    total_discounts: discounts,
    total_discounts_set: euros(discounts),
    total_shipping_price_set: euros(shipping),
    shipping_lines: [],
    ...parts,
  }
}
