// Code that a shop's TypeScript accepts or refuses. It is only compiled, and each expected error must occur.
import {
  type Condition,
  type Config,
  type ConvergeEvent,
  createConverge,
  type EventParameters,
  type Filter,
  type Item,
  type MappingRow,
  type Reason,
  type State,
  type Status,
  type TrackResult,
} from '../../src/index.ts'

const pixelId = 'CJQBODJC77UB4MRTGFRF'
const { track, on } = createConverge({ pixelId })

// ── Known events complete their properties ───────────────────────────────────────────────────────────────────────────

const item: Item = { product_id: 9010, variant_id: null, sku: '', price: '10.50', quantity: 1, currency: 'EUR' }

track('$page_load')
track('Viewed Product', item)
track('Viewed Product', { ...item, $url: 'https://www.shop.test/', referrer: '' })
track('Added To Cart', { product_id: '1', variant_id: 11, name: 'Cap', price: 19.9, quantity: '2', vendor: null })
track('Viewed Collection', { id: 7, name: 'Caps', items: [item, null] })
track('Started Checkout', { total_price: 0, coupon: ['A', 'B'], items: [] })
track('Placed Order', { id: 1001, total_price: '94.80', $is_new_customer: 'true', items: Object.freeze([item]) })
track('Started Subscription', { id: 'S-1', $email: 'jane@shop.test', $phone_number: null })
track('Searched', { query: 'cap' })
track('Subscribed To Newsletter', { $email: ['jane@shop.test', 'jane@home.test'], $phone_number: ['+43 664 1234567'] })
track('Subscribed To Newsletter', { $email: 'jane@shop.test' })
track('Searched', null, null)
track('Searched', {}, { eventID: 1, profileProperties: { $email: null }, aliases: ['urn:email:jane@shop.test'] })

// An order needs its ID, or an eventID instead.
track('Placed Order', { id: 1001 }, null)
track('Placed Order', { total_price: 5 }, { eventID: 'e-1' })
track('Placed Order', { id: null, total_price: 5 }, { eventID: 7 })
track('Placed Order', null, { eventID: 'e-1', aliases: [] })
track('Started Subscription', { total_price: 5 }, { eventID: 'e-1' })
track('Placed Recurring Subscription Order', { total_price: 5 })

// @ts-expect-error an order has an ID
track('Placed Order')
// @ts-expect-error an order has an ID
track('Placed Order', null)
// @ts-expect-error an order has an ID
track('Placed Order', {})
// @ts-expect-error an order has an ID
track('Placed Order', { total_price: 5, currency: 'EUR', items: [item] })
// @ts-expect-error null is not an ID
track('Placed Order', { id: null })
// @ts-expect-error an order that may lack its ID needs an eventID
track('Placed Order', { id: [1001].at(0) })
// @ts-expect-error the name is id
track('Placed Order', { order_id: '1001' })
// @ts-expect-error the name is id
track('Placed Order', { transaction_id: '1001' }, { eventID: 'e-1' })
// @ts-expect-error the options contain no eventID
track('Placed Order', { total_price: 5 }, { aliases: [] })
// @ts-expect-error undefined is not an eventID
track('Placed Order', { total_price: 5 }, { eventID: undefined })
// @ts-expect-error a subscription has an ID
track('Started Subscription', { $email: 'jane@shop.test' })

// @ts-expect-error the name is total_price
track('Placed Order', { id: '1', totalPrice: 5 })
// @ts-expect-error the name is product_id, in items too
track('Started Checkout', { items: [{ productId: '1' }] })
// @ts-expect-error a flat event has no items
track('Added To Cart', { items: [item] })
// @ts-expect-error Converge has no `value`
track('Placed Order', { id: '1', value: 5 })
// @ts-expect-error a price is a number or text
track('Added To Cart', { price: { amount: 5 } })
// @ts-expect-error an ID is a number or text
track('Viewed Product', { product_id: true })
// @ts-expect-error items is a list
track('Started Checkout', { items: item })
// @ts-expect-error true, 'true', false or 'false'
track('Placed Order', { id: '1', $is_new_customer: 'yes' })
// @ts-expect-error a search has no price
track('Searched', { price: 1 })
// @ts-expect-error properties are an object
track('Searched', 'cap')
// @ts-expect-error a name is text
track(42)
// @ts-expect-error the name is required
track()
// @ts-expect-error the name is eventID
track('Placed Order', { id: '1' }, { eventId: '1' })
// @ts-expect-error the third argument is options
track('Placed Order', { id: '1' }, 'e-1')
// @ts-expect-error aliases are text
track('Placed Order', { id: '1' }, { aliases: [1] })
// @ts-expect-error the name is $email
track('Placed Order', { id: '1' }, { profileProperties: { email: 'jane@shop.test' } })

