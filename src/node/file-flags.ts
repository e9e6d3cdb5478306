import { existsSync } from 'node:fs'
import { hasPassword, isPostgresUrl, readPostgresUrl } from '../store/postgres/postgres-url.ts'
import { readEnvironment } from './environment.ts'
import type { Environment } from './file-sources.ts'
import { UsageError } from './usage-error.ts'

/** The flags that name the database. */
export const fileFlags = {
  database: { type: 'string' },
  outbox: { type: 'string' },
  schema: { type: 'string' },
} as const

export interface FileFlags {
  database?: string
  outbox?: string
  schema?: string
}

/** A file, used as a database, which merges orders, or as an outbox, which does not. */
export interface NamedFile {
  path: string
  kind: 'database' | 'outbox'
  /** True if no flag names the file and its default name is used. */
  isFound: boolean
}

/** A database in PostgreSQL. */
export interface NamedPostgres {
  kind: 'postgres'
  url: string
  password?: string | undefined
  schema?: string
  /** The URL without its password, for messages. */
  path: string
}

/**
 * Returns the database that the flags or the environment name. Default: `outbox.db` if it exists, so that an upgrade changes
 * nothing and leaves no events behind, else `converge.db`.
 *
 * @throws UsageError if the flags contradict each other, or contain a password
 */
export function readDatabaseFlags(
  flags: FileFlags,
  environment: Environment = readEnvironment('converge.json'),
): NamedFile | NamedPostgres {
  const { database, outbox, schema } = flags
  if (database !== undefined && outbox !== undefined)
    throw new UsageError('--database and --outbox are both set. Set only one of them')
  if (outbox !== undefined && isPostgresUrl(outbox))
    throw new UsageError('--outbox is the URL of a PostgreSQL server. Name it with --database')
  const { CONVERGE_DATABASE_URL: variable } = environment
  const url = database ?? (outbox === undefined ? variable : undefined)
  if (url && isPostgresUrl(url)) return readPostgres(url, url === database, schema, environment)
  if (schema !== undefined) throw new UsageError('--schema is only for PostgreSQL. Name its URL with --database')
  if (url && url !== database)
    throw new UsageError(
      'CONVERGE_DATABASE_URL is not the URL of a PostgreSQL server, such as postgres://user@host:5432/database',
    )
  if (database !== undefined) return { path: database, kind: 'database', isFound: false }
  if (outbox !== undefined) return { path: outbox, kind: 'outbox', isFound: false }
  if (existsSync('outbox.db')) return { path: 'outbox.db', kind: 'outbox', isFound: true }
  return { path: 'converge.db', kind: 'database', isFound: true }
}

/** @throws a sentence if there is no such file */
export function assertExists({ path, kind }: NamedFile): void {
  if (!existsSync(path)) throw new Error(`converge-tiktok: there is no ${kind} ${path}. Name the file with --${kind}.`)
}

/**
 * Other users of the machine see the command line, and logs often contain it.
 *
 * @throws UsageError if the URL in a flag contains a password
 */
export function refusePassword(flag: string, url: string): void {
  if (hasPassword(url))
    throw new UsageError(
      `${flag} contains a password. Leave it out, and set the environment variable PGPASSWORD, or set the whole URL as CONVERGE_DATABASE_URL`,
    )
}

function readPostgres(
  url: string,
  isFlag: boolean,
  schema: string | undefined,
  { PGPASSWORD: password }: Environment,
): NamedPostgres {
  const { shown: path } = readPostgresUrl(url)
  if (isFlag) refusePassword('--database', url)
  return { kind: 'postgres', url, password, path, ...(schema !== undefined && { schema }) }
}
