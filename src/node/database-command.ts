import { existsSync } from 'node:fs'
import { copyDatabase, openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { fileFlags, readFileFlags } from './file-flags.ts'
import { readWords, suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** `backup`: a whole copy of the database in another file. It may run beside the server. */
export async function databaseCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords({ args: words, options: fileFlags, allowPositionals: true })
  const [name = '', file, ...others] = positionals
  if (name !== 'backup') throw new UsageError(`database takes backup${suggestion(name, ['backup'])}`)
  if (!file || others.length) throw new UsageError('database backup: name one file that the copy is to be')
  const { path, kind } = readFileFlags(values)
  if (!existsSync(path)) throw new Error(`converge-tiktok: there is no ${kind} ${path}. Name it by --${kind}.`)
  if (existsSync(file))
    throw new Error(
      `converge-tiktok: ${file} exists already. Name a file that does not, since a backup replaces nothing.`,
    )
  const database = openOutboxFileReadOnly(path)
  try {
    copyDatabase(database, file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `converge-tiktok: ${path} could not be copied to ${file} (${reason}). Name a file in a folder that exists, on a disk with room.`,
      { cause: error },
    )
  } finally {
    database.close()
  }
  console.log(`${path} was copied to ${file}.`)
  return 0
}
