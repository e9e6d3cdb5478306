import { openPostgresEngine, type PostgresEngine } from '../store/postgres/postgres-engine.ts'
import type { NamedPostgres } from './file-flags.ts'

/**
 * Opens an existing database in PostgreSQL for a command, and closes it afterwards.
 *
 * @throws a sentence if it cannot be opened or has no tables of this package
 */
export async function withPostgres<Answer>(
  { url, password, schema }: NamedPostgres,
  work: (engine: PostgresEngine) => Promise<Answer>,
): Promise<Answer> {
  const engine = openPostgresEngine({ url, password, create: false, ...(schema !== undefined && { schema }) })
  try {
    await engine.ready()
    return await work(engine)
  } finally {
    await engine.close()
  }
}
