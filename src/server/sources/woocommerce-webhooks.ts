import { readText } from '../../core/read.ts'
import type { ShopSystem } from './shop-system.ts'
import { fromWooCommerceOrder } from './woocommerce.ts'

const orderTopics = ['order.created', 'order.updated']

/** WooCommerce's webhooks, signed with the secret under WooCommerce › Settings › Advanced › Webhooks. */
export const woocommerce: ShopSystem = {
  name: 'WooCommerce',
  signatureHeader: 'x-wc-webhook-signature',
  // WooCommerce sends it as an unsigned form when the webhook is saved.
  isPing: (body) => /^webhook_id=\d{1,20}$/.test(body),
  read(order, headers, { statuses }) {
    const topic = headers.get('x-wc-webhook-topic') ?? ''
    if (topic && !orderTopics.includes(topic))
      return { kind: 'skip', reason: 'topic: this webhook is neither order.created nor order.updated' }
    const status = readText(order.status)
    if (!statuses.includes(status))
      return { kind: 'skip', reason: `status: statuses does not contain ${statusWords(status)}` }
    return { kind: 'order', event: fromWooCommerceOrder(order) }
  },
}

const statusWords = (status: string): string => (/^[a-z\d-]{1,40}$/.test(status) ? status : "this order's status")
