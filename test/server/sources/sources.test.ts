import { describe, expect, test } from 'vitest'
import { checkConfig } from '../../../src/server/check-config.ts'
import type { ForwarderConfig } from '../../../src/server/forwarder.ts'
import { pixelId } from '../../cases/case.ts'
import { batchOf, relayed } from '../relayed.ts'
import { accessToken, shop } from '../start-forwarder.ts'
import { shopifyOrder } from './shopify-order.ts'
import { startSources } from './start-sources.ts'
import { wooCommerceOrder } from './woocommerce-order.ts'

const config = { pixelId, accessToken, allowedOrigins: [shop] }

describe('a config is refused with a sentence because of', () => {
  const shopify = { type: 'shopify', secret: 'a-secret' }
  test.each<[title: string, parts: object, sentence: string]>([
    [
      'two sources with one token',
      { sources: { erp: { token: 'same-token' }, till: { token: ['a-token', 'same-token'] } } },
      'sources.erp and sources.till have the same token. Give each its own token, because the token identifies the source of a request.',
    ],
    [
      'a source with the token of webhookToken',
      { webhookToken: 'same-token', sources: { erp: { token: 'same-token' } } },
      'sources.erp and sources.webhook have the same token. Give each its own token, because the token identifies the source of a request.',
    ],
    [
      'webhookToken beside sources.webhook.token',
      { webhookToken: 'a-token', sources: { webhook: { token: 'another-token' } } },
      'webhookToken and sources.webhook.token are both set. Keep one of them.',
    ],
    [
      'webhookToken beside a source webhook of another type',
      { webhookToken: 'a-token', sources: { webhook: shopify } },
      'webhookToken is the token of the source webhook, whose type is shopify. Give that source another name.',
    ],
    ...['Shop', '1st', 'a_b', '', 'a'.repeat(33), 'a/b', 'a.b', '__proto__x', 'käse'].map(
      (name): [string, object, string] => [
        `the name ${JSON.stringify(name)}`,
        { sources: { [name]: shopify } },
        `sources: ${JSON.stringify(name)} is not a valid source name. Use up to 32 lowercase letters, digits and hyphens, starting with a letter.`,
      ],
    ),
    ...['events', 'health', 'admin', 'metrics'].map((name): [string, object, string] => [
      `the name of the route ${name}`,
      { sources: { [name]: shopify } },
      `sources: "${name}" is the name of a route. Choose another source name.`,
    ]),
    [
      'a misspelled option',
      { sources: { shop: { ...shopify, enabeld: false } } },
      'sources.shop has no option enabeld. Did you mean enabled?',
    ],
    [
      'an option of another type',
      { sources: { shop: { ...shopify, statuses: ['processing'] } } },
      'sources.shop has no option statuses. Use type, enabled, mapping, filters, secret, orders, skipSourceNames',
    ],
    [
      'an unknown type',
      { sources: { shop: { type: 'shopfy', secret: 'a-secret' } } },
      'sources.shop.type is "shopfy", not one of web, webhook, shopify, woocommerce. Did you mean shopify?',
    ],
    [
      'a source of the type web with another name',
      { sources: { shop: { type: 'web' } } },
      'sources.shop.type is web. The source named web must have the type web, and no other source may have it.',
    ],
    [
      'the source web with another type',
      { sources: { web: { type: 'webhook', token: 'a-token' } } },
      'sources.web.type is webhook. The source named web must have the type web, and no other source may have it.',
    ],
    [
      'the page’s value of orders for Shopify',
      { sources: { shop: { ...shopify, orders: 'client' } } },
      'sources.shop.orders is "client", not one of paid, created',
    ],
    [
      'Shopify’s value of orders for the page',
      { sources: { web: { orders: 'paid' } } },
      'sources.web.orders is "paid", not one of client, client_and_server',
    ],
    [
      'a webhook without a token',
      { sources: { erp: {} } },
      'sources.erp.token is missing. Without it, anybody could send orders.',
    ],
    [
      'an empty list of secrets',
      { sources: { shop: { type: 'shopify', secret: [] } } },
      'sources.shop.secret is missing. Without it, anybody could send orders.',
    ],
    [
      'a token with a space',
      { sources: { erp: { token: ['a-token', 'secret token'] } } },
      'sources.erp.token must be text without spaces, or a list of it.',
    ],
    [
      'a blank secret',
      { sources: { shop: { type: 'shopify', secret: ' ' } } },
      'sources.shop.secret must be text that is not blank, or a list of it.',
    ],
    [
      'statuses as they are in WooCommerce’s database',
      { sources: { shop: { type: 'woocommerce', secret: 'a-secret', statuses: ['processing', 'wc-completed'] } } },
      'sources.shop.statuses is ["processing","wc-completed"], not a list of one or more statuses in lower case and without the prefix wc-, such as ["processing", "completed"]',
    ],
    [
      'statuses as they are shown in WooCommerce',
      { sources: { shop: { type: 'woocommerce', secret: 'a-secret', statuses: ['Completed'] } } },
      'sources.shop.statuses is ["Completed"], not a list of one or more statuses in lower case and without the prefix wc-, such as ["processing", "completed"]',
    ],
    [
      'a status with a space',
      { sources: { shop: { type: 'woocommerce', secret: 'a-secret', statuses: ['completed '] } } },
      'sources.shop.statuses is ["completed "], not a list of one or more statuses in lower case and without the prefix wc-, such as ["processing", "completed"]',
    ],
    [
      'no status, because no order would count',
      { sources: { shop: { type: 'woocommerce', secret: 'a-secret', statuses: [] } } },
      'sources.shop.statuses is [], not a list of one or more statuses in lower case and without the prefix wc-, such as ["processing", "completed"]',
    ],
    [
      'a mapping mode of a source',
      { sources: { shop: { ...shopify, mapping: { mode: 'custom' } } } },
      'sources.shop.mapping.mode is not an option. Set mapping.mode, which applies to all sources.',
    ],
    [
      'an invalid mapping row of a source',
      { sources: { shop: { ...shopify, mapping: { events: { 'Placed Order': 'My Purchase' } } } } },
      'sources.shop.mapping.events.Placed Order is "My Purchase", not a TikTok event name: up to 50 letters, digits, - or _, first a letter, last a letter or digit',
    ],
    [
      'an invalid filter of a source',
      { sources: { shop: { ...shopify, filters: [{ event: '*', any: [] }] } } },
      'sources.shop.filters[0].any is [], not a list of conditions',
    ],
    ['a list of sources', { sources: [shopify] }, 'sources is not an object'],
    ['a source that is text', { sources: { shop: 'a-secret' } }, 'sources.shop is not an object'],
  ])('%s', (_, parts, sentence) => {
    expect(() => checkConfig({ ...config, ...parts })).toThrow(new Error(`converge-tiktok: ${sentence}`))
  })

  test('a secret, which the sentence never repeats', () => {
    const secrets: object[] = [
      { sources: ['very-secret'] },
      { sources: { a: 'very-secret' } },
      { sources: { a: { token: { value: 'very-secret' } } } },
      { sources: { a: { token: 'very-secret with a space' } } },
      { sources: { a: { token: 'very-secret' }, b: { token: 'very-secret' } } },
      { sources: { a: { type: 'shopify', secret: ['very-secret', 7] } } },
      { sources: { a: { token: 'very-secret', type: 'shopify' } } },
    ]
    for (const parts of secrets) {
      const check = () => checkConfig({ ...config, ...parts })
      expect(check).toThrow(/^converge-tiktok: sources/)
      expect(check).not.toThrow(/very-secret/)
    }
  })
})

