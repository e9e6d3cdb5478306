import { isObject } from './read.ts'

const toJSONOf = (value: object) => {
  const { toJSON }: { toJSON?: unknown } = value
  return toJSON
}

/**
 * Whether an object or its class, such as `Date`, has a `toJSON`. A `toJSON` on all arrays or objects of the page does not
 * count: with the one from Prototype 1.6, `JSON.stringify([1])` returns `"\"[1]\""`.
 */
export function hasToJSON(value: object): value is { toJSON(): unknown } {
  const toJSON = toJSONOf(value)
  return typeof toJSON === 'function' && toJSON !== toJSONOf(Array.prototype) && toJSON !== toJSONOf(Object.prototype)
}

/**
 * Works like `JSON.stringify`, even if an old library has added a `toJSON` to all arrays and objects of the page. It does not
 * change the page's prototypes.
 */
export function stringify(value: unknown): string {
  // A replacer makes JSON.stringify take twice as long, so other pages use none.
  const isHarmed = 'toJSON' in Array.prototype
  return JSON.stringify(value, isHarmed ? undoToJSON : undefined)
}

/** JSON.stringify calls its replacer after `toJSON`. The original value is still in the holder, `this`. */
function undoToJSON(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key]
  return isObject(original) && !hasToJSON(original) ? original : value
}

/**
 * Makes another script's `JSON.stringify` ignore a `toJSON` that an old library has added to all arrays and objects. It
 * changes nothing on other pages.
 */
export function keepFromToJSON<Value extends object>(value: Value): Value {
  if (!('toJSON' in Array.prototype)) return value
  Object.defineProperty(value, 'toJSON', { value: undefined, configurable: true })
  for (const part of Object.values(value)) if (isObject(part)) keepFromToJSON(part)
  return value
}
