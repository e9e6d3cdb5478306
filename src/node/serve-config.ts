import type { Log } from '../core/log.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
import type { DatabaseOptions } from './event-file.ts'

export interface ServeConfig extends Omit<ForwarderConfig, 'outbox' | 'store' | 'delivery'> {
  /** 0 means any free port. */
  port: number
  /** The address to listen on. Default: all addresses. */
  hostname?: string
  /**
   * The database: a file, the URL of a PostgreSQL server, or the options of one of them. It keeps events until TikTok has
   * them, and merges orders.
   */
  database?: string | DatabaseOptions
  /** An outbox file or its options, instead of `database`. It keeps events without merging orders. */
  outbox?: string | SqliteOutboxOptions
  /**
   * Serves the operator's page on a port of its own, and no longer on the main port. `hostname` is the address to listen on.
   * Default: only this machine, 127.0.0.1.
   */
  admin?: { port: number; hostname?: string }
  /** Receives each log line. Default: text on the console, as `time level converge-tiktok: message key=value`. */
  logger?: Log
}
