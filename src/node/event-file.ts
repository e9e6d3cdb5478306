import type { ForwarderConfig } from '../server/forwarder.ts'
import { createSqliteOutbox, type SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
import { createSqliteStore, type SqliteStoreOptions } from '../store/sqlite/sqlite-store.ts'

/** Without a `pixelId`, it is the config's. */
export type DatabaseOptions = Omit<SqliteStoreOptions, 'pixelId'> & Partial<Pick<SqliteStoreOptions, 'pixelId'>>

/** The file that keeps a server's events. */
export interface EventFile {
  /** What a forwarder is given. */
  part: Pick<ForwarderConfig, 'store' | 'outbox'>
  close(): Promise<void>
}

interface EventFileOptions {
  database: string | DatabaseOptions | undefined
  outbox: string | SqliteOutboxOptions | undefined
  pixelId: string
  log: (sentence: string) => void
}

/** @throws a sentence, if it is not clear which file is meant, or it cannot be opened */
export function openEventFile({ database, outbox: given, ...common }: EventFileOptions): EventFile {
  if (database !== undefined && given !== undefined)
    throw new Error(
      'converge-tiktok: database and outbox are both set. Set only one of them: a database keeps events, too, and merges orders.',
    )
  if (database !== undefined) {
    const store = createSqliteStore({ ...common, ...toOptions(database) })
    return { part: { store }, close: store.close }
  }
  if (given === undefined)
    throw new Error(
      'converge-tiktok: database is missing. Name a file, such as converge.db. It is made if it is not there.',
    )
  const outbox = createSqliteOutbox({ ...common, ...toOptions(given) })
  return { part: { outbox }, close: outbox.close }
}

function toOptions<Options>(file: string | Options): Options | { path: string } {
  if (typeof file !== 'string') return file
  if (/^postgres(ql)?:/i.test(file))
    throw new Error(
      'converge-tiktok: database is the address of a PostgreSQL server. Name a file, such as converge.db.',
    )
  return { path: file }
}
