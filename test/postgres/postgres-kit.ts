import { inject, onTestFinished } from 'vitest'
import { createPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { pixelId } from '../server/node-requests.ts'
import { soon } from '../server/outbox-kit.ts'
import { runSql } from './run-sql.ts'

const given = inject('postgres')

/** False if this platform has no PostgreSQL. Tests are skipped then. */
export const hasPostgres = given !== undefined

/** The URL of the server, without a database. */
export const serverUrl = given ?? ''

let last = 0

/** Creates a new and empty database, and returns its URL. It is deleted when the test ends. */
export async function createDatabase(): Promise<string> {
  const name = `shop_${process.pid}_${++last}`
  await runSql(`${serverUrl}/postgres`, `CREATE DATABASE ${name}`)
  onTestFinished(() => runSql(`${serverUrl}/postgres`, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).then(() => {}))
  return `${serverUrl}/${name}`
}

/** Opens a database, as one forwarder does. It is closed when the test ends. */
export function openStore(url: string, options: Partial<PostgresStoreOptions> = {}): Store {
  const store = createPostgresStore({ url, pixelId, retryAfter: soon, log: () => {}, ...options })
  onTestFinished(() => store.close())
  return store
}

let lastSchema = 0

/** A schema of the shared database, which is quicker to create than a database. */
export function newSchema(): string {
  return `test_${process.pid}_${++lastSchema}`
}
