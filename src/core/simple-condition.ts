import type { Condition } from '../types.ts'
import { attempt } from './attempt.ts'
import type { Check } from './conditions.ts'
import { own } from './read.ts'

/**
 * Whether a condition only checks if a `$…` property is true or false, as the default mapping does for new customers. Builds
 * without filters support no other condition.
 */
export const isSimple = (condition: Condition): boolean => {
  const { property, operator, value } = condition
  const isAlone = Object.keys(condition).length === 3 // no `ignoreCase`, and no misspelled part
  return isAlone && operator === 'equal' && typeof value === 'boolean' && /^\$\w+$/.test(property)
}

/** Compiles a simple condition, with the same result as `compileCondition`. */
export const compileSimple =
  ({ property, value }: Condition): Check =>
  (properties) =>
    attempt(() =>
      [own(properties, property)].flat().some((found) => isText(found) && String(found) === String(value)),
    ) ?? false

// As in conditions.ts, a value that is an object has no text.
const isText = (value: unknown): boolean => typeof value !== 'object'
