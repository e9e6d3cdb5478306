import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { copyRecord, createEvent } from '../../src/core/event.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { EventParameters } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

const script = readFileSync(new URL('../../examples/google-tag-manager/data-layer.js', import.meta.url), 'utf8')
const grossScript = script.replace('const PRICES_INCLUDE_TAX = false', 'const PRICES_INCLUDE_TAX = true')

/** What TikTok gets of a push, once it went through the example and the pipeline. */
function push(ecommerce: object, { code = script, event = 'purchase' } = {}): EventParameters | undefined {
  const config = { pixelId }
  const sent: EventParameters[] = []
  const converge = {
    track(eventName: string, properties: object) {
      const tracked = createEvent(eventName, copyRecord(properties), undefined, () => 'a-1')
      for (const { parameters } of route(tracked, readRules(config), config) ?? []) sent.push(parameters)
    },
  }
  const window: { dataLayer?: object[] } = {}
  runInNewContext(code, { window, converge, console })
  window.dataLayer?.push({ event, ecommerce: { currency: 'EUR', ...ecommerce } })
  expect(sent).toHaveLength(1)
  return sent[0]
}

const items = [
  { item_id: 'A', price: 299, quantity: 1 },
  { item_id: 'B', price: 679, quantity: 1 },
]
const thirds = [{ item_id: 'A', price: 0.1, quantity: 3 }]

test.each<[title: string, ecommerce: object, value: number | undefined]>([
  ['a value that includes tax and shipping', { value: 1178, tax: 195.6, shipping: 200, items }, 1178],
  ['a value that includes tax', { value: 1173.6, tax: 195.6, shipping: 0, items }, 1173.6],
  ['a value after a discount', { value: 900, tax: 171, shipping: 5, items }, 900],
  ['a value that is a cent higher', { value: 978.01, tax: 195.6, shipping: 200, items }, 978.01],
  ['a value that is a cent lower', { value: 977.99, tax: 195.6, shipping: 200, items }, 977.99],
  ['a value without items', { value: 10, tax: 1.9, shipping: 5 }, 10],
  ['a value of 0 without items', { value: 0, tax: 1.9, shipping: 5, items: [] }, 0],
  ['a value of items without a price', { value: 10, tax: 1.9, items: [{ item_id: 'A' }] }, 10],
  ['a value of items, one of them without a price', { value: 299, tax: 1.9, items: [items[0], { item_id: 'B' }] }, 299],
  ['a missing value', { tax: 1.9, shipping: 5, items }, undefined],
])('%s is kept', (_, ecommerce, value) => {
  expect(push(ecommerce)?.value).toBe(value)
})

test.each<[title: string, ecommerce: object, value: number]>([
  ['the items only', { value: 978, tax: 195.6, shipping: 200, items }, 1373.6],
  ['the items only, as text', { value: '978.00', tax: '195.6', shipping: '200.00', items }, 1373.6],
  ['items whose sum is not an exact binary fraction', { value: 0.3, tax: 0.06, shipping: 5, items: thirds }, 5.36],
  ['an item without a quantity, which counts as 1', { value: 5, tax: 1, items: [{ item_id: 'A', price: '5' }] }, 6],
  ['items without tax and shipping', { value: 978, items }, 978],
  ['items with a tax and shipping of null', { value: 978, tax: null, shipping: null, items }, 978],
])('tax and shipping are added to a value that is the sum of %s', (_, ecommerce, value) => {
  expect(push(ecommerce)?.value).toBe(value)
  expect(push(ecommerce, { event: 'begin_checkout' })?.value).toBe(value)
})

test.each<[title: string, ecommerce: object, value: number]>([
  ['only shipping is added to the sum of the items', { value: 978, tax: 195.6, shipping: 200, items }, 1178],
  ['a total is kept', { value: 1178, tax: 195.6, shipping: 200, items }, 1178],
])('if prices include tax, %s', (_, ecommerce, value) => {
  expect(grossScript).not.toBe(script)
  expect(push(ecommerce, { code: grossScript })?.value).toBe(value)
})

test('the order ID is the transaction_id', () => {
  expect(push({ transaction_id: 'T_12345', value: 978, items })?.order_id).toBe('T_12345')
})
