import { expect, test } from 'vitest'
import { own } from '../../src/core/read.ts'
import { type Feature, type ServedVariant, servedVariants, variants } from '../../src/core/variants.ts'
import { neededFeatures, pickVariant, type ScriptConfig } from '../../src/server/pick-variant.ts'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import type { Condition } from '../../src/types.ts'

const condition: Condition = { property: '$is_new_customer', operator: 'equal', value: true }
const row = (when: Condition): ScriptConfig => ({
  mapping: { events: { Searched: ['Search', { event: 'Lead', when }] } },
})
const filters = [{ event: '*', any: [condition] }]

const configs: [title: string, config: ScriptConfig, needed: Feature[], picked: ServedVariant][] = [
  ['no options', {}, ['relay'], 'converge-shop.js'],
  ['page loads', { pageLoads: 'auto' }, ['relay', 'pageLoads'], 'converge-shop.js'],
  ['no page loads', { pageLoads: 'manual' }, ['relay'], 'converge-shop.js'],
  ['an empty list of filters', { filters: [] }, ['relay'], 'converge-shop.js'],
  ['a filter', { filters }, ['relay', 'filters'], 'converge-shop-filters.js'],
  [
    'a filter and page loads',
    { filters, pageLoads: 'auto' },
    ['relay', 'filters', 'pageLoads'],
    'converge-shop-filters.js',
  ],
  ['a mapping of names', { mapping: { events: { Searched: 'Lead', Test: false } } }, ['relay'], 'converge-shop.js'],
  [
    'an old name',
    { mapping: { mode: 'custom', events: { A: ['CompletePayment', { event: 'SubmitForm' }] } } },
    ['relay'],
    'converge-shop.js',
  ],
  ['server_only', { mapping: { mode: 'server_only' } }, ['relay'], 'converge-shop.js'],
  ["the default mapping's rows", { mapping: { events: defaultMapping } }, ['relay'], 'converge-shop.js'],
  ['the condition of a new customer', row(condition), ['relay'], 'converge-shop.js'],
  ['the condition of a returning customer', row({ ...condition, value: false }), ['relay'], 'converge-shop.js'],
  [
    'a condition on another property',
    row({ ...condition, property: 'vip' }),
    ['relay', 'filters'],
    'converge-shop-filters.js',
  ],
  ['a condition on a path', row({ ...condition, property: '$a.b' }), ['relay', 'filters'], 'converge-shop-filters.js'],
  ['a condition on text', row({ ...condition, value: 'true' }), ['relay', 'filters'], 'converge-shop-filters.js'],
  [
    'a condition on several values',
    row({ ...condition, value: [true] }),
    ['relay', 'filters'],
    'converge-shop-filters.js',
  ],
  [
    'a condition that ignores case',
    row({ ...condition, ignoreCase: true }),
    ['relay', 'filters'],
    'converge-shop-filters.js',
  ],
  [
    'another operator',
    row({ property: '$is_new_customer', operator: 'is_set' }),
    ['relay', 'filters'],
    'converge-shop-filters.js',
  ],
]

test.each(configs)('a config with %s', (_, config, needed, picked) => {
  const features = Object.entries(neededFeatures(config)).flatMap(([name, isNeeded]) => (isNeeded ? [name] : []))
  expect(features.sort()).toEqual([...needed].sort())
  expect(pickVariant(config)).toBe(picked)
})

test.each(configs)(
  'the variant for a config with %s is the smallest with all features it needs',
  (_, config, needed) => {
    const suitable = servedVariants.filter((name) => needed.every((feature) => own<boolean>(variants[name], feature)))
    expect(suitable[0]).toBe(pickVariant(config))
  },
)

test('every served variant is served for some config', () => {
  expect(new Set(configs.map(([, , , picked]) => picked))).toEqual(new Set(servedVariants))
})
