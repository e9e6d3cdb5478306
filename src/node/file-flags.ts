import { existsSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/** The flags that name the file. */
export const fileFlags = { database: { type: 'string' }, outbox: { type: 'string' } } as const

/** A file, and whether it is served as a database, which merges orders, or as an outbox, which does not. */
export interface NamedFile {
  path: string
  kind: 'database' | 'outbox'
  /** Whether it was found by its default name, and not named. */
  isFound: boolean
}

/**
 * The file that the flags name. Default: `outbox.db` where that exists, so that an upgrade leaves no events behind and changes
 * nothing; else `converge.db`.
 *
 * @throws UsageError, if both are named
 */
export function readFileFlags({ database, outbox }: { database?: string; outbox?: string }): NamedFile {
  if (database !== undefined && outbox !== undefined)
    throw new UsageError('--database and --outbox are both set. Set only one of them')
  if (database !== undefined) return { path: database, kind: 'database', isFound: false }
  if (outbox !== undefined) return { path: outbox, kind: 'outbox', isFound: false }
  if (existsSync('outbox.db')) return { path: 'outbox.db', kind: 'outbox', isFound: true }
  return { path: 'converge.db', kind: 'database', isFound: true }
}
