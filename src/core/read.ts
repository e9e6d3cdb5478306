// Readers for loosely typed values. Shops send IDs as numbers, prices as text, and null in any place.

export const isObject = (value: unknown): value is object => Object(value) === value

/** Returns a record unchanged, and an empty one for any other value. */
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

export const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !Array.isArray(value)

// biome-ignore lint/suspicious/noPrototypeBuiltins: old web views have no Object.hasOwn
export const hasOwn = (object: object, key: string): boolean => Object.prototype.hasOwnProperty.call(object, key)

/** Reads a record's own property. Inherited ones, such as `constructor`, are ignored. */
export const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  hasOwn(record, key) ? record[key] : undefined

/** Sets a property unless the value is empty text or NaN, which the readers below return if they find nothing. */
export function put<Target, Key extends keyof Target>(target: Target, key: Key, value: Target[Key]): void {
  if (value || value === 0) target[key] = value
}

/** Reads trimmed text, or a number as text. Only the last part of a Shopify GID (`gid://shopify/Product/1`) is an ID for TikTok. */
export function readText(value: unknown): string {
  if (typeof value !== 'string') return Number.isFinite(value) ? String(value) : ''
  const text = value.trim()
  // Most texts are not GIDs, and this check is faster than a replacement.
  return text.startsWith('gid:') ? text.replace(/^gid:.*\//, '') : text
}

/** Reads a finite number, also from text in JavaScript's notation. For money, use `readAmount`. */
export function readNumber(value: unknown, fallback = Number.NaN): number {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value
  return Number.isFinite(number) ? Number(number) : fallback
}