test('a config without sources has the page, and the webhook of webhookToken', () => {
  const names = (parts: Partial<ForwarderConfig>) =>
    checkConfig({ ...config, ...parts }).sources.all.map(({ name }) => name)
  expect(names({})).toEqual(['web'])
  expect(names({ webhookToken: 'a-token' })).toEqual(['web', 'webhook'])
})

const signedOrder = { event_name: 'Placed Order', properties: { id: '1001', total_price: 5, currency: 'EUR' } }

/** The TikTok events that each source sends of one order, or what it came to instead. */
async function sentBy(parts: Partial<ForwarderConfig>, own: { web?: object; shopify?: object; erp?: object } = {}) {
  const sources: ForwarderConfig['sources'] = { web: { ...own.web }, erp: { token: 'token-of-erp', ...own.erp } }
  const started = startSources({ ...parts, sources }, { shopify: own.shopify ?? {} })
  const names = () => started.outbox.kept.splice(0).map(({ data }) => data.event)
  await started.postEvents(batchOf(relayed({ time: Date.now() })))
  const web = names()
  const customer = { ...shopifyOrder.customer, orders_count: 2 }
  await started.fromShopify({ ...shopifyOrder, customer })
  const shopify = names()
  await started.postWebhook(signedOrder, { 'x-webhook-token': 'token-of-erp' })
  return { web, shopify, erp: names() }
}

