import { expect, test } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import { pixelId } from '../cases/case.ts'
import { forThisBuild } from './build.ts'
import { noParts, openPage } from './page.ts'

/** What a config that can't work is answered with. */
function complaint(config: object): string {
  const page = openPage()
  const shown = forThisBuild(config)
  try {
    Reflect.apply(startConverge, undefined, [{ pixelId, ...shown }, page.window, noParts])
  } catch (error) {
    expect(page.ttq, 'a refused config touches nothing').toBeUndefined()
    return String(error)
  }
  return 'none'
}

const condition = { property: 'source_name', operator: 'equal', value: 'web' }
const filters = (change: object) => [
  { event: '*', any: [condition] },
  { event: 'Placed Order', any: [{ ...condition, ...change }] },
]

test.each<[title: string, config: object, where: string, found: string]>([
  ['no pixel ID', { pixelId: undefined }, 'pixelId', 'undefined'],
  ['an empty pixel ID', { pixelId: '' }, 'pixelId', '""'],
  ['a pixel ID in lower case', { pixelId: pixelId.toLowerCase() }, 'pixelId', `"${pixelId.toLowerCase()}"`],
  ['a pixel ID of 19 characters', { pixelId: pixelId.slice(1) }, 'pixelId', `"${pixelId.slice(1)}"`],
  ['a pixel ID of 21 characters', { pixelId: `${pixelId}A` }, 'pixelId', `"${pixelId}A"`],
  ['a pixel ID that is a number', { pixelId: 12345678901234567000 }, 'pixelId', '12345678901234567000'],
  ['an unknown content ID mode', { contentId: 'SKU' }, 'contentId', '"SKU"'],
  ['a content ID mode of null', { contentId: null }, 'contentId', 'null'],
  ['an unknown mapping mode', { mapping: { mode: 'server' } }, 'mapping.mode', '"server"'],
  ['server_only without a relay', { mapping: { mode: 'server_only' } }, 'server_only relay', 'undefined'],
  ['an empty relay', { relay: '' }, 'relay', '""'],
])('the message names the place in the config: %s', (_, config, where, found) => {
  expect(complaint(config)).toMatch(new RegExp(`^Error: converge-tiktok: ${where} is ${found}, not .+`))
})

test.each<[title: string, entry: unknown, found: string]>([
  ['spaces', 'Placed an order', '"Placed an order"'],
  ['51 characters', 'a'.repeat(51), `"${'a'.repeat(51)}"`],
  ['a leading digit', '1stOrder', '"1stOrder"'],
  ['a leading dash', '-Order', '"-Order"'],
  ['a trailing dash', 'Order-', '"Order-"'],
  ['a trailing underscore', 'Order_', '"Order_"'],
  ['a trailing line feed', 'Order\n', String.raw`"Order\n"`],
  ['an umlaut', 'Käufe', '"Käufe"'],
  ['a row without a name', { forward: 'client' }, 'undefined'],
  ['a row with an empty name', { event: '' }, '""'],
  ['a number', 42, 'undefined'],
  ['true', true, 'undefined'],
  ['null, in a list', ['Lead', null], 'undefined'],
])("a name that breaks TikTok's rule for event names is refused: %s", (_, entry, found) => {
  const mapping = { events: { 'My Event': entry } }
  expect(complaint({ mapping })).toContain(`Error: converge-tiktok: mapping.events.My Event is ${found}, not `)
})

test.each(['a', 'A1', 'my-event_2', 'a'.repeat(50)])('a valid TikTok event name is accepted: %s', (event) => {
  expect(complaint({ mapping: { events: { 'My Event': event } } })).toBe('none')
})

const malformed: [title: string, change: object][] = [
  ['an unknown operator', { operator: 'equals' }],
  ['no operator', { operator: undefined }],
  ['the name of a property of Object.prototype', { operator: 'toString' }],
  ['an operator with an unknown beginning', { operator: 'was_set' }],
  ['no property', { property: undefined }],
  ['a property that is not text', { property: 7 }],
  ['no value', { value: undefined }],
  ['an invalid regular expression', { operator: 'matches_regex', value: '(' }],
  ['an invalid regular expression after a valid one', { operator: 'matches_regex', value: ['', '('] }],
  ...(['greater_than', 'greater_than_or_equal', 'lower_than', 'lower_than_or_equal'] as const).flatMap((operator) =>
    ['', ' ', 'many', '€ 50', '1,299', true, [], [1, 'x'], Number.NaN].map((value): [string, object] => [
      `${operator} ${JSON.stringify(value)}, which is no number`,
      { operator, value },
    ]),
  ),
  ['an empty property', { property: '' }],
  ['an empty property that need not be there', { property: '', operator: 'is_not_set' }],
  ...(['equal', 'in', 'contains', 'starts_with', 'matches_regex'] as const).map((operator): [string, object] => [
    `an empty list for ${operator}`,
    { operator, value: [] },
  ]),
  ['a negated invalid regular expression', { operator: 'does_not_match_regex', value: '[a' }],
]

test.each(malformed)('an invalid condition of a filter is shown with its place: %s', (_, change) => {
  const said = complaint({ filters: filters(change) })
  expect(said).toContain('Error: converge-tiktok: filters[1].any is {')
  expect(said).toContain(JSON.stringify({ ...condition, ...change }))
})

test.each(malformed)("an invalid condition of a row is shown with the row's place: %s", (_, change) => {
  const when = { ...condition, ...change }
  const said = complaint({ mapping: { events: { Searched: ['Search', { event: 'Lead', when }] } } })
  expect(said).toBe(
    `Error: converge-tiktok: mapping.events.Searched.when is ${JSON.stringify(when)}, not a condition with a property, an operator and a value that fits it`,
  )
})

test.each<[title: string, filter: unknown, said: string]>([
  ['null', null, 'filters[0].event is undefined, not '],
  ['no event', { any: [condition] }, 'filters[0].event is undefined, not '],
  ['an empty event', { event: '', any: [condition] }, 'filters[0].event is "", not '],
  ['no conditions', { event: '*' }, 'filters[0].any is undefined, not a list of conditions'],
  ['null instead of conditions', { event: '*', any: null }, 'filters[0].any is null, not a list of conditions'],
  ['an empty list of conditions', { event: '*', any: [] }, 'filters[0].any is [], not a list of conditions'],
  ['a condition outside of a list', { event: '*', any: condition }, 'filters[0].any is {'],
  ['text instead of conditions', { event: '*', any: 'x' }, 'filters[0].any is "x", not a list of conditions'],
  ['an object instead of conditions', { event: '*', any: { 0: condition, length: 1 } }, 'filters[0].any is {"0":'],
  ['null among the conditions', { event: '*', any: [condition, null] }, 'filters[0].any is null, not a condition'],
])('an invalid filter is shown with its place: %s', (_, filter, said) => {
  expect(complaint({ filters: [filter] })).toContain(`Error: converge-tiktok: ${said}`)
})

test.each([
  ['is_set', {}],
  ['is_not_set', {}],
  ['equal', { value: 0 }],
  ['equal', { value: false }],
  ['equal', { value: '' }],
  ['in', { value: ['a', 1, true] }],
  ['matches_regex', { value: '^a(b|c)$', ignoreCase: true }],
  ['greater_than', { value: '12.5' }],
  ['lower_than', { value: [1, 2] }],
  ['not_in', { value: [] }],
])('a valid condition is accepted: %s %j', (operator, rest) => {
  expect(complaint({ filters: [{ event: '*', any: [{ property: 'a.b', operator, ...rest }] }] })).toBe('none')
})
