import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileCondition } from '../../src/core/conditions.ts'
import { compileFilters } from '../../src/core/filter.ts'
import type { Condition, Filter, Operator } from '../../src/types.ts'
import { properties } from './messy.ts'

type Properties = Record<string, unknown>
const holds = (condition: Condition, event: Properties) => compileCondition(condition)(event)
const passes = (filter: Filter, name: string, event: Properties) => compileFilters([filter])(name, event)

const pairs: [Operator, Operator][] = [
  ['equal', 'not_equal'],
  ['in', 'not_in'],
  ['contains', 'not_contains'],
  ['is_set', 'is_not_set'],
  ['matches_regex', 'does_not_match_regex'],
]
const operator = fc.constantFrom<Operator>(
  ...pairs.flat(),
  ...([
    'starts_with',
    'ends_with',
    'greater_than',
    'greater_than_or_equal',
    'lower_than',
    'lower_than_or_equal',
  ] as const),
)

const property = fc.oneof(
  fc.constantFrom(
    'id',
    'total_price',
    'currency',
    'items',
    'items.vendor',
    'items.price',
    'product_ids',
    'variant_ids',
  ),
  fc.constantFrom('product_skus', '$is_new_customer', 'constructor', '__proto__', 'items.length', ' '),
  fc.string({ minLength: 1 }),
)
// Regular expressions of letters and digits only. A broken one is refused before any event is filtered.
const scalar = fc.oneof(fc.stringMatching(/^\w*$/), fc.integer(), fc.boolean())
const value = fc.oneof(scalar, fc.array(scalar, { minLength: 1 }))
// A comparison of numbers with other text is refused, because no event could meet it.
const number = fc.oneof(fc.integer(), fc.integer().map(String))
const numbers = fc.oneof(number, fc.array(number, { minLength: 1 }))
const isNumeric = (operator: Operator) => /^(greater|lower)/.test(operator)
const condition: fc.Arbitrary<Condition> = fc
  .record({ property, operator, value, numbers, ignoreCase: fc.boolean() })
  .map(({ numbers, ...rest }) => (isNumeric(rest.operator) ? { ...rest, value: numbers } : rest))

/** Half of the conditions ask for something that the event does have. */
const asked = fc.tuple(properties, condition, fc.boolean()).map(([event, condition, isThere]): Asked => {
  const found = event[condition.property]
  const isScalar = typeof found === 'number' || typeof found === 'boolean'
  const canAsk = isThere && isScalar && !isNumeric(condition.operator)
  return { event, condition: canAsk ? { ...condition, value: found } : condition }
})

interface Asked {
  event: Record<string, unknown>
  condition: Condition
}

test.each(pairs)('%s is met exactly if %s is not', (positive, negated) => {
  const check = ({ event, condition }: Asked) => {
    expect(holds({ ...condition, operator: positive }, event)).toBe(!holds({ ...condition, operator: negated }, event))
  }
  fc.assert(fc.property(asked, check), { numRuns: 500 })
})

test('no positive operator is met for a missing property, and every negated one is', () => {
  const negated = new Set(pairs.map(([, negated]) => negated))
  const check = (condition: Condition) => {
    expect(holds({ ...condition, property: 'missing' }, {})).toBe(negated.has(condition.operator))
  }
  fc.assert(fc.property(condition, check))
})

test('exactly one of less, equal and greater is true for two numbers', () => {
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  const check = (found: number, value: number) => {
    const is = (operator: Operator) => holds({ property: 'n', operator, value }, { n: String(found) })
    expect([is('lower_than'), is('equal'), is('greater_than')].filter(Boolean)).toHaveLength(1)
    expect(is('lower_than_or_equal')).toBe(!is('greater_than'))
    expect(is('greater_than_or_equal')).toBe(!is('lower_than'))
  }
  fc.assert(fc.property(number, number, check))
})

test('a text that equals another also contains it, and starts and ends with it', () => {
  const check = (text: string, ignoreCase: boolean) => {
    const swapped = ignoreCase ? text.toLowerCase() : text
    for (const operator of ['equal', 'in', 'contains', 'starts_with', 'ends_with'] as const)
      expect(holds({ property: 't', operator, value: swapped, ignoreCase }, { t: text })).toBe(true)
  }
  fc.assert(fc.property(fc.string(), fc.boolean(), check))
})

test('on a list, a positive operator is met if one element matches', () => {
  const check = (vendors: string[], condition: Condition) => {
    const isPositive = !pairs.some(([, negated]) => negated === condition.operator)
    fc.pre(isPositive)
    const one = (vendor: string) => holds({ ...condition, property: 'vendor' }, { vendor })
    const items = vendors.map((vendor) => ({ vendor }))
    expect(holds({ ...condition, property: 'items.vendor' }, { items })).toBe(vendors.some(one))
  }
  fc.assert(fc.property(fc.array(fc.stringMatching(/^\w*$/)), condition, check))
})

test('a filter for one event ignores other events, and one met condition is enough', () => {
  const check = (event: Record<string, unknown>, any: Condition[], name: string) => {
    const filter = { event: 'Placed Order', any }
    expect(passes(filter, 'Placed Order', event)).toBe(any.some((condition) => holds(condition, event)))
    expect(passes({ ...filter, event: '*' }, name, event)).toBe(passes(filter, 'Placed Order', event))
    expect(passes(filter, `not ${name}`, event)).toBe(true)
  }
  fc.assert(fc.property(properties, fc.array(condition, { minLength: 1 }), fc.string(), check))
})
