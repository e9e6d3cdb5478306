import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyRecord } from '../../src/core/event.ts'
import { anything, properties } from './messy.ts'

const record = fc.oneof(properties, anything)

/** Every object that can be reached from a value, itself included. */
function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || !value || found.has(value)) return found
  found.add(value)
  for (const inner of Object.values(value)) objectsIn(inner, found)
  return found
}

test('a copy is JSON', () => {
  const check = (value: unknown) => {
    expect(JSON.stringify(copyRecord(value))).toBeTypeOf('string')
  }
  fc.assert(fc.property(record, check))
})

test('a copy shares no object with its original', () => {
  const check = (value: unknown) => {
    const originals = objectsIn(value)
    for (const object of objectsIn(copyRecord(value))) expect(originals).not.toContain(object)
  }
  fc.assert(fc.property(record, check))
})

test('a small JSON value is copied completely', () => {
  const json = fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('"__proto__"'))
  const check = (value: unknown) => {
    expect(copyRecord({ value })).toEqual({ value })
  }
  fc.assert(fc.property(json, check))
})

test('no copy holds more than 2,000 objects, or seven levels', () => {
  // Each level holds the next one so many times: of a few lists, a tree of millions.
  const widths = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 })
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
  const check = (widths: number[]) => {
    const value = widths.reduce<unknown>((inner, width) => Array(width).fill(inner), 'x')
    const copy = copyRecord({ value })
    expect(objectsIn(copy).size).toBeLessThanOrEqual(2000)
    expect(depthOf(copy)).toBeLessThanOrEqual(7)
  }
  fc.assert(fc.property(widths, check))
})
