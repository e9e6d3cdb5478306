import { createLogImport, type LogImport } from '../store/postgres/import-log.ts'
import { createProfileImport } from '../store/postgres/import-profiles.ts'
import { createImport } from '../store/postgres/import-rows.ts'
import { openPostgresEngine, type PostgresEngine } from '../store/postgres/postgres-engine.ts'
import { isPostgresUrl } from '../store/postgres/postgres-url.ts'
import { type Export, type MovedTable, openExport } from '../store/sqlite/export-rows.ts'
import { assertExists, type NamedPostgres, readDatabaseFlags, refusePassword } from './file-flags.ts'
import { UsageError } from './usage-error.ts'

export interface MoveFlags {
  from?: string
  to?: string
  schema?: string
}

type Import = ReturnType<typeof createImport>

/**
 * Moves everything from a file to PostgreSQL. It may be interrupted and run again: what was moved is not moved twice. Resolves
 * with the exit code.
 */
export async function moveDatabase({ from = 'converge.db', to, schema }: MoveFlags): Promise<number> {
  const target = readTarget(to, schema)
  assertExists({ path: from, kind: 'database', isFound: false })
  const file = openExport(from)
  try {
    const { url, password } = target
    const name = schema === undefined ? {} : { schema }
    const engine = openPostgresEngine({ url, password, pixelId: file.pixelId, ...name })
    try {
      await engine.ready()
      for (const line of await move(file, engine, from, target)) console.log(line)
    } finally {
      await engine.close()
    }
  } finally {
    file.close()
  }
  return 0
}

function readTarget(to: string | undefined, schema: string | undefined): NamedPostgres {
  if (to !== undefined && isPostgresUrl(to)) refusePassword('--to', to)
  const target = readDatabaseFlags({
    ...(to !== undefined && { database: to }),
    ...(schema !== undefined && { schema }),
  })
  if (target.kind === 'postgres') return target
  throw new UsageError(
    to === undefined
      ? 'database move needs --to with the URL of a PostgreSQL server, such as postgres://user@host:5432/database'
      : `--to is "${to}", not the URL of a PostgreSQL server, such as postgres://user@host:5432/database`,
  )
}

async function move(file: Export, engine: PostgresEngine, from: string, { path }: NamedPostgres): Promise<string[]> {
  const options = { ...engine.parts, source: file.id }
  const log = createLogImport(options)
  const target = createImport(options, log)
  // What prevents a second copy comes first, so that a server may start on the database at any time.
  const history = file.history()
  if (history) await target.addHistory(String(history.salt), Number(history.keep_for))
  const customers = await moveParts(file.customers(), target.addCustomers)
  const orders = await moveParts(file.orders(), target.addOrders)
  const since = file.pausedSince()
  if (since !== undefined) await target.pause(since)
  const profiles = await moveProfiles(file, createProfileImport(options))
  // Lines come before their events, so that a server may change them at once.
  const lines = await copyLog(file, log)
  const waiting = await moveRows(file, target, 'waiting')
  const dead = await moveRows(file, target, 'dead_letters')
  await target.addTotals(file.totals().map(({ name, count }) => ({ name: String(name), count: Number(count) })))
  return [
    `${from} was moved to ${path}: ${waiting} waiting events, ${dead} dead letters, ${orders} orders, ${customers} keys of customers, ${profiles} profiles and ${lines} lines of the event log.`,
    ...(since === undefined ? [] : ['The intake is paused, as it was before.']),
    `${from} has no waiting events any more. Start the servers with --database ${path}, and delete the file when everything works.`,
  ]
}

async function moveParts(
  parts: Iterable<Record<string, unknown>[]>,
  add: (rows: Record<string, unknown>[]) => Promise<void>,
): Promise<number> {
  let count = 0
  for (const part of parts) {
    await add(part)
    count += part.length
  }
  return count
}

/** Copies profiles and denials of consent, and returns the number of profiles. */
async function moveProfiles(file: Export, target: ReturnType<typeof createProfileImport>): Promise<number> {
  await target.addKeys(file.sharedKeys(), file.denials())
  let count = 0
  for (let part = file.profiles(await target.last()); part.length; part = file.profiles(await target.last()))
    count += await target.add(part)
  return count
}

/** Copies the event log, and returns the number of new lines. */
async function copyLog({ log }: Export, target: LogImport): Promise<number> {
  await target.reserve(log.lastId())
  const secret = log.secret()
  if (secret !== undefined) await target.addSecret(secret)
  await target.addCounts(log.countsOfDeleted)
  await target.refresh(log.linesOf)
  let count = 0
  for (let last = await target.last(); ; ) {
    const lines = log.lines(last)
    if (!lines.length) return count
    count += await target.add(lines)
    last = Number(lines.at(-1)?.id)
  }
}

/** Moves the rows of a table: those that the database has are deleted from the file. */
async function moveRows(file: Export, target: Import, table: MovedTable): Promise<number> {
  let count = 0
  for (let chunk = file.nextChunk(table); chunk; chunk = file.nextChunk(table)) {
    count += await target.add(table, chunk.id, chunk.rows)
    file.remove(chunk)
  }
  return count
}
