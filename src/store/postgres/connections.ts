import type { Pool } from 'pg'
import type { PostgresAddress } from './postgres-url.ts'

export type Row = Record<string, unknown>

/** Runs one statement and returns its rows. `seconds` is its time limit. */
export type Query = (sql: string, values?: readonly unknown[], seconds?: number) => Promise<Row[]>

/**
 * Connections to one database. It prepares no named statement and keeps no state in a session, because PgBouncer in
 * transaction mode gives each transaction another session.
 */
export interface Connections {
  /** Runs one statement, which is a transaction of its own. */
  query: Query
  /** Runs work in one transaction. Runs it again if the database had to cancel it because of another transaction. */
  transaction<Answer>(work: (query: Query) => Promise<Answer>): Promise<Answer>
  end(): Promise<void>
}

// A database that is paused does not close its connections. Without a limit, a sender would wait forever.
const CONNECT_MILLISECONDS = 5000
const QUERY_SECONDS = 10
const MOST_CONNECTIONS = 6
const MOST_TRIES = 5

/** A commit must be on the disk before the sender gets an answer, whatever the database's default is. */
export const durable =
  "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"

/** A server with a file does not need `pg`, so it is only loaded here. */
async function createPool(address: PostgresAddress): Promise<Pool> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    application_name: 'converge-tiktok',
    ...address.config,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    allowExitOnIdle: true,
  })
  // Whoever uses a connection gets its error, too. Without a listener, an error ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

export function connect(address: PostgresAddress): Connections {
  let pool: Promise<Pool> | undefined

  async function withClient<Answer>(work: (query: Query) => Promise<Answer>): Promise<Answer> {
    pool ??= createPool(address)
    const client = await (await pool).connect()
    try {
      const answer = await work(async (text, values = [], seconds = QUERY_SECONDS) => {
        const config = { text, query_timeout: seconds * 1000, ...(values.length && { values: [...values] }) }
        const { rows } = await client.query<Row>(config)
        return rows
      })
      client.release()
      return answer
    } catch (error) {
      // A session whose state is unknown is not used again.
      client.release(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async function tryTransaction<Answer>(work: (query: Query) => Promise<Answer>): Promise<Answer> {
    return withClient(async (query) => {
      await query(`BEGIN; ${durable}`)
      const answer = await work(query)
      await query('COMMIT')
      return answer
    })
  }

  return {
    query: (...given) => withClient((query) => query(...given)),
    async transaction(work) {
      for (let tries = 1; ; tries++) {
        try {
          return await tryTransaction(work)
        } catch (error) {
          if (!isCancelled(error) || tries === MOST_TRIES) throw error
        }
      }
    },
    async end() {
      await (await pool)?.end()
    },
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** A deadlock or a conflict with another transaction. */
const isCancelled = (error: unknown): boolean => ['40P01', '40001'].includes(codeOf(error))

/** True if the disk of the database is full. */
export const isDiskFull = (error: unknown): boolean => codeOf(error) === '53100'

/** Invalid user or password, no such database, no right, no such host: a retry does not help. */
export function isPermanent(error: unknown): boolean {
  const code = codeOf(error)
  return /^(28|3D|42)/.test(code) || /^(ENOTFOUND|ERR_TLS|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_)/.test(code)
    ? true
    : error instanceof Error && /does not support SSL/.test(error.message)
}

/** Node reports a refused connection to several addresses as an error without a message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || codeOf(error) || error.name
}
