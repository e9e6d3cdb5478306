import type { ForwarderConfig } from '../server/forwarder.ts'
import type { PostgresStoreOptions } from '../store/postgres/postgres-store.ts'
import { isPostgresUrl, UnusableDatabase } from '../store/postgres/postgres-url.ts'
import { createSqliteOutbox, type SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
import { createSqliteStore, type SqliteStoreOptions } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/store.ts'

type OfConfig<Options extends { pixelId: string }> = Omit<Options, 'pixelId'> & Partial<Pick<Options, 'pixelId'>>

export type FileOptions = OfConfig<SqliteStoreOptions>

/** A file or a database in PostgreSQL. `pixelId` defaults to the config's. */
export type DatabaseOptions = FileOptions | OfConfig<PostgresStoreOptions>

/** The database that keeps a server's events. */
export interface EventFile {
  /** The part of a forwarder's config. */
  part: Pick<ForwarderConfig, 'store' | 'outbox'>
  close(): Promise<void>
}

interface EventFileOptions {
  database: string | DatabaseOptions | undefined
  outbox: string | SqliteOutboxOptions | undefined
  pixelId: string
  log: (sentence: string) => void
}

/**
 * A database in PostgreSQL that cannot be reached now is opened later: senders are asked to retry until then.
 *
 * @throws a sentence if none or two databases are named, or the database must not be used
 */
export async function openEventFile({ database, outbox: given, ...common }: EventFileOptions): Promise<EventFile> {
  if (database !== undefined && given !== undefined)
    throw new Error(
      'converge-tiktok: database and outbox are both set. Set only one of them. A database also keeps events, and it merges orders.',
    )
  if (database !== undefined) {
    const options = toOptions(database)
    const store =
      'url' in options ? await openPostgres({ ...common, ...options }) : createSqliteStore({ ...common, ...options })
    return { part: { store }, close: store.close }
  }
  if (given === undefined)
    throw new Error(
      'converge-tiktok: database is missing. Name a file, such as converge.db, which is created if it does not exist, or the URL of a PostgreSQL server.',
    )
  if (typeof given === 'string' && isPostgresUrl(given))
    throw new Error('converge-tiktok: outbox is the URL of a PostgreSQL server. Name it as database.')
  const outbox = createSqliteOutbox({ ...common, ...(typeof given === 'string' ? { path: given } : given) })
  return { part: { outbox }, close: outbox.close }
}

function toOptions(database: string | DatabaseOptions): DatabaseOptions {
  if (typeof database !== 'string') return database
  if (isPostgresUrl(database)) return { url: database }
  // It may contain a password, so it is not shown.
  if (database.includes('://'))
    throw new Error(
      'converge-tiktok: database is a URL, but not one of a PostgreSQL server, which starts with postgres://. Name a file or such a URL.',
    )
  return { path: database }
}

async function openPostgres(options: PostgresStoreOptions): Promise<Store> {
  // Loaded on use. A server with a file does not need `pg`, which breaks when esbuild bundles it as an ES module.
  const [{ createPostgresStore }, { reasonOf }] = await Promise.all([
    import('../store/postgres/postgres-store.ts'),
    import('../store/postgres/connections.ts'),
  ])
  const store = createPostgresStore(options)
  try {
    await store.ready()
  } catch (error) {
    if (error instanceof UnusableDatabase) {
      await store.close()
      throw error
    }
    options.log?.(
      `converge-tiktok: the database cannot be reached (${reasonOf(error)}). Senders are asked to retry until it can.`,
    )
  }
  return store
}
