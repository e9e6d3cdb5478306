import type { Query } from './connections.ts'

/**
 * SQL that locks rows of a table and returns their IDs. `condition` is SQL. All transactions lock rows in the order of their IDs,
 * so that no two of them wait for each other.
 */
export const lockedSql = (table: string, condition: string): string =>
  `SELECT id FROM ${table} WHERE ${condition} ORDER BY id FOR UPDATE`

/**
 * Locks waiting events, and which process sends them, until the end of the transaction. The locks of a transaction have one order:
 * orders, leases, waiting events or dead letters, profiles, lines of the log, totals.
 */
export async function lockEvents(query: Query, schema: string, ids: readonly number[]): Promise<void> {
  for (const table of ['leases', 'waiting']) await query(lockedSql(`${schema}.${table}`, 'id = ANY($1)'), [ids])
}
