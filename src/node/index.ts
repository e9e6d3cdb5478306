export { createSqliteOutbox, type SqliteOutbox, type SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
export { createSqliteStore, type SqliteStoreOptions } from '../store/sqlite/sqlite-store.ts'
export type { DeadLetter, Store } from '../store/store.ts'
export { type ForwarderServer, type ReloadConfig, type ServeConfig, serve } from './serve.ts'
