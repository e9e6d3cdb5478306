import { sha256 } from '../core/sha256.ts'
import type { OutboxEvent } from '../server/outbox.ts'
import type { AddResult } from './add-result.ts'

/**
 * What the history says about the customer of an order. `new`: no other order of the customer is earlier. `unknown`: the history
 * is not declared complete for the time of the order, or the order names no person.
 */
export type Customer = 'new' | 'returning' | 'unknown'

/** The keys of the person who placed an order. SHA-256 in lower-case hex, as in the `user` of an event. */
export interface CustomerKeys {
  email?: string | undefined
  phone?: string | undefined
  /** The hash of the customer id. */
  customerId?: string | undefined
}

/** An order for the history. Only signed sources and imports add them, because anybody can post as a page. */
export interface CustomerOrder {
  /** The order's event_id. */
  id: string
  /** When it was placed, in milliseconds since 1970. */
  time: number
  person: CustomerKeys
  /** True if the history is declared complete for orders of this time. */
  isCovered: boolean
  /** Rows of this order that are only sent for some customers. The store leaves them out for others. */
  rows: readonly { event: OutboxEvent; customers: readonly Customer[] }[]
}

/** What a request adds to the history. */
export interface HistoryExtras {
  orders: readonly CustomerOrder[]
  /** How long a customer stays known after the latest order, in milliseconds. 0 means without end. Default: unchanged, at first 0. */
  keepFor?: number | undefined
}

/** Decisions on orders whose rows depend on the customer, since the database was created. Each order counts once. */
export type CustomerCounts = Record<Customer, number>

/** What the history keeps for one key of a person. Times are in milliseconds since 1970. */
export interface FirstOrder {
  /** The event_id of the first order. */
  id: string
  time: number
  /** The time of the latest order. */
  latest: number
}

export interface CustomerDecision {
  customer: Customer
  /** The entry of each key after this order, in the order of `known`. */
  entries: FirstOrder[]
}

/**
 * Returns the names under which the history keeps a person. The salt is the database's own, so that the names of two databases
 * cannot be compared.
 */
export function historyKeys(salt: string, { email, phone, customerId }: CustomerKeys): string[] {
  const kinds = { email, phone, customerId }
  return Object.entries(kinds).flatMap(([kind, hash]) => (hash ? [sha256(`${salt} ${kind} ${hash}`)] : []))
}

/**
 * Decides whether the customer of an order is new, and what the history keeps. The answer for an order does not depend on later
 * arrivals. A retry, the other copy and a later import get the same one.
 *
 * @param known the entry of each of the person's keys, if there is one
 * @param keepFor milliseconds. A customer whose latest order was placed longer before this one is not known any more.
 */
export function decideCustomer(
  { id, time, isCovered }: Pick<CustomerOrder, 'id' | 'time' | 'isCovered'>,
  known: readonly (FirstOrder | undefined)[],
  keepFor = Number.POSITIVE_INFINITY,
): CustomerDecision {
  const kept = known.map((entry) => (entry && entry.latest >= time - keepFor ? entry : undefined))
  const hasEarlier = kept.some((entry) => entry && entry.id !== id && entry.time < time)
  const customer = !isCovered || known.length === 0 ? 'unknown' : hasEarlier ? 'returning' : 'new'
  return { customer, entries: kept.map((entry) => addOrder(entry, id, time)) }
}

function addOrder(entry: FirstOrder | undefined, id: string, time: number): FirstOrder {
  if (!entry) return { id, time, latest: time }
  const latest = Math.max(entry.latest, time)
  return time < entry.time ? { id, time, latest } : { ...entry, latest }
}

/** The answer for the orders of one request. */
export interface HistoryAnswer {
  /** Rows that are not sent, because they are for other customers. */
  leftOut: ReadonlySet<OutboxEvent>
  /** Rows that depend on the customer, with the answer for theirs. */
  customers: ReadonlyMap<OutboxEvent, Customer>
}

/** The names of the totals in the database. */
export const customerTotals = {
  new: 'customers_new',
  returning: 'customers_returning',
  unknown: 'customers_unknown',
} as const satisfies Record<Customer, string>

/** Adds each order to the history with `add`, and decides which of their rows are sent. */
export function decideRows(orders: readonly CustomerOrder[], add: (order: CustomerOrder) => Customer): HistoryAnswer {
  const leftOut = new Set<OutboxEvent>()
  const customers = new Map<OutboxEvent, Customer>()
  for (const order of orders) {
    const customer = add(order)
    for (const { event } of order.rows) customers.set(event, customer)
    for (const event of rowsOfOthers(order, customer)) leftOut.add(event)
  }
  return { leftOut, customers }
}

/** Returns the rows that are not sent for this customer. */
function rowsOfOthers({ rows }: Pick<CustomerOrder, 'rows'>, customer: Customer): OutboxEvent[] {
  return rows.filter(({ customers }) => !customers.includes(customer)).map(({ event }) => event)
}

/**
 * Adds the events of a request with `add`, without the rows that are for other customers, and returns the results of all. `count` is
 * called once for each order whose rows depend on the customer, unless it arrived before.
 */
export function addForCustomers<Kept extends { event: OutboxEvent }>(
  all: readonly Kept[],
  { leftOut, customers }: HistoryAnswer,
  add: (kept: readonly Kept[]) => readonly AddResult[],
  count: (customer: Customer) => void,
): AddResult[] {
  const kept = all.filter(({ event }) => !leftOut.has(event))
  const results = new Map(add(kept).map((result, index) => [kept[index]?.event, result]))
  const decided = new Map<string, Customer>()
  for (const { event } of all) {
    const customer = customers.get(event)
    if (customer) decided.set(event.data.event_id, customer)
  }
  for (const { event } of kept) if (results.get(event) === 'already_sent') decided.delete(event.data.event_id)
  for (const customer of decided.values()) count(customer)
  return all.map(({ event }) => results.get(event) ?? 'for_others')
}
