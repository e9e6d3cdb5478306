import { expect, test, vi } from 'vitest'
import { compileCondition, readCondition } from '../../src/core/conditions.ts'
import { compileFilters } from '../../src/core/filter.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { Condition, MappingEntry, Operator } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

const contains: Condition = { property: 'a', operator: 'contains', value: 'x' }

/** Runs a task on a page that replaced a function which conditions call. */
function onBrokenPage<Answer>(task: () => Answer): Answer {
  const includes = vi.spyOn(String.prototype, 'includes').mockImplementation(() => {
    throw new Error('replaced')
  })
  try {
    return task()
  } finally {
    includes.mockRestore()
  }
}

test.each<Operator>(['contains', 'not_contains'])(
  'a condition that throws during a check is not met: %s',
  (operator) => {
    const holds = compileCondition({ ...contains, operator })
    expect(onBrokenPage(() => holds({ a: 'y' }))).toBe(false)
    expect(holds({ a: 'y' })).toBe(operator === 'not_contains')
  },
)

test.each<Operator>(['contains', 'not_contains'])(
  "a row whose condition throws is skipped, and the order's other rows are sent: %s",
  (operator) => {
    const events: Record<string, MappingEntry> = {
      'Placed Order': ['Purchase', { event: 'Lead', when: { ...contains, operator } }, 'Contact'],
    }
    const config = { pixelId, mapping: { events } }
    const rules = readRules(config)
    const order = { eventName: 'Placed Order', eventID: '1001', properties: { a: 'x' } }
    const names = onBrokenPage(() => route(order, rules, config)?.map(({ event }) => event))
    expect(names).toEqual(['Purchase', 'Contact'])
  },
)

test.each<Operator>(['contains', 'not_contains'])('a filter that throws blocks the event: %s', (operator) => {
  const passes = compileFilters([{ event: 'Lead', any: [{ ...contains, operator }] }])
  expect(onBrokenPage(() => passes('Lead', { a: 'x' }))).toBe(false)
  const orSet = compileFilters([{ event: 'Lead', any: [contains, { property: 'a', operator: 'is_set' }] }])
  expect(onBrokenPage(() => orSet('Lead', { a: 'x' }))).toBe(true)
})

test('a regular expression is compiled once, and each event is matched from its start', () => {
  const holds = compileCondition({ property: 'a', operator: 'matches_regex', value: '^x', ignoreCase: true })
  vi.stubGlobal('RegExp', () => {
    throw new Error('made again')
  })
  const answers = [1, 2, 3].map(() => holds({ a: 'X1' }))
  vi.unstubAllGlobals()
  expect(answers).toEqual([true, true, true])
})

test('a filter for another event costs nothing: its conditions are not evaluated', () => {
  const passes = compileFilters([{ event: 'Placed Order', any: [contains] }])
  const read = vi.fn()
  const properties = new Proxy({}, { get: read, getOwnPropertyDescriptor: read })
  expect(passes('Lead', properties)).toBe(true)
  expect(read).not.toHaveBeenCalled()
})

test.each(['constructor', 'toString', '__proto__'])('an event or property may have the name %s', (name) => {
  expect(compileFilters([{ event: '*', any: [contains] }])(name, { a: 'x' })).toBe(true)
  expect(compileFilters([{ event: name, any: [contains] }])(name, { a: 'y' })).toBe(false)
  expect(compileCondition({ property: name, operator: 'is_set' })({})).toBe(false)
  const config = { pixelId, mapping: { events: JSON.parse(`{ "${name}": "Lead" }`) } }
  const event = { eventName: name, eventID: '1', properties: {} }
  expect(route(event, readRules(config), config)).toHaveLength(1)
  expect(route(event, readRules({ pixelId }), { pixelId })).toEqual([])
})

test.each<[value: unknown]>([[null], [{}], [[null]], [[['x']]], [() => 'x']])(
  'a value that is neither text, a number, a boolean nor a list of them is refused: %o',
  (value) => {
    const condition = Object({ ...contains, value })
    expect(() => readCondition('filters[0].any', condition)).toThrow('converge-tiktok: filters[0].any is {')
  },
)
