import { defaultSkipSourceNames, defaultStatuses } from '../../server/sources/source-options.ts'
import type { Source } from '../../server/sources/sources.ts'
import { plainStatus, whyNoPurchase } from '../orders-file/order-status.ts'
import type { FileOrder } from '../orders-file/read-orders.ts'

/** Milliseconds. A shop's webhook may take some minutes. */
const RECENT = 15 * 60_000

/** Shopify's statuses of paid orders. */
const paidAtShopify = ['paid', 'partially-refunded']

export interface OrderRules {
  /** Why an order is not expected, or `undefined`. */
  whyLeftOut: (order: FileOrder) => string | undefined
  /** Why an order must not be sent, or `undefined`. */
  whyUnsafe: (order: FileOrder) => string | undefined
}

/** The rules of a source. Without one, those of every kind of shop. `now` is in milliseconds since 1970. */
export function createRules(source: Source | undefined, now: number): OrderRules {
  const skipped = source ? source.skipSourceNames : defaultSkipSourceNames
  const statuses = source ? source.statuses : defaultStatuses
  const paid = [
    ...(source?.type === 'woocommerce' ? [] : paidAtShopify),
    ...(source?.type === 'shopify' ? [] : statuses),
  ].map(plainStatus)

  function whyLeftOut({ values, time }: FileOrder): string | undefined {
    const { source_name } = values
    if (source_name && skipped.some((name) => name === source_name)) return source_name
    return whyNoPurchase(values) ?? (time > now - RECENT ? 'placed within the last 15 minutes' : undefined)
  }

  return {
    whyLeftOut,
    whyUnsafe(order) {
      const { status = '' } = order.values
      const reason = whyLeftOut(order)
      if (reason !== undefined) return reason
      return paid.includes(plainStatus(status))
        ? undefined
        : `its status is ${plainStatus(status) || 'empty'}, not ${paid.join(' or ')}`
    },
  }
}
