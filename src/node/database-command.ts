import { existsSync } from 'node:fs'
import { copyDatabase, openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { assertExists, fileFlags, readDatabaseFlags } from './file-flags.ts'
import { readWords, suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** `database backup` copies the whole database to another file. The server may run meanwhile. */
export async function databaseCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords({ args: words, options: fileFlags, allowPositionals: true })
  const [name = '', file, ...others] = positionals
  if (name !== 'backup')
    throw new UsageError(`The only subcommand of database is backup${suggestion(name, ['backup'])}`)
  if (!file || others.length) throw new UsageError('database backup needs one file name for the copy')
  const named = readDatabaseFlags(values)
  if (named.kind === 'postgres')
    throw new UsageError(`database backup copies a file. Copy ${named.path} with PostgreSQL's pg_dump`)
  assertExists(named)
  const { path } = named
  if (existsSync(file))
    throw new Error(`converge-tiktok: ${file} already exists, and a backup never overwrites a file. Name a new file.`)
  const database = openOutboxFileReadOnly(path)
  try {
    copyDatabase(database, file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `converge-tiktok: ${path} could not be copied to ${file} (${reason}). Name a file in an existing folder, on a disk with enough space.`,
      { cause: error },
    )
  } finally {
    database.close()
  }
  console.log(`${path} was copied to ${file}.`)
  return 0
}
