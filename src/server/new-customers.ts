import { readText } from '../core/read.ts'
import type { Customer, CustomerCounts, CustomerOrder } from '../store/customer-history.ts'
import { type MappedEvent, route } from '../tiktok/route.ts'
import type { Rules } from '../tiktok/rules.ts'
import { readUser } from '../tiktok/user.ts'
import type { Config, ConvergeEvent, EventName } from '../types.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import type { OutboxEvent } from './outbox.ts'
import type { ServerEvent } from './parse.ts'
import type { Profile } from './profile.ts'

/** Events that are an order of a customer. A subscription has an ID of its own, and comes with an order. */
const customerOrders: readonly string[] = ['Placed Order', 'Placed Recurring Subscription Order'] satisfies EventName[]

const DAY = 86_400_000

/** How the history of customers is used, read from the config. */
export interface HistoryConfig {
  /** The history has every order since this time, in milliseconds since 1970. `undefined` if it is not complete. */
  since: number | undefined
  /** Milliseconds. 0 means without end. */
  keepFor: number
}

/** @throws a sentence if there is no store for the history */
export function checkHistoryStore({ newCustomers, store }: ForwarderConfig): void {
  if (newCustomers && !store?.keepsHistory)
    throw new Error(
      'converge-tiktok: newCustomers needs a database, because nothing else keeps a history of customers. Use a database, or remove newCustomers.',
    )
}

/** Returns `undefined` if no history is kept. */
export function readHistoryConfig(newCustomers: ForwarderConfig['newCustomers']): HistoryConfig | undefined {
  if (!newCustomers) return undefined
  const { since, days = 0 } = newCustomers
  return { since: since === undefined ? undefined : Date.parse(since), keepFor: days * DAY }
}

/** An order for the history, whose rows are still to be added. */
export interface NewOrder extends CustomerOrder {
  rows: { event: OutboxEvent; customers: readonly Customer[] }[]
}

/** A row, and the customers that it is sent for. `undefined` means all of them. */
export interface CustomerRow {
  row: MappedEvent
  customers: readonly Customer[] | undefined
}

/**
 * Maps an event. An order for the history without `$is_new_customer` is mapped once for each answer that the history may give.
 * The conditions of rows see the answer as `$is_new_customer`. Filters see the event as it is. Returns `undefined` if a filter
 * blocks it.
 */
export function routeByCustomer(
  event: ConvergeEvent,
  rules: Rules,
  config: Config,
  isForHistory: boolean,
): CustomerRow[] | undefined {
  const asItIs = route(event, rules, config)
  if (!asItIs) return undefined
  if (!isForHistory || isFlagged(event)) return asItIs.map((row) => ({ row, customers: undefined }))
  const unfiltered = { ...rules, passes: () => true }
  const forFlag = ($is_new_customer: boolean) =>
    route({ ...event, properties: { ...event.properties, $is_new_customer } }, unfiltered, config) ?? []
  const mapped: Record<Customer, MappedEvent[]> = {
    unknown: asItIs,
    new: forFlag(true),
    returning: forFlag(false),
  }
  return byName(mapped)
}

function byName(mapped: Record<Customer, MappedEvent[]>): CustomerRow[] {
  const all = ['unknown', 'new', 'returning'] as const satisfies Customer[]
  const rows = new Map<string, { row: MappedEvent; customers: Customer[] }>()
  for (const customer of all) {
    for (const row of mapped[customer]) {
      const known = rows.get(row.event)
      if (known) known.customers.push(customer)
      else rows.set(row.event, { row, customers: [customer] })
    }
  }
  return [...rows.values()].map(({ row, customers }) => ({
    row,
    customers: customers.length === all.length ? undefined : customers,
  }))
}

/** True if the sender says whether the customer is new. The history never replaces that. */
function isFlagged({ properties: { $is_new_customer: flag } }: ConvergeEvent): boolean {
  return typeof flag === 'boolean' || readText(flag) !== ''
}

interface OrderFacts {
  given: Pick<ServerEvent, 'profile_properties'>
  /** Milliseconds since 1970. */
  time: number
  profile: Pick<Profile, 'user'>
  history: HistoryConfig
}

/** Returns the order for the history, without rows, or `undefined` if the event is not an order of a customer. */
export function toCustomerOrder(
  event: ConvergeEvent,
  { given, time, profile, history }: OrderFacts,
): NewOrder | undefined {
  if (!customerOrders.includes(event.eventName)) return undefined
  const { since = Number.POSITIVE_INFINITY } = history
  const { email, phone } = profile.user
  // `user.external_id` may be a visitor's.
  const { external_id: customerId } = readUser({
    $customer_id: event.properties.$customer_id ?? given.profile_properties?.$customer_id,
  })
  return { id: event.eventID, time, person: { email, phone, customerId }, isCovered: time >= since, rows: [] }
}

/** What health reports about new customers. */
export interface NewCustomersReport extends CustomerCounts {
  /** Why the history answers for no order, or not for all of them. */
  reason?: string
}

const reasons = {
  off: 'newCustomers is not set, so NewCustomerPurchase is only sent for orders with $is_new_customer.',
  undeclared:
    'newCustomers.since is not set, so the history is not known to be complete, and every order without $is_new_customer is unknown.',
  future: 'newCustomers.since is in the future, so every order without $is_new_customer is unknown.',
  some: 'Orders are unknown if they are older than newCustomers.since, or have no email, phone number and customer ID.',
}

/** Why every order without `$is_new_customer` is unknown, or `undefined`. `now` is in milliseconds since 1970. */
export function whyUnknown(history: HistoryConfig | undefined, now: number): string | undefined {
  if (!history) return reasons.off
  if (history.since === undefined) return reasons.undeclared
  return history.since > now ? reasons.future : undefined
}

/** `now` is in milliseconds since 1970. */
export function reportNewCustomers(
  history: HistoryConfig | undefined,
  counts: CustomerCounts,
  now: number,
): NewCustomersReport {
  const reason = whyUnknown(history, now) ?? (counts.unknown > 0 ? reasons.some : undefined)
  return reason === undefined ? counts : { ...counts, reason }
}
