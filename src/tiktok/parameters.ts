import { readAmount, roundAmount } from '../core/amount.ts'
import { itemsOf } from '../core/items.ts'
import { readOrderId } from '../core/order-id.ts'
import { put, readNumber, readText } from '../core/read.ts'
import type { Config, Content, ConvergeEvent, EventParameters } from '../types.ts'

type Properties = Record<string, unknown>

/**
 * Maps an event's properties to TikTok's parameters. Only parameters on an allow-list are set. Unreadable values are left
 * out, and no default values are added.
 */
export function toParameters(
  { eventName, properties }: ConvergeEvent,
  event: string,
  { contentId = 'default', contentType: content_type = 'product', value: kind }: Config,
): EventParameters {
  const items = itemsOf(properties)
  const toContent = (item: Properties): Content => {
    const content: Content = { content_type }
    // Converge's content-ID modes: only `default` falls back from one field to another.
    put(
      content,
      'content_id',
      contentId === 'default' ? readText(item.variant_id) || readText(item.product_id) : readText(item[contentId]),
    )
    put(content, 'content_name', readText(item.name))
    put(content, 'content_category', readText(item.category))
    put(content, 'brand', readText(item.vendor))
    put(content, 'price', roundAmount(readAmount(item.price)))
    put(content, 'quantity', readNumber(item.quantity))
    return content
  }

  // The value is the order's total, or price times quantity of a flat item, or NaN.
  const extra =
    kind === 'net' ? (readAmount(properties.total_tax) || 0) + (readAmount(properties.total_shipping) || 0) : 0
  const price = items[0] === properties ? readAmount(properties.price) * quantityOf(properties) : Number.NaN
  const value = roundAmount(readNumber(readAmount(properties.total_price) - extra, price))

  const parameters: EventParameters = {}
  if (items.length) {
    parameters.contents = items.map(toContent)
    parameters.content_type = content_type
    put(parameters, 'num_items', readNumber(countOf(items)))
  }
  put(parameters, 'value', value)
  if (!Number.isNaN(value)) put(parameters, 'currency', readCurrency(properties) || sharedCurrency(items))
  put(parameters, 'order_id', readOrderId({ eventName, properties }))
  if (eventName === 'Searched' || event === 'Search') {
    const query = readQuery(properties)
    put(parameters, 'query', query)
    put(parameters, 'search_string', query)
  }
  return parameters
}

// Converge's documents do not name the property for a search query. These names were observed on live sites.
const queryProperties = ['query', 'search_query', 'search_string', 'search_term', 'term', 'q']

/** Reads the search query. Visitors also search for email addresses, which must not be sent. */
const readQuery = (properties: Properties): string | undefined =>
  queryProperties.map((name) => readText(properties[name])).find((text) => /^[^@]+$/.test(text))

// This is a loop, because Prototype 1.6 replaces `reduce`.
function countOf(items: Properties[]): number {
  let count = 0
  for (const item of items) count += quantityOf(item)
  return count
}

const quantityOf = (item: Properties): number => readNumber(item.quantity, 1)

function readCurrency({ currency }: Properties): string {
  const code = readText(currency)
  return /^[a-z]{3}$/i.test(code) ? code.toUpperCase() : ''
}

function sharedCurrency(items: Properties[]): string {
  const [first = '', ...others] = items.map(readCurrency)
  return others.every((currency) => currency === first) ? first : ''
}
