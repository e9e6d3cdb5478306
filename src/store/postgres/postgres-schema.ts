import { createHash } from 'node:crypto'
import { type Connections, codeOf, isPermanent, type Query, reasonOf } from './connections.ts'
import { alertTables, laterTables, outboxTables } from './postgres-tables.ts'
import { UnusableDatabase } from './postgres-url.ts'

/** Returns the SQL of one step. `schema` is quoted. */
export type Migration = (schema: string) => string

/**
 * Each migration updates the tables from the version of its index to the next. It only adds, so that forwarders of the previous
 * version keep running. A later version removes what nothing uses. Never change a released migration.
 */
export const migrations: readonly Migration[] = [outboxTables, laterTables, alertTables]

export const DEFAULT_SCHEMA = 'converge'

const MIGRATION_SECONDS = 600

/** @throws UnusableDatabase if it is not a name that needs no quotes */
export function quoteSchema(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    throw new UnusableDatabase(
      `converge-tiktok: schema is "${name}". Use up to 63 lowercase letters, digits and _, starting with a letter.`,
    )
  return `"${name}"`
}

/** The key of an advisory lock. Such locks are shared by everything in a database, so the key must be distinctive. */
export function lockKey(schema: string, purpose: string): string {
  return createHash('sha256').update(`converge-tiktok ${schema} ${purpose}`).digest().readBigInt64BE().toString()
}

export interface SchemaOptions {
  schema: string
  /** Default: any. */
  pixelId?: string | undefined
  /** The database in messages. */
  shown: string
  migrations?: readonly Migration[] | undefined
  /** False refuses a database without our tables or with older ones, and changes nothing. Default true. */
  create?: boolean | undefined
}

/**
 * Creates the tables, or updates older ones. Several processes may do so at the same time.
 *
 * @throws UnusableDatabase if the schema is not ours, from a later version or of another pixel, or the user lacks a right.
 * Other errors mean that the database cannot be reached now
 */
export async function openSchema(connections: Connections, options: SchemaOptions): Promise<void> {
  const { shown } = options
  try {
    await connections.transaction((query) => bringUpToDate(query, options))
  } catch (error) {
    if (error instanceof UnusableDatabase || !isPermanent(error)) throw error
    const advice =
      codeOf(error) === '42501'
        ? ` Let the user create schemas (GRANT CREATE ON DATABASE), or create the schema for it (CREATE SCHEMA ${options.schema} AUTHORIZATION …).`
        : ''
    throw new UnusableDatabase(
      `converge-tiktok: the database ${shown} could not be opened (${reasonOf(error)}).${advice}`,
      {
        cause: error,
      },
    )
  }
}

async function bringUpToDate(query: Query, options: SchemaOptions): Promise<void> {
  const { schema, pixelId, shown, create = true } = options
  const steps = options.migrations ?? migrations
  const quoted = quoteSchema(schema)
  await query('SELECT pg_advisory_xact_lock($1)', [lockKey(schema, 'schema')], MIGRATION_SECONDS)
  const found = await findSchema(query, schema)
  if (found === 'foreign')
    throw new UnusableDatabase(
      `converge-tiktok: the schema ${schema} of ${shown} contains other tables. It was not changed. Name another schema.`,
    )
  if (found === 'missing' && !create)
    throw new UnusableDatabase(
      `converge-tiktok: ${shown} has no schema ${schema} of converge-tiktok. Name the right database and schema.`,
    )
  if (found === 'missing') {
    // Creating a schema that exists needs the right to do so, even with IF NOT EXISTS.
    const [exists] = await query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
    if (!exists) await query(`CREATE SCHEMA ${quoted}`)
    await query(
      `CREATE TABLE ${quoted}.converge_owner (one boolean PRIMARY KEY DEFAULT true CHECK (one), pixel text, version integer NOT NULL)`,
    )
    await query(`INSERT INTO ${quoted}.converge_owner (version) VALUES (0)`)
  }
  const { version, pixel } = await readOwner(query, quoted)
  if (version > steps.length)
    throw new UnusableDatabase(
      `converge-tiktok: the schema ${schema} of ${shown} was created by a later version of converge-tiktok (it has format ${version}, this version supports up to ${steps.length}). Update converge-tiktok, or name another schema.`,
    )
  if (version < steps.length && !create)
    throw new UnusableDatabase(
      `converge-tiktok: the schema ${schema} of ${shown} was created by an earlier version of converge-tiktok. It was not changed. Start the server of this version with it first.`,
    )
  if (pixelId && pixel && pixel !== pixelId)
    throw new UnusableDatabase(
      `converge-tiktok: the schema ${schema} of ${shown} contains events of pixel ${pixel}, but pixelId is ${pixelId}. Name another schema for this pixel.`,
    )
  for (const step of steps.slice(version)) await query(step(quoted), [], MIGRATION_SECONDS)
  if (version < steps.length) await query(`UPDATE ${quoted}.converge_owner SET version = $1`, [steps.length])
  if (pixelId && !pixel) await query(`UPDATE ${quoted}.converge_owner SET pixel = $1`, [pixelId])
}

/** The version of the tables, and the pixel that owns them. */
export async function readOwner(query: Query, schema: string): Promise<{ version: number; pixel: string | undefined }> {
  const [row] = await query(`SELECT pixel, version FROM ${schema}.converge_owner`)
  return { version: Number(row?.version), pixel: typeof row?.pixel === 'string' ? row.pixel : undefined }
}

export async function findSchema(query: Query, schema: string): Promise<'ours' | 'missing' | 'foreign'> {
  const rows = await query(
    `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [schema],
  )
  if (rows.some(({ relname }) => relname === 'converge_owner')) return 'ours'
  return rows.length ? 'foreign' : 'missing'
}