describe('the rules of a source', () => {
  test('are those of the destination if it has none of its own', async () => {
    expect(await sentBy({})).toEqual({ web: ['Purchase'], shopify: ['Purchase'], erp: ['Purchase'] })
  })

  test('replace the rows of the same event, only for this source', async () => {
    const mapping = { events: { 'Placed Order': ['ShopPurchase', 'Contact'] } }
    expect(await sentBy({}, { shopify: { mapping } })).toEqual({
      web: ['Purchase'],
      shopify: ['ShopPurchase', 'Contact'],
      erp: ['Purchase'],
    })
    expect(await sentBy({}, { erp: { mapping: { events: { 'Placed Order': false } } } })).toMatchObject({ erp: [] })
  })

  test('leave the rows of other events as the destination has them', async () => {
    const mapping = { events: { 'Placed Order': 'ShopPurchase' } }
    const own = { events: { Lead: 'Contact' } }
    expect(await sentBy({ mapping }, { shopify: { mapping: own } })).toMatchObject({ shopify: ['ShopPurchase'] })
  })

  test('filter events that pass the filters of the destination, only for this source', async () => {
    const dear = [
      { event: 'Placed Order', any: [{ property: 'total_price', operator: 'greater_than', value: 50 }] },
    ] as const
    const cheap = [{ event: '*', any: [{ property: 'total_price', operator: 'lower_than', value: 50 }] }]
    expect(await sentBy({}, { shopify: { filters: cheap } })).toMatchObject({ shopify: [], erp: ['Purchase'] })
    expect(await sentBy({ filters: dear })).toMatchObject({ shopify: ['Purchase'], erp: [] })
    expect(await sentBy({ filters: dear }, { shopify: { filters: cheap } })).toMatchObject({ shopify: [], erp: [] })
  })

  test('see the name of the source as $source, in filters', async () => {
    const filters = [{ event: '*', any: [{ property: '$source', operator: 'equal', value: 'shopify' }] }] as const
    expect(await sentBy({ filters })).toMatchObject({ shopify: ['Purchase'], erp: [] })
  })

  test('see the name of the source as $source, in conditions', async () => {
    const when = { property: '$source', operator: 'in', value: ['erp', 'crm'] } as const
    const mapping = { events: { 'Placed Order': ['Purchase', { event: 'ErpOrder', when }] } } as const
    expect(await sentBy({ mapping })).toMatchObject({ shopify: ['Purchase'], erp: ['Purchase', 'ErpOrder'] })
  })

  test('ignore a $source that a sender sets', async () => {
    const filters = [{ event: '*', any: [{ property: '$source', operator: 'equal', value: 'shopify' }] }] as const
    const { postWebhook, outbox } = startSources({ filters, sources: { erp: { token: 'token-of-erp' } } })
    const properties = { ...signedOrder.properties, $source: 'shopify' }
    const { body } = await postWebhook({ ...signedOrder, properties }, { 'x-webhook-token': 'token-of-erp' })
    expect([body.statuses, outbox.kept]).toEqual([{ filtered: 1 }, []])
  })

  test('of the source web are in the page’s config', async () => {
    const web = {
      mapping: { events: { Lead: 'Contact' } },
      filters: [{ event: 'Lead', any: [{ property: 'vip', operator: 'is_set' }] }],
    } as const
    const filters = [{ event: '*', any: [{ property: '$source', operator: 'equal', value: 'web' }] }] as const
    const { fetch } = startSources({
      filters,
      mapping: { mode: 'custom', events: { Signup: 'Subscribe' } },
      sources: { web },
    })
    const script = await (await fetch(new Request(`${shop}/relay/converge.js`))).text()
    const served = JSON.parse(/config:(\{.*\}),isServed/.exec(script)?.[1] ?? '')
    expect(Object.keys(served.mapping.events)).toEqual(['Signup', 'Lead'])
    expect(served.filters).toEqual([...filters, ...web.filters])
    expect(JSON.stringify(served)).not.toMatch(/token|secret|sources/)
  })
})

