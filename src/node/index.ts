export type { DeadLetter } from './dead-letters.ts'
export { type ForwarderServer, type ServeConfig, serve } from './serve.ts'
export { createSqliteOutbox, type SqliteOutbox, type SqliteOutboxOptions } from './sqlite-outbox.ts'
