import { isRecord, readText } from './read.ts'

type Properties = Record<string, unknown>

/** Returns the event's items, or the properties themselves if they describe one item. */
export function itemsOf(properties: Properties): Properties[] {
  const { items } = properties
  const listed = Array.isArray(items) ? items.filter(isRecord) : []
  if (listed.length) return listed
  return ['product_id', 'variant_id', 'sku', 'price'].some((name) => readText(properties[name])) ? [properties] : []
}
