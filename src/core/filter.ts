import type { Condition, Filter } from '../types.ts'
import { check, configError } from './config-error.ts'
import { itemsOf } from './parameters.ts'
import { isRecord, readId, readNumber } from './read.ts'

type Properties = Record<string, unknown>

/** @throws a sentence that says where the filter or condition stands, if it can't be read */
export function checkFilter(filter: Filter, index: number): void {
  const { event, any } = Object(filter)
  check(`filters[${index}].event`, event, /./)
  for (const condition of any?.length ? any : [any]) checkCondition(`filters[${index}].any`, condition)
}

export function checkCondition(where: string, condition: Condition): void {
  try {
    const { property, operator, value } = condition
    if (value === undefined && !/_set$/.test(operator)) throw operator
    // An unknown operator or a broken regular expression throws now, and not in an event.
    holds({ ...condition, property: 'any' }, { any: property.trim() })
  } catch {
    throw configError(where, condition, 'a condition')
  }
}

/** Whether a filter lets an event through. */
export function passes({ event, any }: Filter, eventName: string, properties: Properties): boolean {
  return (event !== '*' && event !== eventName) || any.some((condition) => holds(condition, properties))
}

/**
 * A missing property equals nothing, contains nothing, and is not equal to everything. On a list, a positive operator
 * holds if one element fits, a negated one if none does.
 */
export function holds({ property, operator, value, ignoreCase }: Condition, properties: Properties): boolean {
  const positive = operator.replace('does_not_match', 'matches').replace('not_', '')
  const wanted: unknown[] = [value].flat()
  // Each is compared, so that a regular expression which is broken throws in checkCondition, whichever comes first.
  const isMet = valuesAt(properties, property).some((found) =>
    wanted.map((one) => compare(positive, found, one, ignoreCase)).includes(true),
  )
  return isMet === (positive === operator)
}

/** Where one of the two is a number, both are; else they are compared as text, booleans too. */
function compare(operator: string, found: unknown, wanted: unknown, ignoreCase: boolean | undefined): boolean {
  const text = (value: unknown) => {
    const text = typeof value === 'object' ? '' : String(value)
    return ignoreCase ? text.toLowerCase() : text
  }
  // NaN, of which no comparison holds, unless both are numbers.
  const difference = readNumber(found) - readNumber(wanted)
  switch (operator) {
    case 'equal':
    case 'in':
      return typeof found === 'number' || typeof wanted === 'number' ? difference === 0 : text(found) === text(wanted)
    case 'contains':
      return text(found).includes(text(wanted))
    case 'starts_with':
      return text(found).startsWith(text(wanted))
    case 'ends_with':
      return text(found).endsWith(text(wanted))
    case 'greater_than':
      return difference > 0
    case 'greater_than_or_equal':
      return difference >= 0
    case 'lower_than':
      return difference < 0
    case 'lower_than_or_equal':
      return difference <= 0
    case 'matches_regex':
      return new RegExp(String(wanted), ignoreCase ? 'i' : '').test(text(found))
    case 'is_set':
      return found !== ''
    default:
      throw operator
  }
}

const derivedLists = new Map([
  ['product_ids', 'product_id'],
  ['variant_ids', 'variant_id'],
  ['product_skus', 'sku'],
])

/** What stands at a path, lists on the way laid flat: `items.vendor` is every item's vendor. */
function valuesAt(properties: Properties, path: string): unknown[] {
  const derived = derivedLists.get(path)
  const values = derived
    ? itemsOf(properties).map((item) => readId(item[derived]))
    : path
        .split('.')
        .reduce<unknown[]>((found, key) => found.flatMap((value) => (isRecord(value) ? value[key] : [])), [properties])
  return values.filter((value) => value !== undefined && value !== null)
}
