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

const emptySchemas: string[] = []

/**
 * A schema with empty tables, or a new one. When the test ends it is emptied for another test, which is several times as quick as
 * creating one. Only for tests that change nothing but rows.
 */
export function borrowSchema(): string {
  const schema = emptySchemas.pop() ?? newSchema()
  onTestFinished(async () => {
    await emptySchema(schema)
    emptySchemas.push(schema)
  })
  return schema
}

/** Makes a schema of the shared database like a new one, if it has tables. Deleting few rows is quicker than TRUNCATE. */
export async function emptySchema(schema: string): Promise<void> {
  await runSql(
    `${serverUrl}/postgres`,
    `DO $$
    DECLARE name text;
    BEGIN
      -- The first ones have triggers that write to others.
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '${schema}'
        AND tablename NOT IN ('converge_owner', 'delivery', 'customer_history', 'log_secret')
        ORDER BY tablename IN ('dead_letters', 'log') DESC
      LOOP
        EXECUTE 'DELETE FROM ${schema}.' || name;
      END LOOP;
      IF FOUND THEN
        UPDATE ${schema}.delivery SET stopped = DEFAULT, failures = DEFAULT, hold_until = DEFAULT;
        UPDATE ${schema}.customer_history SET keep_for = DEFAULT;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
          FROM pg_sequences WHERE schemaname = '${schema}';
      END IF;
    END $$`,
  )
}
