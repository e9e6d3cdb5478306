import { existsSync } from 'node:fs'
import { copyDatabase, openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { assertExists, fileFlags, readDatabaseFlags } from './file-flags.ts'
import { moveDatabase } from './move-command.ts'
import { readWords, suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** `database backup` copies the whole database to another file. `database move` moves it to PostgreSQL. */
export async function databaseCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords({
    args: words,
    options: { ...fileFlags, from: { type: 'string' }, to: { type: 'string' } },
    allowPositionals: true,
  })
  const [name = '', file, ...others] = positionals
  if (name === 'move') {
    if (file) throw new UsageError(`database move takes only options, but got "${file}"`)
    if (values.database ?? values.outbox)
      throw new UsageError('database move needs --from with a file and --to with a URL, not --database or --outbox')
    return moveDatabase(values)
  }
  if (name !== 'backup')
    throw new UsageError(`The subcommands of database are backup and move${suggestion(name, ['backup', 'move'])}`)
  if (values.from ?? values.to) throw new UsageError('--from and --to are only for database move')
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
