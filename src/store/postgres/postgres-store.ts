import type { Store } from '../store.ts'
import { openPostgresEngine, type PostgresOptions } from './postgres-engine.ts'
import { checkPostgresOptions } from './postgres-options.ts'

export interface PostgresStoreOptions extends PostgresOptions {
  /** The pixel that owns the schema. A schema of another pixel is refused. */
  pixelId: string
}

export interface PostgresStore extends Store {
  /**
   * Connects, and creates or updates the tables. Every other method does so, too, when it is first called.
   *
   * @throws a sentence if the database must not be used. Other errors mean that it cannot be reached now
   */
  ready(): Promise<void>
}

/**
 * Creates the forwarder's database in PostgreSQL 13 or later. Several forwarders may use one database: each event is sent by one
 * of them, and another one takes over what a killed one leaves. Once `add` resolves, the events are on the disk of the database.
 * After a crash, an event may be sent again with the same event_id.
 *
 * @throws a sentence if the URL or the schema's name is not valid
 */
export function createPostgresStore(options: PostgresStoreOptions): PostgresStore {
  checkPostgresOptions(options)
  const { parts: _, count: __, ...store } = openPostgresEngine(options)
  return store
}
