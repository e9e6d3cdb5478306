import { existsSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/** The flags that name the file. */
export const fileFlags = { database: { type: 'string' }, outbox: { type: 'string' } } as const

/** A file, used as a database, which merges orders, or as an outbox, which does not. */
export interface NamedFile {
  path: string
  kind: 'database' | 'outbox'
  /** True if no flag names the file and its default name is used. */
  isFound: boolean
}

/**
 * Returns the file that the flags name. Default: `outbox.db` if it exists, so that an upgrade changes nothing and leaves no
 * events behind, else `converge.db`.
 *
 * @throws UsageError if both flags are set
 */
export function readFileFlags({ database, outbox }: { database?: string; outbox?: string }): NamedFile {
  if (database !== undefined && outbox !== undefined)
    throw new UsageError('--database and --outbox are both set. Set only one of them')
  if (database !== undefined) return { path: database, kind: 'database', isFound: false }
  if (outbox !== undefined) return { path: outbox, kind: 'outbox', isFound: false }
  if (existsSync('outbox.db')) return { path: 'outbox.db', kind: 'outbox', isFound: true }
  return { path: 'converge.db', kind: 'database', isFound: true }
}
