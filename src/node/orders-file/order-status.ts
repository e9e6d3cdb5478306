/** Statuses of orders that were not paid, of Shopify, WooCommerce and others, in lower case. */
const unpaid = new Set([
  'pending',
  'authorized',
  'voided',
  'expired',
  'unpaid',
  'failed',
  'cancelled',
  'canceled',
  'on-hold',
  'draft',
  'checkout-draft',
  'auto-draft',
  'trash',
])

/** Exports differ in case and in WooCommerce's prefix. */
export const plainStatus = (status: string): string =>
  status.trim().toLowerCase().replace(/^wc-/, '').replace(/_/g, '-')

/** Why an order is no purchase, in a few words, or `undefined` if it may be one. */
export function whyNoPurchase({
  status,
  cancelled,
  test,
}: {
  status?: string | undefined
  cancelled?: string | undefined
  test?: string | undefined
}): string | undefined {
  if (test && plainStatus(test) === 'true') return 'test order'
  if (cancelled) return 'cancelled'
  return status && unpaid.has(plainStatus(status)) ? plainStatus(status) : undefined
}
