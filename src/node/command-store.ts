import type { EventLog } from '../store/event-log.ts'
import { openPostgresEngine } from '../store/postgres/postgres-engine.ts'
import { openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { assertExists, type NamedFile, type NamedPostgres } from './file-flags.ts'

/** A database to which a command adds orders, while servers use it. */
export interface CommandStore extends Pick<Store, 'add' | 'close' | 'pauseSwitch' | 'traces'> {
  log?: EventLog
}

/**
 * Opens an existing database of any kind.
 *
 * @param pixelId the pixel that must own it. Default: any
 * @throws a sentence if it does not exist, no server has used it, or it belongs to another pixel
 */
export async function openCommandStore(named: NamedFile | NamedPostgres, pixelId?: string): Promise<CommandStore> {
  if (named.kind === 'postgres') {
    const { url, password, schema } = named
    const engine = openPostgresEngine({
      url,
      password,
      pixelId,
      create: false,
      ...(schema !== undefined && { schema }),
    })
    try {
      await engine.ready()
    } catch (error) {
      await engine.close()
      throw error
    }
    return engine
  }
  assertExists(named)
  const owner = ownerOf(named.path)
  return createSqliteStore({
    path: named.path,
    pixelId: pixelId ?? owner,
    // The limit is for events of the server. A command adds few.
    maxBytes: Number.POSITIVE_INFINITY,
    log: () => {},
  })
}

/** @throws a sentence if the file is not a database, or no server has used it */
function ownerOf(path: string): string {
  const database = openOutboxFileReadOnly(path)
  const owner = database.prepare('SELECT pixel FROM owner').get()?.pixel
  database.close()
  if (typeof owner === 'string') return owner
  throw new Error(
    `converge-tiktok: no server has used ${path} yet, so it knows no orders. Start the server with it first, or name another database.`,
  )
}
