// What a loosely typed value means. Shops send ids as numbers, prices as text, and nulls anywhere.

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sets what is known. Empty text and NaN, with which the readers below say that they found nothing, are left out. */
export function put<Target, Key extends keyof Target>(target: Target, key: Key, value: Target[Key]): void {
  if (value || value === 0) target[key] = value
}

/** Text, trimmed. */
export function readText(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

/** A finite number, also one that comes as text. `"1,299"` is none: it could mean two things. */
export function readNumber(value: unknown, fallback = Number.NaN): number {
  const number = readText(value) ? Number(value) : value
  return Number.isFinite(number) ? Number(number) : fallback
}

/** An id as text. Of a Shopify GID (`gid://shopify/Product/1`) TikTok's catalogue knows the last part alone. */
export function readId(value: unknown): string {
  const id = Number.isFinite(value) ? String(value) : readText(value)
  return id.replace(/^gid:.*\//, '')
}
