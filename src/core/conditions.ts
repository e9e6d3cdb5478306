import type { Condition, Operator, Scalar } from '../types.ts'
import { attempt } from './attempt.ts'
import { configError } from './config-error.ts'
import { itemsOf } from './items.ts'
import { refuseUnknown } from './options.ts'
import { isRecord, own, readNumber, readText } from './read.ts'

type Properties = Record<string, unknown>

/** A condition, ready to be asked of an event's properties. */
export type Check = (properties: Properties) => boolean

/** How a condition reads a value as text: in lower case where it ignores case. */
type Read = (value: unknown) => string
/** Prepares a comparison with one wanted value. What it returns is asked of each value that an event has. */
type Compare = (wanted: Scalar, read: Read, ignoreCase: boolean) => (found: unknown) => boolean

/** The operators that hold where another one does not. */
const negated = {
  not_equal: 'equal',
  not_in: 'in',
  not_contains: 'contains',
  is_not_set: 'is_set',
  does_not_match_regex: 'matches_regex',
} satisfies Partial<Record<Operator, Operator>>

const equal: Compare = (wanted, read) => {
  const text = read(wanted)
  const number = readNumber(wanted)
  const isNumber = Number.isFinite(wanted)
  // Where one of the two is a number, both are compared as numbers: "3.0" equals 3.
  return (found) => (isNumber || Number.isFinite(found) ? readNumber(found) === number : read(found) === text)
}

/** Compares as text. */
const text =
  (holds: (found: string, wanted: string) => boolean): Compare =>
  (value, read) => {
    const wanted = read(value)
    return (found) => holds(read(found), wanted)
  }

/** Compares as numbers. No comparison of NaN holds, so text that is no number is neither greater nor lower. */
const numbers =
  (holds: (found: number, wanted: number) => boolean): Compare =>
  (value) => {
    const wanted = readNumber(value)
    return (found) => holds(readNumber(found), wanted)
  }

const matches: Compare = (wanted, read, ignoreCase) => {
  // Without the flags g and y a regular expression starts anew on each text.
  const pattern = new RegExp(String(wanted), ignoreCase ? 'i' : '')
  return (found) => pattern.test(read(found))
}

/** Any value but empty text. */
const isSet: Compare = () => (found) => found !== ''

const comparisons = {
  equal,
  in: equal,
  contains: text((found, wanted) => found.includes(wanted)),
  starts_with: text((found, wanted) => found.startsWith(wanted)),
  ends_with: text((found, wanted) => found.endsWith(wanted)),
  greater_than: numbers((found, wanted) => found > wanted),
  greater_than_or_equal: numbers((found, wanted) => found >= wanted),
  lower_than: numbers((found, wanted) => found < wanted),
  lower_than_or_equal: numbers((found, wanted) => found <= wanted),
  is_set: isSet,
  matches_regex: matches,
} satisfies Record<Exclude<Operator, keyof typeof negated>, Compare>

/**
 * Makes a function of a condition, once. A missing property equals nothing, contains nothing, and is not equal to
 * everything. On a list, a positive operator holds if one element fits, a negated one if none does. If one of the two values
 * is a number, they are compared as numbers, otherwise as text, booleans too.
 *
 * The function never throws. A condition that throws while an event is checked (a page may have replaced what it calls)
 * does not hold, whether its operator is negated or not: its row is not sent, and its filter does not let the event through
 * because of it.
 *
 * @throws if the condition can't be read: an unknown operator, a value that is missing or no scalar, a broken regular
 * expression, a property that is no text
 */
export function compileCondition({ property, operator, value, ignoreCase = false }: Condition): Check {
  const positive = own<Operator>(negated, operator)
  const compare = own<Compare>(comparisons, positive ?? operator)
  // Nothing is wanted of a value that is set.
  const wanted: unknown[] = compare === isSet ? [''] : [value].flat()
  if (!compare || !wanted.every(isScalar)) throw new TypeError(operator)
  const read: Read = (found) => {
    const text = typeof found === 'object' ? '' : String(found)
    return ignoreCase ? text.toLowerCase() : text
  }
  const fits = wanted.map((one) => compare(one, read, ignoreCase))
  const isThere = compilePath(
    property,
    (found) => found !== undefined && found !== null && fits.some((one) => one(found)),
  )
  return (properties) => attempt(() => isThere(properties) !== !!positive) ?? false
}

const conditionNames = { property: true, operator: true, value: true, ignoreCase: true } satisfies Record<
  keyof Condition,
  true
>

/**
 * Compiles a condition of a config.
 *
 * @throws a sentence that names the place of a condition that can't be read
 */
export function readCondition(where: string, condition: Condition): Check {
  refuseUnknown(where, Object(condition), conditionNames)
  const check = attempt(() => compileCondition(condition))
  if (!check) throw configError(where, condition, 'a condition')
  return check
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** The lists that are made of an event's items, and the property of an item that each holds. */
const idLists = { product_ids: 'product_id', variant_ids: 'variant_id', product_skus: 'sku' }

/** Reads a path once. What it returns says whether a value there fits, lists on the way laid flat: `items.vendor` is every item's. */
function compilePath(path: string, fits: (found: unknown) => boolean): Check {
  const name = own(idLists, path)
  if (name) return (properties) => itemsOf(properties).some((item) => fits(readText(item[name]) || undefined))
  let isThere = fits
  for (const key of path.split('.').reverse()) isThere = step(key, isThere)
  return isThere
}

/** One key of a path. */
const step = (key: string, next: (found: unknown) => boolean) => (value: unknown) => {
  const found = isRecord(value) ? own(value, key) : undefined
  return Array.isArray(found) ? found.some((one) => next(one)) : next(found)
}
