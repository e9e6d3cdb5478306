import { isObject } from './read.ts'

const toJSONOf = (value: object) => {
  const { toJSON }: { toJSON?: unknown } = value
  return toJSON
}

/**
 * Whether an object has a `toJSON` of its own or of its class, such as `Date`'s. One that all arrays or objects of the page
 * have does not count: Prototype 1.6 adds one with which `JSON.stringify([1])` is `"\"[1]\""`.
 */
export function hasToJSON(value: object): value is { toJSON(): unknown } {
  const toJSON = toJSONOf(value)
  return typeof toJSON === 'function' && toJSON !== toJSONOf(Array.prototype) && toJSON !== toJSONOf(Object.prototype)
}

/**
 * `JSON.stringify`, also on a page whose arrays and objects have a `toJSON` from an old library. The page's prototypes stay
 * as they are.
 */
export function stringify(value: unknown): string {
  // Only there, since a replacer makes JSON.stringify half as fast.
  const isHarmed = 'toJSON' in Array.prototype
  return JSON.stringify(value, isHarmed ? undoToJSON : undefined)
}

/** JSON.stringify asks its replacer after `toJSON`. What `toJSON` was called on still stands in the holder. */
function undoToJSON(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key]
  return isObject(original) && !hasToJSON(original) ? original : value
}

/**
 * Lets another script's `JSON.stringify` write a copy of ours as it is, also on a page whose arrays and objects have a
 * `toJSON` from an old library. It changes nothing on other pages.
 */
export function keepFromToJSON<Value extends object>(value: Value): Value {
  if (!('toJSON' in Array.prototype)) return value
  Object.defineProperty(value, 'toJSON', { value: undefined, configurable: true })
  for (const part of Object.values(value)) if (isObject(part)) keepFromToJSON(part)
  return value
}