// ── Any other event name accepts any properties ──────────────────────────────────────────────────────────────────────

interface Scroll {
  depth: number
}
class Click {
  button = 'buy'
}
const scroll: Scroll = { depth: 25 }

track('Scroll Depth 25%', scroll)
track('[SITE] Button Click', new Click())
track('Added to cart', { anything: { at: ['all'] } })
track('' as string, { total_price: 5, whatever: true })

// @ts-expect-error properties are an object there too
track('Scroll Depth 25%', 25)

// ── A shop's own properties (custom-properties.ts) ───────────────────────────────────────────────────────────────────

track('Placed Order', { id: '1', gift_wrap: true, items: [{ product_id: '1', gift_wrap: false }] })
track('Viewed Product', { gift_wrap: true })
// @ts-expect-error the declared type differs
track('Placed Order', { gift_wrap: 'yes' })

// ── The result ───────────────────────────────────────────────────────────────────────────────────────────────────────

const { status, reason, eventID, destinationEvents }: TrackResult = track('Searched')
const answer: [Status, Reason | undefined, string] = [status, reason, eventID]
for (const { event, event_id, parameters, via } of destinationEvents) {
  const content_id: string | undefined = parameters.contents?.[0]?.content_id
  const said: (string | undefined)[] = [event, event_id, content_id, ...via]
  said satisfies unknown[]
}
answer satisfies unknown[]

// @ts-expect-error there is no such status
if (status === 'sent') track('Searched')
// @ts-expect-error a content_id is text
const parameters: EventParameters = { contents: [{ content_type: 'product', content_id: 7 }] }
parameters satisfies object

const stop: () => void = on('event', (result: TrackResult, event: ConvergeEvent) => track(event.eventName, result))
on('state', ({ pixel, pixelCause }: State) => track(pixel, { pixelCause }))
stop()
// @ts-expect-error there is no such type of listener
on('pixel', () => {})
// @ts-expect-error state has no result
on('state', (state, event) => track('Searched', { state, event }))

// ── The config ───────────────────────────────────────────────────────────────────────────────────────────────────────

const condition: Condition = { property: 'items.vendor', operator: 'in', value: ['Acme', 7, true], ignoreCase: true }
const filter: Filter = { event: '*', any: [condition, { property: 'coupon', operator: 'is_not_set' }] }
const row: MappingRow = { event: 'Lead', forward: 'client', when: condition }
const config: Config = {
  pixelId,
  contentId: 'variant_id',
  contentType: 'product_group',
  value: 'net',
  mapping: { mode: 'custom', events: { 'Any Name': row, Other: 'Lead', Off: false, Two: ['Lead', row] } },
  filters: Object.freeze([filter]),
  relay: '/converge',
  load: 'immediate',
  region: 'us',
  nonce: 'r4nd0m',
}
createConverge(config)

// @ts-expect-error the pixel ID is required
createConverge({})
// @ts-expect-error the config is required
createConverge()
// @ts-expect-error the name is pixelId
createConverge({ pixelID: pixelId })
// @ts-expect-error there is no such content ID mode
createConverge({ pixelId, contentId: 'SKU' })
// @ts-expect-error the valid values are product and product_group
createConverge({ pixelId, contentType: 'variant' })
// @ts-expect-error the valid values are gross and net
createConverge({ pixelId, value: 'total' })
// @ts-expect-error there is no such mode
createConverge({ pixelId, mapping: { mode: 'server' } })
// @ts-expect-error true is not a row
createConverge({ pixelId, mapping: { events: { Searched: true } } })
// @ts-expect-error there is no such forwarding mode
createConverge({ pixelId, mapping: { events: { Searched: { event: 'Search', forward: 'browser' } } } })
// @ts-expect-error a row needs TikTok's event
createConverge({ pixelId, mapping: { events: { Searched: { forward: 'client' } } } })
// @ts-expect-error there is no such operator
createConverge({ pixelId, filters: [{ event: '*', any: [{ property: 'id', operator: 'equals', value: 1 }] }] })
// @ts-expect-error a condition has an operator
createConverge({ pixelId, filters: [{ event: '*', any: [{ property: 'id', value: 1 }] }] })
// @ts-expect-error a condition's value is text, a number or a boolean
createConverge({ pixelId, filters: [{ event: '*', any: [{ property: 'id', operator: 'equal', value: {} }] }] })
// @ts-expect-error a filter needs its event
createConverge({ pixelId, filters: [{ any: [condition] }] })
// @ts-expect-error the valid values are idle and immediate
createConverge({ pixelId, load: 'lazy' })
// @ts-expect-error there is no other region
createConverge({ pixelId, region: 'eu' })
