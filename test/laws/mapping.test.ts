import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { Config, Content, EventParameters } from '../../src/types.ts'
import { anything, config, properties } from './messy.ts'

const eventName = fc.constantFrom(...Object.keys(defaultMapping))

const parameterNames = [
  'contents',
  'content_type',
  'value',
  'currency',
  'num_items',
  'order_id',
  'query',
  'search_string',
] satisfies (keyof EventParameters)[]
const contentNames = [
  'content_id',
  'content_type',
  'content_name',
  'content_category',
  'brand',
  'price',
  'quantity',
] satisfies (keyof Content)[]

function map(name: string, event: Record<string, unknown>, config: Config): EventParameters[] {
  const mapped = route({ eventName: name, eventID: 'e', properties: event }, readRules(config), config)
  return (mapped ?? []).map(({ parameters }) => parameters)
}

/** Checks `law` for the TikTok events of every event, with any properties. */
function always(law: (parameters: EventParameters, contents: Content[]) => void): void {
  const check = (name: string, event: Record<string, unknown>, config: Config) => {
    for (const parameters of map(name, event, config)) law(parameters, parameters.contents ?? [])
  }
  fc.assert(fc.property(eventName, properties, config, check), { numRuns: 1000 })
}

test('every known event becomes a TikTok event, whatever its properties', () => {
  const check = (name: string, event: Record<string, unknown>, config: Config) => {
    const isNew = [event.$is_new_customer].flat().some((value) => value === true || value === 'true')
    const count = name === 'Placed Order' && isNew ? 2 : 1
    expect(map(name, event, config)).toHaveLength(count)
  }
  fc.assert(fc.property(eventName, properties, config, check))
})

test('any JSON is mapped without an exception, and is not changed', () => {
  const check = (name: string, json: unknown, config: Config) => {
    const event = { items: json, ...Object(json) }
    const before = structuredClone(event)
    map(name, event, config)
    expect(event).toStrictEqual(before)
  }
  fc.assert(fc.property(eventName, fc.jsonValue(), config, check))
})

test('any value is mapped without an exception, also if it is frozen', () => {
  const check = (name: string, value: unknown, config: Config) => {
    map(name, Object.freeze({ items: [value], product_id: value, total_price: value, currency: value }), config)
    map(name, Object.freeze({ id: value, items: value, price: value, quantity: value, q: value }), config)
  }
  fc.assert(fc.property(eventName, anything, config, check))
})

test('the input is never written to', () => {
  const check = (name: string, event: Record<string, unknown>, config: Config) => {
    const before = structuredClone(event)
    for (const parameters of map(name, event, config)) {
      parameters.currency = 'XXX'
      for (const content of parameters.contents ?? []) content.content_id = 'changed'
    }
    expect(event).toEqual(before)
  }
  fc.assert(fc.property(eventName, properties, config, check))
})

test('parameters contain only names on the allow-list', () => {
  always((parameters, contents) => {
    expect(parameterNames).toEqual(expect.arrayContaining(Object.keys(parameters)))
    for (const content of contents) expect(contentNames).toEqual(expect.arrayContaining(Object.keys(content)))
  })
})

test('a content_id is non-empty text', () => {
  always((_, contents) => {
    for (const content of contents) if ('content_id' in content) expect(content.content_id).toMatch(/./su)
  })
})

test('a search carries its query under both parameter names', () => {
  always(({ query, search_string }) => expect(search_string).toBe(query))
})

test('no text parameter is empty', () => {
  always(({ order_id = 'o', query = 'q' }, contents) => {
    const texts = contents.map(({ content_name = 'n', content_category = 'c', brand = 'b' }) => [
      content_name,
      content_category,
      brand,
    ])
    for (const text of [order_id, query, ...texts.flat()]) expect(text.trim()).not.toBe('')
  })
})

test('every number is finite', () => {
  always(({ value = 0, num_items = 0 }, contents) => {
    const numbers = contents.flatMap(({ price = 0, quantity = 0 }) => [price, quantity])
    for (const number of [value, num_items, ...numbers]) expect(number).toSatisfy(Number.isFinite)
  })
})

test('a currency has three capital letters, and is never sent without a value', () => {
  always(({ value, currency }) => {
    if (currency === undefined) return
    expect(currency).toMatch(/^[A-Z]{3}$/)
    expect(value).toBeTypeOf('number')
  })
})

test('contents and a valid content_type are always sent together', () => {
  always(({ contents, content_type, num_items }) => {
    expect([content_type, typeof num_items]).toEqual(
      contents ? [expect.stringMatching(/^product(_group)?$/), expect.anything()] : [undefined, 'undefined'],
    )
    for (const content of contents ?? []) expect(content.content_type).toBe(content_type)
  })
})

test('a mode other than default sends the ID of that field, or none', () => {
  const check = (item: Record<string, unknown>, contentId: 'product_id' | 'variant_id' | 'sku', config: Config) => {
    const [parameters] = map('Viewed Product', { items: [item] }, { ...config, contentId })
    const id = parameters?.contents?.[0]?.content_id
    if (id !== undefined) expect(String(item[contentId])).toContain(id)
  }
  fc.assert(fc.property(properties, fc.constantFrom('product_id', 'variant_id', 'sku'), config, check))
})
