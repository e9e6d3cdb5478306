export type { DeadLetter } from '../store/sqlite/dead-letters.ts'
export { createSqliteOutbox, type SqliteOutbox, type SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
export { type ForwarderServer, type ServeConfig, serve } from './serve.ts'
