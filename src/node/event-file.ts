import type { ForwarderConfig } from '../server/forwarder.ts'
import { createSqliteOutbox, type SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
import { createSqliteStore, type SqliteStoreOptions } from '../store/sqlite/sqlite-store.ts'

/** `pixelId` defaults to the config's. */
export type DatabaseOptions = Omit<SqliteStoreOptions, 'pixelId'> & Partial<Pick<SqliteStoreOptions, 'pixelId'>>

/** The file that keeps a server's events. */
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

/** @throws a sentence if none or two files are named, or the file cannot be opened */
export function openEventFile({ database, outbox: given, ...common }: EventFileOptions): EventFile {
  if (database !== undefined && given !== undefined)
    throw new Error(
      'converge-tiktok: database and outbox are both set. Set only one of them. A database also keeps events, and it merges orders.',
    )
  if (database !== undefined) {
    const store = createSqliteStore({ ...common, ...toOptions(database) })
    return { part: { store }, close: store.close }
  }
  if (given === undefined)
    throw new Error(
      'converge-tiktok: database is missing. Name a file, such as converge.db. It is created if it does not exist.',
    )
  const outbox = createSqliteOutbox({ ...common, ...toOptions(given) })
  return { part: { outbox }, close: outbox.close }
}

function toOptions<Options>(file: string | Options): Options | { path: string } {
  if (typeof file !== 'string') return file
  if (/^postgres(ql)?:/i.test(file))
    throw new Error(
      'converge-tiktok: database is the URL of a PostgreSQL server, which is not supported. Name a file, such as converge.db.',
    )
  return { path: file }
}
