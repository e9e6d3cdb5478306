import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileCondition } from '../../src/core/conditions.ts'
import { compileSimple, isSimple } from '../../src/core/simple-condition.ts'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import type { Condition, MappingEntry } from '../../src/types.ts'
import { properties } from './messy.ts'

const property = '$is_new_customer'
const value = fc.oneof(
  fc.constantFrom(
    true,
    false,
    'true',
    'false',
    'TRUE',
    ' true',
    1,
    0,
    '1',
    null,
    undefined,
    [true],
    ['false', true],
    [[true]],
  ),
  fc.anything(),
)

test('a simple condition gives the same result with and without the code for filters', () => {
  fc.assert(
    fc.property(fc.boolean(), properties, value, (wanted, event, found) => {
      const condition: Condition = { property, operator: 'equal', value: wanted }
      expect(isSimple(condition)).toBe(true)
      const given = { ...event, [property]: found }
      expect(compileSimple(condition)(given)).toBe(compileCondition(condition)(given))
      expect(compileSimple(condition)({})).toBe(false)
    }),
  )
})

test('a simple condition does not read inherited properties', () => {
  const condition: Condition = { property: '$x', operator: 'equal', value: true }
  expect(compileSimple(condition)(Object.create({ $x: true }))).toBe(false)
})

test('every condition of the default mapping is simple, so builds without filters include that mapping', () => {
  const entries: MappingEntry[] = Object.values(defaultMapping)
  const rows = entries.flatMap((entry) => entry || [])
  const conditions = rows.flatMap((row) => (typeof row === 'string' || !row.when ? [] : [row.when]))
  expect(conditions.length).toBeGreaterThan(0)
  expect(conditions.filter((one) => !isSimple(one))).toEqual([])
})
