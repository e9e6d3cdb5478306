import type { Condition, Operator, Scalar } from '../types.ts'
import { attempt } from './attempt.ts'
import { configError } from './config-error.ts'
import { itemsOf } from './items.ts'
import { refuseUnknown } from './options.ts'
import { isRecord, own, readNumber, readText } from './read.ts'

type Properties = Record<string, unknown>

/** A compiled condition. It returns whether an event's properties meet it. */
export type Check = (properties: Properties) => boolean

/** Reads a value as text, in lower case if the condition ignores case. */
type Read = (value: unknown) => string
/** Prepares a comparison with one value of the condition. The returned function checks a value of an event. */
type Compare = (wanted: Scalar, read: Read, ignoreCase: boolean) => (found: unknown) => boolean

/** The negated operators, with the operator that each negates. */
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
  // If one of the two is a number, both are compared as numbers: "3.0" equals 3.
  return (found) => (isNumber || Number.isFinite(found) ? readNumber(found) === number : read(found) === text)
}

/** Compares as text. */
const text =
  (holds: (found: string, wanted: string) => boolean): Compare =>
  (value, read) => {
    const wanted = read(value)
    return (found) => holds(read(found), wanted)
  }

/** Compares as numbers. Comparisons with NaN are false, so other text is neither greater nor lower. */
const numbers =
  (holds: (found: number, wanted: number) => boolean): Compare =>
  (value) => {
    const wanted = readNumber(value)
    if (Number.isNaN(wanted)) throw new TypeError() // it would never be met
    return (found) => holds(readNumber(found), wanted)
  }

const matches: Compare = (wanted, read, ignoreCase) => {
  // The flags g and y would keep a position between two texts.
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
 * Compiles a condition to a function. A missing property meets no positive operator and every negated one. On a list, a
 * positive operator is met if one element matches, and a negated one if none does. If one of the two values is a number,
 * they are compared as numbers, otherwise as text. Booleans are compared as text too.
 *
 * The function never throws. If the check of an event throws, the condition is not met, even if its operator is negated. This
 * happens if the page has replaced a built-in function. The row is then not sent, and the event does not pass the filter.
 *
 * @throws if the condition is invalid: an unknown operator, a missing or non-scalar value, text that is not a number for a numeric operator, an
 * invalid regular expression, or a property that is not text
 */
export function compileCondition({ property, operator, value, ignoreCase = false }: Condition): Check {
  const positive = own<Operator>(negated, operator)
  const compare = own<Compare>(comparisons, positive ?? operator)
  // `is_set` compares with no value.
  const wanted: unknown[] = compare === isSet ? [''] : [value].flat()
  // Without a property, or in an empty list, nothing would ever be found.
  if (!compare || !property || !(positive || wanted.length) || !wanted.every(isScalar)) throw new TypeError(operator)
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
 * @throws an error that names the place of an invalid condition
 */
export function readCondition(where: string, condition: Condition): Check {
  refuseUnknown(where, Object(condition), conditionNames)
  const check = attempt(() => compileCondition(condition))
  if (!check) throw configError(where, condition, 'a condition with a property, an operator and a value that fits it')
  return check
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Lists derived from an event's items, with the item property that each contains. */
const idLists = { product_ids: 'product_id', variant_ids: 'variant_id', product_skus: 'sku' }

/** Compiles a path. The returned function checks the values there. Lists are flattened: `items.vendor` is each item's vendor. */
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
