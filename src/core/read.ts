// What a loosely typed value means. Shops send ids as numbers, prices as text, and nulls anywhere.

export const isObject = (value: unknown): value is object => Object(value) === value

/** A record as it is, and anything else as an empty one. */
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

export const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !Array.isArray(value)

// biome-ignore lint/suspicious/noPrototypeBuiltins: old web views have no Object.hasOwn
export const hasOwn = (object: object, key: string): boolean => Object.prototype.hasOwnProperty.call(object, key)

/** A record's own property. What every object inherits, such as `constructor`, is none. */
export const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  hasOwn(record, key) ? record[key] : undefined

/** Sets what is known. Empty text and NaN, with which the readers below say that they found nothing, are left out. */
export function put<Target, Key extends keyof Target>(target: Target, key: Key, value: Target[Key]): void {
  if (value || value === 0) target[key] = value
}

/** Text, trimmed, or a number as text. Of a Shopify GID (`gid://shopify/Product/1`) TikTok knows the last part alone. */
export function readText(value: unknown): string {
  if (typeof value !== 'string') return Number.isFinite(value) ? String(value) : ''
  const text = value.trim()
  // Most texts are none, and to ask first is faster than to replace.
  return text.startsWith('gid:') ? text.replace(/^gid:.*\//, '') : text
}

/** A finite number, also one that comes as text, as JavaScript writes it. Money is read by `readAmount`. */
export function readNumber(value: unknown, fallback = Number.NaN): number {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value
  return Number.isFinite(number) ? Number(number) : fallback
}
