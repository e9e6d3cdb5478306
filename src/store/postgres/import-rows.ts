import type { RowAdder } from './add-rows.ts'
import type { Connections, Query } from './connections.ts'
import type { LogImport } from './import-log.ts'
import { UnusableDatabase } from './postgres-url.ts'

/** A row of another database. Columns have the names of the SQLite engine. */
export type ImportedRow = Record<string, unknown>

/** With the ID that its line of the event log has here. */
type LinedRow = ImportedRow & { line: number | undefined }

export interface ImportOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
  /** Identifies the other database. What was already taken from it is not taken again. */
  source: string
}

// JSON has no such character outside of escapes, so it separates bodies without a copy of their text.
const SEPARATOR = '\u001e'

/** Takes over what another database has. Everything may be repeated. */
export function createImport({ connections, schema, rows, source }: ImportOptions, log: LogImport) {
  const progressSql = `SELECT chunk FROM ${schema}.moves WHERE source = $1 AND name = $2`
  const advanceSql = `INSERT INTO ${schema}.moves (source, name, chunk) VALUES ($1, $2, $3)
    ON CONFLICT (source, name) DO UPDATE SET chunk = excluded.chunk`
  const waitingSql = `INSERT INTO ${schema}.waiting (event, event_id, origin, added, expires, due, attempts, held, line, body)
    SELECT event, event_id, origin, added, expires, due, attempts, held = 1, line, body FROM ROWS FROM (
      json_to_recordset($1) AS (event text, event_id text, origin text, added bigint, expires bigint, due bigint, attempts integer, held integer, line bigint),
      unnest(string_to_array($2, E'\\x1e'))
    ) AS given (event, event_id, origin, added, expires, due, attempts, held, line, body)
    ON CONFLICT DO NOTHING RETURNING line`
  const deadSql = `INSERT INTO ${schema}.dead_letters (event, event_id, died, attempts, problem, expires, line, body)
    SELECT event, event_id, died, attempts, left(problem, 500), coalesce((body::json ->> 'expires')::numeric, 0), line, body
    FROM ROWS FROM (
      json_to_recordset($1) AS (event text, event_id text, died bigint, attempts integer, problem text, line bigint),
      unnest(string_to_array($2, E'\\x1e'))
    ) AS given (event, event_id, died, attempts, problem, line, body) RETURNING 1`
  const ordersSql = `INSERT INTO ${schema}.orders AS known (event, event_id, added, signed)
    SELECT event, event_id, added, signed
    FROM json_to_recordset($1) AS given (event text, event_id text, added bigint, signed bigint)
    ON CONFLICT (event_id, event) DO UPDATE
    SET added = greatest(known.added, excluded.added), signed = greatest(known.signed, excluded.signed)`
  const customersSql = `INSERT INTO ${schema}.customers AS known (key, first_id, first_time, latest)
    SELECT decode(key, 'hex'), first_id, first_time, latest
    FROM json_to_recordset($1) AS given (key text, first_id text, first_time bigint, latest bigint)
    ON CONFLICT (key) DO UPDATE SET latest = greatest(known.latest, excluded.latest),
      first_id = CASE WHEN excluded.first_time < known.first_time THEN excluded.first_id ELSE known.first_id END,
      first_time = least(known.first_time, excluded.first_time)`
  const pauseSql = `INSERT INTO ${schema}.switches (name, since) VALUES ('pause', $1) ON CONFLICT DO NOTHING RETURNING 1`

  /** Takes a chunk once, and remembers it in the same transaction. */
  const once = (name: string, chunk: string, take: (query: Query) => Promise<number>): Promise<number> =>
    connections.transaction(async (query) => {
      const [last] = await query(progressSql, [source, name])
      if (last?.chunk === chunk) return 0
      const count = await take(query)
      await query(advanceSql, [source, name, chunk])
      return count
    })

  const withLines = (given: readonly ImportedRow[]): LinedRow[] =>
    given.map((row) => ({ ...row, line: log.idOf(row.line) }))

  const inTables = {
    async waiting(query: Query, given: readonly ImportedRow[]): Promise<number> {
      const lined = withLines(given)
      const added = await query(waitingSql, withBodies(lined))
      const lines = new Set(added.map(({ line }) => Number(line)))
      await log.skip(
        query,
        lined.flatMap(({ line }) => (line === undefined || lines.has(line) ? [] : line)),
      )
      await rows.addTotals(query, { waiting: added.length })
      return added.length
    },
    dead_letters: async (query: Query, given: readonly ImportedRow[]): Promise<number> =>
      (await query(deadSql, withBodies(withLines(given)))).length,
  }

  return {
    /** Takes a chunk of a table's rows, and returns how many were not there yet. */
    add: (table: keyof typeof inTables, chunk: string, given: readonly ImportedRow[]): Promise<number> =>
      once(table, chunk, (query) => inTables[table](query, given)),

    async addOrders(given: readonly ImportedRow[]): Promise<void> {
      await connections.query(ordersSql, [JSON.stringify(given)])
    },

    /**
     * Takes over the salt of the history, without which its keys mean nothing.
     *
     * @throws UnusableDatabase if there is already a history with another salt
     */
    addHistory: (salt: string, keepFor: number): Promise<void> =>
      connections.transaction(async (query) => {
        const [row] = await query(
          `SELECT salt, EXISTS (SELECT FROM ${schema}.customers) AS used FROM ${schema}.customer_history FOR UPDATE`,
        )
        if (row?.salt === salt) return
        if (row?.used === true)
          throw new UnusableDatabase(
            'converge-tiktok: the database already has a history of customers of its own, which cannot be joined with that of the file. Move to an empty schema, or import the orders with "converge-tiktok customers import".',
          )
        await query(`UPDATE ${schema}.customer_history SET salt = $1, keep_for = $2`, [salt, keepFor])
      }),

    async addCustomers(given: readonly ImportedRow[]): Promise<void> {
      await connections.query(customersSql, [JSON.stringify(given)])
    },

    /** Takes over counts by name. */
    async addTotals(given: readonly { name: string; count: number }[]): Promise<void> {
      await once('totals', 'all', async (query) => {
        await rows.addTotals(query, Object.fromEntries(given.map(({ name, count }) => [name, count])))
        return given.length
      })
    },

    /** Stops the intake, as it was stopped. */
    async pause(since: number): Promise<void> {
      await once('pause', 'all', async (query) => (await query(pauseSql, [since])).length)
    },
  }
}

/** The columns, and the bodies. A letter without a body is from an early version, and cannot be sent again. */
function withBodies(rows: readonly LinedRow[]): [columns: string, bodies: string] {
  const bodies = rows.map(({ body, event, event_id }) =>
    typeof body === 'string'
      ? body
      : JSON.stringify({ data: { event, event_id, user: {}, page: {}, properties: {} }, expires: 0, order: false }),
  )
  const columns = rows.map(({ body: _, ...row }) => row)
  return [JSON.stringify(columns), bodies.join(SEPARATOR)]
}
