import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import {
  type Customer,
  type CustomerCounts,
  type CustomerOrder,
  customerTotals,
  decideCustomer,
  decideRows,
  type FirstOrder,
  type HistoryAnswer,
  type HistoryExtras,
  historyKeys,
} from '../customer-history.ts'
import type { PersonKeys } from '../person.ts'

export type CustomerHistory = ReturnType<typeof createCustomerHistory>

// Bytes of the hash that are kept. 16 are enough to tell any number of customers apart.
const keyBytes = 16
// Measured with 400,000 entries: a row, and two indexes.
const entryBytes = 130

/** Keeps the first order of each customer. Call `add`, `erase` and `prune` in a transaction. */
export function createCustomerHistory(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const select = prepare('SELECT first_id, first_time, latest FROM customers WHERE key = ?')
  const upsert = prepare(`INSERT INTO customers (key, first_id, first_time, latest) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET first_id = excluded.first_id, first_time = excluded.first_time, latest = excluded.latest`)
  const newest = prepare('SELECT max(latest) AS latest FROM customers')
  const removeOld = prepare('DELETE FROM customers WHERE latest < ?')
  const keepForNow = prepare('SELECT keep_for FROM customer_history')
  const setKeepFor = prepare('UPDATE customer_history SET keep_for = ? WHERE keep_for <> ?')
  const addToTotal = prepare(`INSERT INTO totals (name, count) VALUES (?, 1)
    ON CONFLICT DO UPDATE SET count = count + 1`)
  const total = prepare('SELECT count FROM totals WHERE name = ?')
  let salt: string | undefined

  const keepForOf = (): number => Number(keepForNow.get()?.keep_for) || Number.POSITIVE_INFINITY

  function read(key: Uint8Array): FirstOrder | undefined {
    const row = select.get(key)
    return row && { id: String(row.first_id), time: Number(row.first_time), latest: Number(row.latest) }
  }

  function addOrder(order: CustomerOrder, { now, keepFor }: { now: number; keepFor: number }): Customer {
    // It would be deleted at once.
    if (order.time < now - keepFor) return 'unknown'
    salt ??= makeSalt(database)
    const keys = toKeys(salt, order.person)
    const known = keys.map(read)
    const { customer, entries } = decideCustomer(order, known, keepFor)
    for (const [index, entry] of entries.entries()) {
      const key = keys[index]
      if (key && !isSame(entry, known[index])) upsert.run(key, entry.id, entry.time, entry.latest)
    }
    return customer
  }

  return {
    /** Adds orders to the history, and decides which of their rows are sent. */
    add({ orders, keepFor }: HistoryExtras, now: number): HistoryAnswer {
      if (keepFor !== undefined) {
        salt ??= makeSalt(database)
        setKeepFor.run(Math.floor(keepFor), Math.floor(keepFor))
      }
      const moment = { now, keepFor: keepForOf() }
      return decideRows(orders, (order) => addOrder(order, moment))
    },

    /** Counts an order whose rows depend on the customer. */
    count: (customer: Customer): void => void addToTotal.run(customerTotals[customer]),

    counts(): CustomerCounts {
      const read = (customer: Customer) => Number(total.get(customerTotals[customer])?.count ?? 0)
      return { new: read('new'), returning: read('returning'), unknown: read('unknown') }
    },

    /** The estimated size of all entries. */
    bytes: (): number => Number(total.get('customers')?.count ?? 0) * entryBytes,

    /** Deletes a person's entries, and returns their number. */
    erase: (person: PersonKeys): number => findCustomers(database, person, 'DELETE'),

    /** Deletes customers whose retention period is over. A clock that is ahead must not delete everything. */
    prune(now: number): number {
      const before = Math.min(now, Number(newest.get()?.latest ?? 0)) - keepForOf()
      return Number.isFinite(before) ? Number(removeOld.run(before).changes) : 0
    },
  }
}

function makeSalt(database: DatabaseSync): string {
  database
    .prepare('INSERT INTO customer_history (one, salt) VALUES (1, ?) ON CONFLICT DO NOTHING')
    .run(randomBytes(32).toString('hex'))
  return readSalt(database) ?? ''
}

function readSalt(database: DatabaseSync): string | undefined {
  const salt = database.prepare('SELECT salt FROM customer_history').get()?.salt
  return typeof salt === 'string' ? salt : undefined
}

function toKeys(salt: string, person: CustomerOrder['person']): Uint8Array[] {
  return historyKeys(salt, person).map((hash) => Buffer.from(hash, 'hex').subarray(0, keyBytes))
}

function isSame(entry: FirstOrder, other: FirstOrder | undefined): boolean {
  return other?.id === entry.id && other.time === entry.time && other.latest === entry.latest
}

/** Counts a person's entries in a file of any version. */
export function countCustomers(database: DatabaseSync, person: PersonKeys): number {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'customers'").get()
  return hasTable ? findCustomers(database, person, 'SELECT') : 0
}

/**
 * Finds a person's entries by the named keys and orders, and those of other keys with the same first order. An order belongs to
 * one person.
 */
function findCustomers(database: DatabaseSync, person: PersonKeys, action: 'SELECT' | 'DELETE'): number {
  const salt = readSalt(database)
  if (salt === undefined) return 0
  const { emails, phones, customerIds, orderIds } = person
  const keys = [
    ...emails.map((email) => ({ email })),
    ...phones.map((phone) => ({ phone })),
    ...customerIds.map((customerId) => ({ customerId })),
  ].flatMap((one) => toKeys(salt, one))
  const firstOf = database.prepare('SELECT first_id FROM customers WHERE key = ?')
  const ids = new Set(orderIds)
  for (const key of keys) {
    const id = firstOf.get(key)?.first_id
    if (typeof id === 'string') ids.add(id)
  }
  const list = JSON.stringify([...ids])
  const isOfPerson = 'first_id IN (SELECT value FROM json_each(?))'
  return action === 'DELETE'
    ? Number(database.prepare(`DELETE FROM customers WHERE ${isOfPerson}`).run(list).changes)
    : Number(database.prepare(`SELECT count(*) AS count FROM customers WHERE ${isOfPerson}`).get(list)?.count)
}
