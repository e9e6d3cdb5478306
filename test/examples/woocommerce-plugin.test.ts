import { describe, expect, test } from 'vitest'
import { copyRecord, createEvent } from '../../src/core/event.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { EventParameters } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { startSources } from '../server/sources/start-sources.ts'
import { wooCommerceOrder } from '../server/sources/woocommerce-order.ts'
import {
  formatAmounts,
  hasPhp,
  printPage,
  readPage,
  type StoredOrder,
  storedOrder,
  thankYou,
} from './woocommerce-page.ts'

const shown = (page: Parameters<typeof printPage>[0]) => readPage(printPage(page))

describe.skipIf(!hasPhp)('the plugin, run by PHP', () => {
  test.each(['processing', 'completed'])('an order with the status %s is in its thank-you page', (status) => {
    expect(shown(thankYou({ ...storedOrder, status })).order).toMatchObject({ id: '727', total_price: '88.81' })
  })

  test.each(['pending', 'on-hold', 'failed', 'cancelled', 'refunded', 'checkout-draft', 'trash', 'my-status'])(
    'an order with the status %s is not in its thank-you page, and is not a checkout either',
    (status) => {
      expect(shown(thankYou({ ...storedOrder, status }))).toEqual({ currency: 'EUR' })
    },
  )

  test('a renewal is distinguished from an order', () => {
    const page = shown(thankYou({ ...storedOrder, created_via: 'subscription' }))
    expect(Object.keys(page)).toEqual(['currency', 'renewal'])
    expect(page.renewal).toMatchObject({ id: '727', total_price: '88.81' })
  })

  test.each<[title: string, get: Record<string, unknown>]>([
    ['another key', { key: 'wc_order_guessed' }],
    ['no key', {}],
    ['a list of keys', { key: [storedOrder.order_key] }],
  ])('a visitor with %s does not see the order', (_, get) => {
    expect(shown(thankYou(storedOrder, { get }))).toEqual({ currency: 'EUR' })
  })

  const checkout = {
    is_checkout: true,
    products: { 22: { name: 'Scarf', price: 45 } },
    cart: [{ product: 22, quantity: 2 }],
    totals: { total: '90.00', total_tax: '14.37', shipping_total: '0', discount_total: '0' },
  }

  test('a checkout contains the cart', () => {
    expect(shown(checkout).checkout).toMatchObject({ total_price: '90.00', items: [{ product_id: 22, quantity: 2 }] })
  })

  test.each<[title: string, page: object]>([
    [
      'the order-pay page',
      { query_vars: { 'order-pay': 727 }, cart: [], order: { ...storedOrder, status: 'pending' } },
    ],
    ['the order-pay page, with a cart of something else', { query_vars: { 'order-pay': 727 }, order: storedOrder }],
    ['a checkout with an empty cart', { cart: [] }],
  ])('%s does not start a checkout', (_, page) => {
    expect(shown({ ...checkout, ...page })).toEqual({ currency: 'EUR' })
  })

  test('names are plain text, whatever WordPress stores', () => {
    const name = 'Set &amp; more &#8211; &quot;caf&eacute;&quot; &lt;/script&gt;'
    const text = 'Set & more – "café" </script>'
    const products = { 22: { name, price: 45 }, 94: { name, price: 21.9, parent_id: 93 } }
    expect(shown({ product: 22, products }).product).toMatchObject({ name: text })
    expect(shown({ term: { term_id: 7, name } }).collection).toEqual({ id: 7, name: text })
    expect(shown({ ...checkout, products }).checkout).toMatchObject({ items: [{ name: text }] })
    const items = storedOrder.items.map((line) => ({ ...line, name }))
    expect(shown(thankYou({ ...storedOrder, items })).order).toMatchObject({ items: [{ name: text }, { name: text }] })
  })

  test('a grouped product contains its children, except deleted ones', () => {
    const products = {
      30: { name: 'Set', type: 'grouped', price: '', children: [22, 404, 93] },
      22: { name: 'Scarf', price: 45 },
      93: { name: 'Cap', price: 19.9 },
    }
    expect(shown({ product: 30, products })).toMatchObject({
      product: { product_id: 30, name: 'Set' },
      children: [
        { product_id: 22, price: 45 },
        { product_id: 93, price: 19.9 },
      ],
    })
    expect(shown({ product: 22, products })).not.toHaveProperty('children')
  })
})

/** What TikTok gets of an order from its thank-you page. */
function fromPage(order: StoredOrder, decimals: number): EventParameters | undefined {
  const event = createEvent('Placed Order', copyRecord(shown(thankYou(order, { decimals })).order), undefined, () => '')
  const config = { pixelId }
  return route(event, readRules(config), config)?.[0]?.parameters
}

/** The event of the same order from WooCommerce's webhook, whose amounts have the shop's decimals. */
async function fromWebhook(order: StoredOrder, decimals: number): Promise<EventParameters | undefined> {
  const totals = formatAmounts(
    order.items.map(({ total }) => total),
    decimals,
  )
  const taxes = formatAmounts(
    order.items.map(({ total_tax }) => total_tax),
    decimals,
  )
  const line_items = order.items.map(({ variation_id = 0, ...line }, index) => ({
    ...line,
    variation_id,
    total: totals[index],
    total_tax: taxes[index],
    price: Number(line.total) / line.quantity,
    sku: '',
  }))
  const body = { ...wooCommerceOrder, ...order, line_items }
  const { fromWooCommerce, outbox } = startSources()
  await fromWooCommerce(body)
  return outbox.kept[0]?.data.properties
}

const oneLine = (quantity: number, total: string, total_tax: string) => ({
  ...storedOrder,
  total: (Number(total) + Number(total_tax)).toFixed(2),
  total_tax,
  items: [{ product_id: 22, name: 'Caf&eacute; &amp; more', quantity, total, total_tax }],
})

describe.skipIf(!hasPhp)('one order, from its page and from the webhook', () => {
  test.each<[title: string, order: StoredOrder, prices: number[], decimals?: number]>([
    ['prices that are entered without tax', storedOrder, [21.895, 45.02]],
    ['a price of 10 that includes 19 % of tax, stored with all decimals', oneLine(1, '8.403361', '1.596639'), [10]],
    ['three of them', oneLine(3, '25.210084', '4.789916'), [10]],
    ['halves of a cent', oneLine(1, '8.405', '1.595'), [10.01]],
    ['a discount that leaves thirds', oneLine(3, '10', '0'), [3.3333]],
    ['no tax', oneLine(4, '50', '0'), [12.5]],
    ['a gift', oneLine(1, '0', '0'), [0]],
    ['a currency without decimals', oneLine(2, '1800.4', '180.4'), [990], 0],
    ['a currency of three decimals', oneLine(1, '12.345', '1.2345'), [13.58], 3],
  ])('has one value, and one price for each item: %s', async (_, order, prices, decimals = 2) => {
    const page = fromPage(order, decimals) ?? expect.fail('the page sends nothing')
    const webhook = (await fromWebhook(order, decimals)) ?? expect.fail('the webhook sends nothing')
    const told = ({ value, contents = [] }: EventParameters) => ({ value, contents })
    expect(told(webhook)).toEqual(told(page))
    expect(page.contents?.map(({ price = Number.NaN }) => Number(price.toFixed(4)))).toEqual(prices)
    expect([page.order_id, page.value]).toEqual(['727', Number(order.total)])
  })
})