describe('if the orders of the page stay in the browser', () => {
  const web = { orders: 'client' }

  test('a page’s order is not accepted, and a signed source’s is sent', async () => {
    expect(await sentBy({}, { web })).toEqual({ web: [], shopify: ['Purchase'], erp: ['Purchase'] })
  })

  test('other events of the page are accepted', async () => {
    const { postEvents } = startSources({ sources: { web: { orders: 'client' } } })
    const cart = relayed({
      time: Date.now(),
      eventName: 'Added To Cart',
      send: [{ event: 'AddToCart', parameters: {} }],
    })
    expect((await postEvents(batchOf(cart))).body.accepted).toBe(1)
  })

  test('the page’s config sends each row of an order by browser only', async () => {
    const events = {
      'Placed Order': [
        'Purchase',
        { event: 'ServerOrder', forward: 'server' },
        { event: 'BrowserOrder', forward: 'client' },
      ],
    } as const
    const { fetch } = startSources({ mapping: { events }, sources: { web: { orders: 'client' } } })
    const script = await (await fetch(new Request(`${shop}/relay/converge.js`))).text()
    expect(script).toContain(
      '"Placed Order":[{"event":"Purchase","forward":"client"},{"event":"BrowserOrder","forward":"client"}]',
    )
  })

  test('a late order of a signed source is not sent, because the browser has sent it', async () => {
    const processed_at = new Date(Date.now() - 50 * 3_600_000).toISOString()
    const { fromShopify, outbox } = startSources({ sources: { web: { orders: 'client' } } })
    expect((await fromShopify({ ...shopifyOrder, processed_at })).body.statuses).toEqual({ skipped: 1 })
    expect(outbox.kept).toEqual([])
  })
})

test('several shops of one kind each have a source of their own', async () => {
  const sources: ForwarderConfig['sources'] = {
    'shop-de': { type: 'woocommerce', secret: 'a secret' },
    'shop-at': { type: 'woocommerce', secret: 'another secret', enabled: false },
  }
  const { all } = checkConfig({ ...config, sources }).sources
  expect(all.map(({ name, type, isEnabled }) => [name, type, isEnabled])).toEqual([
    ['web', 'web', true],
    ['shop-de', 'woocommerce', true],
    ['shop-at', 'woocommerce', false],
  ])
  const { fromWooCommerce } = startSources({}, {})
  expect((await fromWooCommerce(wooCommerceOrder, 'order.updated', 'shop-de')).status).toBe(404)
})
