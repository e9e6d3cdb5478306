import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** True if PHP is installed, which runs the plugin. */
export const hasPhp = spawnSync('php', ['--version']).status === 0
if (!hasPhp) console.warn('php is not installed: the tests of the WooCommerce plugin are left out.')

/** A WooCommerce page, as wordpress.php reads it. */
export interface WooCommercePage {
  /** The ID of the product that the page shows. */
  product?: number
  /** The category that the page shows. */
  term?: { term_id: number; name: string }
  is_checkout?: boolean
  query_vars?: { 'order-received'?: number; 'order-pay'?: number }
  get?: Record<string, unknown>
  products?: Record<number, { name: string; price?: number | string; type?: string; [field: string]: unknown }>
  order?: StoredOrder
  cart?: { product: number; quantity: number }[]
  totals?: Record<string, unknown>
  /** The buttons that add a product by AJAX. */
  buttons?: { product: number; quantity?: number }[]
  /** The shop's setting. Default 2. */
  decimals?: number
}

/** An order as in WooCommerce's objects, with all decimals of its amounts. */
export interface StoredOrder {
  id: number
  order_key: string
  status: string
  created_via: string
  currency: string
  total: string
  total_tax: string
  shipping_total: string
  discount_total: string
  billing_email: string
  billing_phone: string
  billing_country: string
  items: {
    product_id: number
    variation_id?: number
    name: string
    quantity: number
    total: string
    total_tax: string
  }[]
}

/** The output of the real plugin for a page. */
export function printPage(page: WooCommercePage): string {
  const plugin = file('../../examples/woocommerce/converge-tiktok.php')
  const run = spawnSync('php', ['-d', 'display_errors=stderr', file('wordpress.php'), plugin], {
    input: JSON.stringify(page),
    encoding: 'utf8',
    timeout: 20_000,
  })
  if (run.status !== 0 || run.stderr) throw new Error(`php failed: ${run.stderr}${run.stdout}`)
  return run.stdout
}

/** Amounts as in WooCommerce's webhook: `wc_format_decimal` is PHP's `number_format`, which rounds half up. */
export function formatAmounts(amounts: string[], decimals: number): string[] {
  const code =
    "echo json_encode(array_map(fn($a) => number_format((float) $a, (int) $argv[1], '.', ''), json_decode(file_get_contents('php://stdin'))));"
  const { stdout } = spawnSync('php', ['-r', code, String(decimals)], {
    input: JSON.stringify(amounts),
    encoding: 'utf8',
  })
  return JSON.parse(stdout)
}

/** The JSON that the plugin prints for converge-storefront.js. */
export function readPage(html: string): Record<string, unknown> {
  const [, json] = /<script type="application\/json" id="converge-page">(.*?)<\/script>/s.exec(html) ?? []
  if (json === undefined) throw new Error(`The page has no JSON: ${html}`)
  return JSON.parse(json)
}

const paid = {
  order_key: 'wc_order_58d2d042d1d',
  status: 'processing',
  created_via: 'checkout',
  currency: 'EUR',
  shipping_total: '0',
  discount_total: '0',
  billing_email: 'jane@example.com',
  billing_phone: '0171 2345678',
  billing_country: 'DE',
}

/** Two caps and a scarf, in a shop with prices without tax. */
export const storedOrder: StoredOrder = {
  ...paid,
  id: 727,
  total: '88.81',
  total_tax: '14.98',
  items: [
    { product_id: 93, variation_id: 94, name: 'Cap - Red', quantity: 2, total: '36.8', total_tax: '6.99' },
    { product_id: 22, name: 'Scarf &amp; more', quantity: 1, total: '37.03', total_tax: '7.99' },
  ],
}

/** The thank-you page of an order. */
export function thankYou(order: StoredOrder, page: WooCommercePage = {}): WooCommercePage {
  return {
    is_checkout: true,
    query_vars: { 'order-received': order.id },
    get: { key: order.order_key },
    products: {
      94: { name: 'Cap - Red', parent_id: 93, price: 21.9, sku: 'CAP-RED' },
      22: { name: 'Scarf', price: 45 },
    },
    order,
    ...page,
  }
}
