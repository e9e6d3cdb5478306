import { readAmount } from '../core/amount.ts'
import { itemsOf } from '../core/items.ts'
import { orderIdKey } from '../core/order-id.ts'
import { readText } from '../core/read.ts'
import { hashesOf, readUser } from '../tiktok/user.ts'
import type { Config, Content, ConvergeEvent, EventParameters } from '../types.ts'

/** What happened to a property. */
export type Change =
  | 'same'
  | 'renamed'
  | 'number' // from text
  | 'text' // from a number
  | 'tidied' // trimmed, upper-cased, rounded, or the last part of a GID
  | 'computed' // from several properties
  | 'configured' // set in the config
  | 'identity' // sent separately from the parameters, hashed
  | 'place' // sent separately, as plain text, as TikTok requires
  | 'address' // the page's URL or referrer, for the server copy
  | 'refused' // not valid, and left out
  | 'kept' // not a TikTok parameter: it stays in the page

/** A property of the call and the parameter that it became. */
export interface Line {
  from?: string
  came?: unknown
  to?: string
  left?: unknown
  changes: Change[]
}

export interface Group {
  title: string
  lines: Line[]
}

const itemSources = {
  content_name: 'name',
  content_category: 'category',
  brand: 'vendor',
  price: 'price',
  quantity: 'quantity',
} as const

/** The property of an item that its content_id comes from. */
export function idSource(item: Record<string, unknown>, { contentId = 'default' }: Pick<Config, 'contentId'>): string {
  if (contentId !== 'default') return contentId
  return readText(item.variant_id) ? 'variant_id' : 'product_id'
}

/** Compares an event's properties with its TikTok parameters: what was renamed, dropped or converted. */
export function compare(
  { eventName, properties }: ConvergeEvent,
  parameters: EventParameters,
  config: Config,
): Group[] {
  const used = new Set(['items'])
  const items = itemsOf(properties)
  const isFlat = items[0] === properties
  const listed: unknown[] = Array.isArray(properties.items) ? properties.items : []

  const take = (to: keyof EventParameters, from: string | undefined): Line[] => {
    if (from === undefined || !isGiven(properties[from])) return []
    used.add(from)
    return [lineOf(from, properties[from], to, parameters[to])]
  }
  const keyOf = (text: string | undefined) =>
    Object.keys(properties).find((name) => text && readText(properties[name]) === text)

  const event = [
    ...money(),
    ...(isFlat || readText(properties.currency) ? take('currency', 'currency') : sharedCurrency()),
    ...(parameters.order_id ? take('order_id', orderIdKey({ eventName, properties })) : []),
    ...take('query', keyOf(parameters.query)),
    ...take('search_string', keyOf(parameters.search_string)),
    ...(parameters.num_items === undefined
      ? []
      : [
          {
            from: isFlat ? 'quantity' : 'items[].quantity',
            came: isFlat ? properties.quantity : items.map(({ quantity }) => quantity),
            to: 'num_items',
            left: parameters.num_items,
            changes: ['computed' as const],
          },
        ]),
    ...(parameters.content_type
      ? [
          {
            from: 'config.contentType',
            came: config.contentType ?? 'product',
            to: 'content_type',
            left: parameters.content_type,
            changes: ['configured' as const],
          },
        ]
      : []),
  ]

  const contents = items.map((item, index): Group => {
    const content: Partial<Content> = parameters.contents?.[index] ?? {}
    const inner = new Set<string>()
    const place = isFlat ? '' : `items[${listed.indexOf(item)}].`
    const target = `contents[${index}].`
    const sources = { content_id: idSource(item, config), ...itemSources }
    const lines = Object.entries(sources).flatMap(([to, from]) => {
      if (!isGiven(item[from])) return []
      inner.add(from)
      const left: unknown = Reflect.get(content, to)
      return [{ ...lineOf(from, item[from], to, left), from: place + from, to: target + to }]
    })
    for (const name of inner) if (isFlat) used.add(name)
    const rest = isFlat ? [] : leftOver(item, inner, place)
    return { title: `${place.slice(0, -1) || 'properties'} → ${target.slice(0, -1)}`, lines: [...lines, ...rest] }
  })

  return [
    { title: 'Event', lines: event },
    ...(parameters.contents ? contents : []),
    { title: 'Not sent as parameters', lines: leftOver(properties, used, '') },
  ].filter(({ lines }) => lines.length)

  function money(): Line[] {
    const { value } = parameters
    const isNet = config.value === 'net' && isGiven(properties.total_price)
    if (isNet) for (const name of ['total_price', 'total_tax', 'total_shipping']) used.add(name)
    if (isNet && value !== undefined) {
      const { total_price, total_tax, total_shipping } = properties
      const from = 'total_price − total_tax − total_shipping'
      return [{ from, came: [total_price, total_tax, total_shipping], to: 'value', left: value, changes: ['computed'] }]
    }
    const isFromItem = isFlat && Number.isNaN(readAmount(properties.total_price))
    if (!isFromItem || value === undefined) return take('value', 'total_price')
    const { price, quantity } = properties
    if (!isGiven(quantity)) return [lineOf('price', price, 'value', value)]
    return [{ from: 'price × quantity', came: [price, quantity], to: 'value', left: value, changes: ['computed'] }]
  }

  function sharedCurrency(): Line[] {
    const { currency } = parameters
    if (!currency) return []
    const came = items.map((item) => item.currency)
    return [{ from: 'items[].currency', came, to: 'currency', left: currency, changes: ['computed'] }]
  }
}

/** Properties that are sent separately from the parameters, or not at all. */
function leftOver(properties: Record<string, unknown>, used: ReadonlySet<string>, place: string): Line[] {
  return Object.entries(properties)
    .filter(([name, value]) => !used.has(name) && isGiven(value))
    .map(([name, came]) => ({ from: place + name, came, changes: [resultOf(name, came)] }))
}

function resultOf(name: string, value: unknown): Change {
  if (name === '$url' || name === 'referrer') return 'address'
  const user = readUser({ [name]: value })
  if (Object.keys(user).length) return Object.keys(hashesOf(user)).length ? 'identity' : 'place'
  return /^\$(email|phone_number)$/.test(name) ? 'refused' : 'kept'
}

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== ''

function lineOf(from: string, came: unknown, to: string, left: unknown): Line {
  const changes: Change[] = []
  if (left === undefined) changes.push('refused')
  else {
    if (from !== to) changes.push('renamed')
    if (typeof came === 'string' && typeof left === 'number') changes.push('number')
    else if (typeof came === 'number' && typeof left === 'string') changes.push('text')
    else if (came !== left) changes.push('tidied')
  }
  return { from, came, to, left, changes: changes.length ? changes : ['same'] }
}
