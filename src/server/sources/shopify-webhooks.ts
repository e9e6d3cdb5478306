import { readText, recordOf } from '../../core/read.ts'
import type { Fields } from './order-event.ts'
import type { Delivery, ShopSystem } from './shop-system.ts'
import { fromShopifyOrder } from './shopify.ts'
import type { Source } from './sources.ts'

/** Reads a body by its topic. https://shopify.dev/docs/api/webhooks */
const topics: Readonly<Record<string, (body: Fields, source: Source) => Delivery>> = {
  'orders/paid': (order, source) => readOrder(order, source, 'paid'),
  'orders/create': (order, source) => readOrder(order, source, 'created'),
  'customers/redact': (body) => ({ kind: 'erase', person: readPerson(body) }),
  // Shopify sends it to apps that store customer data. The shop must answer the customer, not the app.
  'customers/data_request': () => ({
    kind: 'note',
    message: 'A customer requested their data through Shopify. Answer them with the data of your shop',
  }),
  'shop/redact': () => ({
    kind: 'note',
    message: 'Shopify asks to erase the data of a shop. Nothing is erased, because the shop owns this data',
  }),
  'app/uninstalled': () => ({
    kind: 'note',
    message: 'The Shopify app was uninstalled. It will send no more orders',
  }),
}

/** Shopify's webhooks, signed with the app's client secret, or with the key under Settings › Notifications › Webhooks. */
export const shopify: ShopSystem = {
  name: 'Shopify',
  signatureHeader: 'x-shopify-hmac-sha256',
  isPing: () => false,
  read(body, headers, source) {
    const topic = headers.get('x-shopify-topic') ?? ''
    const read = Object.hasOwn(topics, topic) ? topics[topic] : undefined
    if (!read)
      return {
        kind: 'skip',
        reason: `topic: ${topicWords(topic)} is not a webhook that this source uses. Nothing was sent`,
      }
    return read(body, source)
  },
}

const topicWords = (topic: string): string => (/^[a-z_]{1,40}\/[a-z_]{1,40}$/.test(topic) ? topic : 'This topic')

function readOrder(order: Fields, source: Source, counted: Source['orders']): Delivery {
  if (source.orders !== counted) {
    const wanted = source.orders === 'paid' ? 'orders/paid' : 'orders/create'
    return { kind: 'skip', reason: `topic: orders are counted by ${wanted}, not by this webhook` }
  }
  if (order.test === true) return { kind: 'skip', reason: 'test_order: a test order is not a purchase' }
  if (readText(order.cancelled_at)) return { kind: 'skip', reason: 'cancelled: a canceled order is not a purchase' }
  const sourceName = readText(order.source_name)
  if (source.skipSourceNames.includes(sourceName))
    return { kind: 'skip', reason: `source_name: skipSourceNames contains ${sourceName}` }
  return { kind: 'order', event: fromShopifyOrder(order) }
}

/** https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance */
function readPerson({ customer, orders_to_redact }: Fields): { orderIds: string[] } {
  const { id, email, phone } = recordOf(customer)
  const orderIds = Array.isArray(orders_to_redact) ? orders_to_redact.map(readText) : []
  const person = { email: readText(email), phone: readText(phone), customerId: readText(id) }
  return { ...person, orderIds }
}
