import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { readConfigFile } from '../../src/node/config-file.ts'
import { configSchema } from '../../src/node/config-schema.ts'
import { checkConfig } from '../../src/server/check-config.ts'
import { writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pixelId, shop } from './node-requests.ts'

const isValid = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(configSchema)
const environment = {
  TIKTOK_ACCESS_TOKEN: accessToken,
  A: 'token-a',
  B: 'token-b',
  CONVERGE_WEBHOOK_TOKEN: 'webhook-token',
}

/** Whether the command line takes a file with this in it. */
function isTaken(more: object): boolean {
  try {
    checkConfig(readConfigFile(writeConfig(createFolder(), { ...more }), environment))
    return true
  } catch {
    return false
  }
}

const config = (more: object) => ({ pixelId, allowedOrigins: [shop], ...more })
const filter = { event: 'Lead', any: [{ property: 'vip', operator: 'is_set' }] }
const shopify = { type: 'shopify', secretFrom: 'A' }

test.each<[more: object]>([
  [{}],
  [{ $schema: './node_modules/converge-tiktok/dist/converge.schema.json' }],
  [
    {
      contentId: 'sku',
      contentType: 'product_group',
      value: 'net',
      consent: 'require',
      consentFrom: ['shopify', 'google'],
    },
  ],
  [{ gpc: 'deny', relay: '/converge', load: 'immediate', pageLoads: 'auto', domain: 'shop.example', region: 'us' }],
  [{ relay: 'HTTPS://track.shop.example/r/', limitedDataUse: true, autoConfig: false, debug: true, paused: true }],
  [{ mergeOrders: 240 }],
  [{ trustProxy: true, allowTest: true, eventsApiUrl: 'http://localhost:8080/x', allowedOrigins: [shop, 'null'] }],
  [
    {
      mapping: {
        mode: 'custom',
        events: { Lead: 'Contact', 'My Event': [{ event: 'a-b_1', forward: 'server' }, 'Search'], x: false },
      },
    },
  ],
  [
    {
      mapping: {
        events: {
          Lead: { event: 'X', when: { property: 'a.b', operator: 'in', value: ['a', 1, true], ignoreCase: true } },
        },
      },
    },
  ],
  [{ filters: [filter, { event: '*', any: [{ property: 'a', operator: 'greater_than', value: 5 }] }] }],
  [{ sources: { web: { orders: 'client', enabled: false }, webhook: { filters: [filter] } } }],
  [{ sources: { shop: { ...shopify, orders: 'created', skipSourceNames: [], mapping: { events: { Lead: false } } } } }],
  [
    {
      sources: {
        'woo-1': { type: 'woocommerce', secretFrom: ['A', 'B'], statuses: ['on-hold'] },
        erp: { tokenFrom: 'A' },
      },
    },
  ],
  [{ sources: { erp: { type: 'webhook', tokenFrom: ['A', 'B'], filters: [filter], enabled: true } } }],
])('both the schema and the command line take %j', (more) => {
  expect([isValid(config(more)), isTaken(more)]).toEqual([true, true])
})

const wrong = ['', 'no such value', 7, null, {}, [], [null]]
const choices = ['contentId', 'contentType', 'value', 'consent', 'gpc', 'load', 'pageLoads', 'region']
const switches = ['limitedDataUse', 'autoConfig', 'debug', 'paused', 'trustProxy', 'allowTest']

test.each<[more: object]>([
  ...[...choices, ...switches, 'pixelId', 'relay'].flatMap((name) =>
    wrong.map((value): [object] => [{ [name]: value }]),
  ),
  ...['consentFrom', 'filters', 'allowedOrigins'].map((name): [object] => [{ [name]: ['no such value'] }]),
  [{ pausd: true }],
  [{ mergeOrders: 241 }],
  [{ mergeOrders: 1.5 }],
  [{ accessToken: 'a-token' }],
  [{ webhookToken: 'a-token' }],
  [{ context: {} }],
  [{ mapping: { mode: 'all' } }],
  [{ mapping: { rows: {} } }],
  [{ mapping: { events: { Lead: 'My Lead' } } }],
  [{ mapping: { events: { Lead: 'a'.repeat(51) } } }],
  [{ mapping: { events: { Lead: { forward: 'client' } } } }],
  [{ mapping: { events: { Lead: { event: 'X', forward: 'both' } } } }],
  [{ mapping: { events: { Lead: true } } }],
  [{ filters: [{ event: 'Lead', any: [] }] }],
  [{ filters: [{ event: 'Lead', any: [{ property: 'a', operator: 'equals', value: 1 }] }] }],
  [{ filters: [{ event: 'Lead', any: [{ property: 'a', operator: 'equal' }] }] }],
  [{ filters: [{ evnt: 'Lead', any: filter.any }] }],
  [{ sources: [] }],
  [{ sources: { Shop: shopify } }],
  [{ sources: { events: shopify } }],
  [{ sources: { health: shopify } }],
  [{ sources: { shop: { type: 'shopify' } } }],
  [{ sources: { shop: { type: 'shopify', secret: 'a secret' } } }],
  [{ sources: { shop: { ...shopify, orders: 'client' } } }],
  [{ sources: { shop: { ...shopify, statuses: ['processing'] } } }],
  [{ sources: { shop: { ...shopify, mapping: { mode: 'custom' } } } }],
  [{ sources: { shop: { type: 'magento', secretFrom: 'A' } } }],
  [{ sources: { erp: {} } }],
  [{ sources: { erp: { tokenFrom: 'a token' } } }],
  [{ sources: { erp: { tokenFrom: [] } } }],
  [{ sources: { web: { tokenFrom: 'A' } } }],
  [{ sources: { web: { orders: 'paid' } } }],
  [{ sources: { web: { type: 'webhook', tokenFrom: 'A' } } }],
])('both the schema and the command line refuse %j', (more) => {
  expect([isValid(config(more)), isTaken(more)]).toEqual([false, false])
})

test.each(['pixelId', 'allowedOrigins'])('both ask for %s', (name) => {
  const { [name]: _, ...rest } = config({}) as Record<string, unknown>
  expect(isValid(rest)).toBe(false)
  expect(isTaken({ [name]: undefined })).toBe(false)
})

describe('the file that ships', () => {
  const file = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')

  test('is the schema', () => {
    expect(JSON.parse(file('dist/converge.schema.json'))).toEqual(JSON.parse(JSON.stringify(configSchema)))
  })

  test('is exported', () => {
    expect(JSON.parse(file('package.json')).exports['./converge.schema.json']).toBe('./dist/converge.schema.json')
  })

  test.each(['node-server', 'shopify-webhook', 'woocommerce-webhook'])('fits the config of the example %s', (name) => {
    isValid(JSON.parse(file(`examples/${name}/converge.json`)))
    expect(isValid.errors).toBeNull()
  })
})
