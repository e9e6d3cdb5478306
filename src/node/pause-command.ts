import type { PauseSwitch } from '../store/pause-switch.ts'
import { openTables } from '../store/sqlite/outbox-tables.ts'
import { hasPauseSwitch, readPausedSince } from '../store/sqlite/pause-switch.ts'
import { openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { assertExists, fileFlags, type NamedFile, type NamedPostgres, readDatabaseFlags } from './file-flags.ts'
import { withPostgres } from './postgres-database.ts'
import { readWords } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** Stops the intake of all servers that use a database. Resolves with the exit code. */
export const pauseCommand = (words: string[]): Promise<number> =>
  turn('pause', words, async ({ path, kind }, pauseSwitch) => {
    if (!(await pauseSwitch.pause())) {
      const since = new Date((await pauseSwitch.pausedSince()) ?? Date.now()).toISOString()
      return `${path} is already paused, since ${since}. Nothing was changed.`
    }
    return `${path} is paused. A running server stops accepting events within 2 seconds, and still sends those that wait.
Browsers may use their copy of converge.js for 10 minutes. What they still post is skipped.
To accept events again, run: npx converge-tiktok resume --${kind === 'postgres' ? 'database' : kind} ${path}`
  })

/** Starts the intake again. Resolves with the exit code. */
export const resumeCommand = (words: string[]): Promise<number> =>
  turn('resume', words, async ({ path }, pauseSwitch) => {
    if (!(await pauseSwitch.resume()))
      return `${path} is not paused. Nothing was changed. If paused is true in the config, set it to false and send the server SIGHUP.`
    return `${path} is no longer paused. A running server accepts events again within 2 seconds.
Browsers may use their copy of converge.js for 10 minutes, and send nothing meanwhile.`
  })

async function turn(
  name: string,
  words: string[],
  work: (named: NamedFile | NamedPostgres, pauseSwitch: PauseSwitch) => Promise<string>,
): Promise<number> {
  const { values, positionals } = readWords({ args: words, options: fileFlags, allowPositionals: true })
  if (positionals.length) throw new UsageError(`${name} takes only options, but got "${positionals[0]}"`)
  const named = readDatabaseFlags(values)
  if (named.kind === 'postgres') {
    console.log(await withPostgres(named, ({ pauseSwitch }) => work(named, pauseSwitch)))
    return 0
  }
  assertExists(named)
  assertCurrent(named, name)
  const tables = openTables(named.path)
  try {
    console.log(await work(named, tables.pauseSwitch(Date.now)))
  } finally {
    tables.close()
  }
  return 0
}

/** A server of an earlier version would never read the switch. */
function assertCurrent({ path, kind }: NamedFile, name: string): void {
  const database = openOutboxFileReadOnly(path)
  try {
    if (hasPauseSwitch(database)) return
  } finally {
    database.close()
  }
  throw new Error(
    `converge-tiktok: the ${kind} ${path} was created by an earlier version of converge-tiktok, which has no ${name}. It was not changed. Start the server of this version with it first.`,
  )
}

/** When the intake of a database was stopped, in milliseconds since 1970, or `undefined` if it is not stopped. */
export function readPause(path: string): number | undefined {
  const database = openOutboxFileReadOnly(path)
  try {
    return hasPauseSwitch(database) ? readPausedSince(database) : undefined
  } finally {
    database.close()
  }
}
