import {
  type Customer,
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
import type { Connections, Query, Row } from './connections.ts'

/** Characters of a hash that are kept, two for each byte. */
const KEY_LENGTH = 32

/** Keys of persons, as the history has them, in hex. */
const keysOf = (salt: string, person: CustomerOrder['person']): string[] =>
  historyKeys(salt, person).map((hash) => hash.slice(0, KEY_LENGTH))

/** The history of customers, for the orders of one transaction. */
export interface CustomerTransaction {
  /** Adds the orders of a request. */
  add(extras: HistoryExtras, now: number): HistoryAnswer
  /** Counts an order whose rows depend on the customer. */
  count(customer: Customer): void
  /** The changes to write. */
  changes(): { entries: (FirstOrder & { key: string })[]; keepFor: number | undefined; counts: Record<string, number> }
}

export type KnownCustomers = ReadonlyMap<string, FirstOrder>

export interface HistorySettings {
  salt: string
  /** Milliseconds. */
  keepFor: number
}

/** Decides about the customers of several requests, as if each request were stored before the next. */
export function createCustomerTransaction(settings: HistorySettings, stored: KnownCustomers): CustomerTransaction {
  const known = new Map(stored)
  const changed = new Set<string>()
  const counts: Record<string, number> = {}
  let keepFor: number | undefined

  function addOrder(order: CustomerOrder, now: number): Customer {
    const most = (keepFor ?? settings.keepFor) || Number.POSITIVE_INFINITY
    // It would be deleted at once.
    if (order.time < now - most) return 'unknown'
    const keys = keysOf(settings.salt, order.person)
    const { customer, entries } = decideCustomer(
      order,
      keys.map((key) => known.get(key)),
      most,
    )
    for (const [index, entry] of entries.entries()) {
      const key = keys[index] ?? ''
      known.set(key, entry)
      changed.add(key)
    }
    return customer
  }

  return {
    add({ orders, keepFor: given }, now) {
      if (given !== undefined) keepFor = Math.floor(given)
      return decideRows(orders, (order) => addOrder(order, now))
    },
    count(customer) {
      const name = customerTotals[customer]
      counts[name] = (counts[name] ?? 0) + 1
    },
    changes() {
      const entries = [...changed].flatMap((key) => {
        const entry = known.get(key)
        return entry ? [{ ...entry, key }] : []
      })
      return { entries, keepFor: keepFor === settings.keepFor ? undefined : keepFor, counts }
    },
  }
}

/** Reads and writes the history of customers. `schema` is quoted. */
export function createCustomerTable(schema: string) {
  const settingsSql = `SELECT salt, keep_for FROM ${schema}.customer_history`
  const readSql = `SELECT encode(key, 'hex') AS key, first_id, first_time, latest FROM ${schema}.customers
    WHERE key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`
  const writeSql = `INSERT INTO ${schema}.customers (key, first_id, first_time, latest)
    SELECT decode(key, 'hex'), id, time, latest
    FROM json_to_recordset($1) AS given (key text, id text, time bigint, latest bigint) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET first_id = excluded.first_id, first_time = excluded.first_time, latest = excluded.latest`
  const keepForSql = `UPDATE ${schema}.customer_history SET keep_for = $1`
  const pruneSql = `DELETE FROM ${schema}.customers WHERE latest <
    least($1, (SELECT max(latest) FROM ${schema}.customers)) -
    (SELECT keep_for FROM ${schema}.customer_history WHERE keep_for > 0)`
  const idsSql = `SELECT first_id FROM ${schema}.customers
    WHERE key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`

  async function settings(query: Query): Promise<HistorySettings> {
    const [row] = await query(settingsSql)
    return { salt: String(row?.salt), keepFor: Number(row?.keep_for) }
  }

  return {
    settings,

    /** The keys of all persons of some orders. */
    keysOf: ({ salt }: HistorySettings, orders: readonly CustomerOrder[]): string[] => [
      ...new Set(orders.flatMap(({ person }) => keysOf(salt, person))),
    ],

    async read(query: Query, keys: readonly string[]): Promise<KnownCustomers> {
      const rows = keys.length ? await query(readSql, [keys]) : []
      return new Map(rows.map((row) => [String(row.key), toEntry(row)]))
    },

    async write(query: Query, { entries, keepFor }: ReturnType<CustomerTransaction['changes']>): Promise<void> {
      if (keepFor !== undefined) await query(keepForSql, [keepFor])
      if (entries.length) await query(writeSql, [JSON.stringify(entries)])
    },

    /** Deletes customers whose retention period is over. A clock that is ahead must not delete everything. */
    async prune(query: Query, now: number): Promise<void> {
      await query(pruneSql, [now])
    },

    /**
     * Deletes or counts a person's entries: those of the named keys and orders, and those of other keys with the same first
     * order. An order belongs to one person.
     */
    async find({ query }: Pick<Connections, 'query'>, person: PersonKeys, action: 'count' | 'erase'): Promise<number> {
      const { salt } = await settings(query)
      const { emails, phones, customerIds, orderIds } = person
      const persons = [
        ...emails.map((email) => ({ email })),
        ...phones.map((phone) => ({ phone })),
        ...customerIds.map((customerId) => ({ customerId })),
      ]
      const keys = persons.flatMap((one) => keysOf(salt, one))
      const ids = [...orderIds, ...(await query(idsSql, [keys])).map(({ first_id }) => String(first_id))]
      const verb = action === 'erase' ? 'DELETE' : 'SELECT 1'
      const end = action === 'erase' ? 'RETURNING 1' : ''
      return (await query(`${verb} FROM ${schema}.customers WHERE first_id = ANY($1) ${end}`, [ids])).length
    },
  }
}

const toEntry = ({ first_id, first_time, latest }: Row): FirstOrder => ({
  id: String(first_id),
  time: Number(first_time),
  latest: Number(latest),
})
