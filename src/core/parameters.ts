import type { Config, Content, EventParameters } from '../types.ts'
import { orderEvents } from './default-mapping.ts'
import { isRecord, put, readId, readNumber, readText } from './read.ts'

type Properties = Record<string, unknown>
type ParameterConfig = Pick<Config, 'contentId' | 'contentType' | 'value'>

/**
 * TikTok's parameters for one event: an allow-list, filled from what the event says. Nothing is invented, and what
 * can't be understood is left out. They are fresh on every call.
 */
export function toParameters(
  properties: Properties,
  config: ParameterConfig,
  { eventName, event }: { eventName: string; event: string },
): EventParameters {
  const parameters: EventParameters = {}
  const items = itemsOf(properties)
  if (items.length) {
    parameters.contents = items.map((item) => toContent(item, config))
    parameters.content_type = config.contentType || 'product'
    put(parameters, 'num_items', readNumber(items.reduce((sum, item) => sum + quantityOf(item), 0)))
  }
  const value = moneyOf(properties, items, config)
  put(parameters, 'value', value)
  if (!Number.isNaN(value)) put(parameters, 'currency', readCurrency(properties) || sharedCurrency(items))
  if (orderEvents.includes(eventName)) put(parameters, 'order_id', readId(properties.id))
  if (eventName === 'Searched' || event === 'Search') put(parameters, 'query', readQuery(properties))
  return parameters
}

// Converge's documents do not name the property that holds what was searched for; these are seen on live sites.
const queryProperties = ['query', 'search_query', 'search_string', 'search_term', 'term', 'q']

function readQuery(properties: Properties): string {
  return queryProperties.map((name) => readId(properties[name])).find(Boolean) ?? ''
}

/** The event's items, or the event itself where its properties are those of one item. */
export function itemsOf(properties: Properties): Properties[] {
  const { items, product_id, variant_id, sku, price } = properties
  const listed = Array.isArray(items) ? items.filter(isRecord) : []
  if (listed.length) return listed
  return [product_id, variant_id, sku, price].some(readId) ? [properties] : []
}

function toContent(item: Properties, { contentId = 'default', contentType = 'product' }: ParameterConfig): Content {
  const content: Content = { content_type: contentType }
  // Converge's content-ID modes: only `default` falls back from one field to another.
  const isDefault = contentId === 'default'
  put(content, 'content_id', isDefault ? readId(item.variant_id) || readId(item.product_id) : readId(item[contentId]))
  put(content, 'content_name', readText(item.name))
  put(content, 'content_category', readText(item.category))
  put(content, 'brand', readText(item.vendor))
  put(content, 'price', readNumber(item.price))
  put(content, 'quantity', readNumber(item.quantity))
  return content
}

/** What the order comes to, else what a flat item comes to, else NaN. */
function moneyOf(properties: Properties, items: Properties[], config: ParameterConfig): number {
  let value = readNumber(properties.total_price)
  if (config.value === 'net') value -= readNumber(properties.total_tax, 0) + readNumber(properties.total_shipping, 0)
  if (items[0] === properties) value = readNumber(value, readNumber(properties.price) * quantityOf(properties))
  // Without the rest of a binary fraction: 3 × 0.1 is 0.3. No currency has more than four decimals.
  return readNumber(value.toFixed(4))
}

function quantityOf(item: Properties): number {
  return readNumber(item.quantity, 1)
}

function readCurrency({ currency }: Properties): string {
  return /^[A-Z]{3}$/.exec(readText(currency).toUpperCase())?.[0] ?? ''
}

function sharedCurrency(items: Properties[]): string {
  const [currency = '', ...others] = new Set(items.map(readCurrency))
  return others.length ? '' : currency
}
