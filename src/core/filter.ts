import type { Condition, Filter } from '../types.ts'
import { check, configError } from './config-error.ts'
import { itemsOf } from './items.ts'
import { isRecord, readNumber, readText } from './read.ts'

type Properties = Record<string, unknown>

/** @throws a sentence that says where the filter or condition stands, if it can't be read */
export function checkFilter(filter: Filter, index: number): void {
  const { event, any } = Object(filter)
  check(`filters[${index}].event`, event, /./, 'an event name, or * for every event')
  if (!any?.[0]) throw configError(`filters[${index}].any`, any, 'a list of conditions')
  for (const condition of any) checkCondition(`filters[${index}].any`, condition)
}

export function checkCondition(where: string, condition: Condition): void {
  try {
    // An unknown operator or a broken regular expression throws now, and not in an event.
    holds({ ...condition, property: 'any' }, { any: condition.property.trim() })
  } catch {
    throw configError(where, condition, 'a condition: a property, an operator such as equal or is_set, and a value')
  }
}

/** Whether a filter lets an event through. */
export const passes = ({ event, any }: Filter, eventName: string, properties: Properties): boolean =>
  (event !== '*' && event !== eventName) || any.some((condition) => holds(condition, properties))

/**
 * A missing property equals nothing, contains nothing, and is not equal to everything. On a list, a positive operator
 * holds if one element fits, a negated one if none does. Where one of the two is a number, both are; else they are compared
 * as text, booleans too.
 */
export function holds({ property, operator, value, ignoreCase }: Condition, properties: Properties): boolean {
  const positive = operator.replace('does_not_match', 'matches').replace('not_', '')
  const read = (value: unknown) => {
    const text = typeof value === 'object' ? '' : String(value)
    return ignoreCase ? text.toLowerCase() : text
  }
  const fits = (found: unknown, wanted: unknown) => {
    const text = read(found)
    const part = read(wanted)
    // NaN, of which no comparison holds, unless both are numbers.
    const difference = readNumber(found) - readNumber(wanted)
    const isEqual = [found, wanted].some(Number.isFinite) ? difference === 0 : text === part
    const results: Record<string, boolean> = {
      is_set: found !== '',
      equal: isEqual,
      in: isEqual,
      contains: text.includes(part),
      starts_with: text.startsWith(part),
      ends_with: text.endsWith(part),
      greater_than: difference > 0,
      greater_than_or_equal: difference >= 0,
      lower_than: difference < 0,
      lower_than_or_equal: difference <= 0,
      matches_regex: positive === 'matches_regex' && new RegExp(String(wanted), ignoreCase ? 'i' : '').test(text),
    }
    const result = results[positive]
    if (typeof result !== 'boolean' || (wanted === undefined && positive !== 'is_set')) throw operator
    return result
  }
  // Each is compared, so that a regular expression which is broken throws in checkCondition, whichever comes first.
  const isMet = valuesAt(properties, property).some((found) =>
    [value]
      .flat()
      .map((wanted) => fits(found, wanted))
      .includes(true),
  )
  return isMet === (positive === operator)
}

const lists = ['product_ids', 'variant_ids', 'product_skus']
const listed = ['product_id', 'variant_id', 'sku']

/** What stands at a path, lists on the way laid flat: `items.vendor` is every item's vendor. */
function valuesAt(properties: Properties, path: string): unknown[] {
  const name = listed[lists.indexOf(path)]
  const values = name
    ? itemsOf(properties).flatMap((item) => readText(item[name]) || [])
    : path
        .split('.')
        .reduce<unknown[]>((found, key) => found.flatMap((value) => (isRecord(value) ? value[key] : [])), [properties])
  return values.filter((value) => value !== undefined && value !== null)
}
