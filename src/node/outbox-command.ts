import type { PostgresEngine } from '../store/postgres/postgres-engine.ts'
import { createDeadLetterReader } from '../store/sqlite/dead-letters.ts'
import { openTables, type Tables } from '../store/sqlite/outbox-tables.ts'
import { whenFree } from '../store/sqlite/sqlite.ts'
import { openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import type { Chosen, DeadLetter } from '../store/store.ts'
import { assertExists, fileFlags, readDatabaseFlags } from './file-flags.ts'
import { withPostgres } from './postgres-database.ts'
import { readWords, suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** Lists, retries or drops dead letters. It may run while the server runs. */
export async function outboxCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords({
    args: words,
    options: { ...fileFlags, all: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [name = '', ...numbers] = positionals
  const action = actions.get(name)
  if (!action && name !== 'list')
    throw new UsageError(
      `The subcommands of outbox are list, retry and drop${suggestion(name, ['list', ...actions.keys()])}`,
    )
  const ids = numbers.map((word) => {
    if (!/^\d{1,15}$/.test(word))
      throw new UsageError(`outbox ${name}: "${word}" is not an ID. "outbox list" shows the IDs`)
    return Number(word)
  })
  if (action && values.all === Boolean(ids.length))
    throw new UsageError(`outbox ${name} needs either IDs from "outbox list" or --all`)
  const named = readDatabaseFlags(values)
  const chosen = values.all ? 'all' : ids
  if (named.kind === 'postgres') {
    await withPostgres(named, (engine) => (action ? action(fromPostgres(engine), chosen) : listPostgres(engine)))
    return 0
  }
  assertExists(named)
  if (action) await decide(named.path, action, chosen)
  else list(named.path)
  return 0
}

/** What the subcommands need of a database. */
interface Letters {
  requeue(chosen: Chosen): Promise<number>
  drop(chosen: Chosen): Promise<number>
  /** The number of all dead letters. */
  count(): Promise<number>
}

type Decide = (letters: Letters, chosen: Chosen) => Promise<void>

const actions = new Map<string, Decide>([
  ['retry', retry],
  ['drop', drop],
])

/** Opens the file read-only, because it may not be an outbox. */
function list(path: string): void {
  const database = openOutboxFileReadOnly(path)
  try {
    const reader = createDeadLetterReader(database)
    let count = 0
    for (const letter of reader.list(Date.now())) {
      if (++count === 1) console.log(header)
      console.log(toLine(letter))
    }
    console.log(toTotals(count, reader.total('waiting'), reader.total('sent')))
  } finally {
    database.close()
  }
}

async function listPostgres(engine: PostgresEngine): Promise<void> {
  let count = 0
  for await (const letter of engine.deadLetters()) {
    if (++count === 1) console.log(header)
    console.log(toLine(letter))
  }
  const { waiting, sent } = await engine.stats()
  console.log(toTotals(count, waiting, sent))
}

const header = 'id\tset aside\tevent\tevent_id\ttries\tproblem'

const toTotals = (dead: number, waiting: number, sent: number): string =>
  `${dead} dead letters, ${waiting} waiting, ${sent} sent`

function toLine({ id, died, event, event_id, attempts, problem, canRetry }: DeadLetter): string {
  const cells = [
    id,
    new Date(died).toISOString(),
    event,
    event_id,
    attempts,
    canRetry ? problem : `${problem} Too old to retry.`,
  ]
  // Ids and problems come from outside. Escape control characters, which a terminal would execute.
  return cells.map((cell) => String(cell).replace(/\p{Cc}+/gu, ' ')).join('\t')
}

async function decide(path: string, action: Decide, chosen: Chosen): Promise<void> {
  openOutboxFileReadOnly(path).close() // openTables would turn an empty file into an outbox
  const tables = openTables(path)
  try {
    await action(fromFile(tables), chosen)
  } finally {
    tables.close()
  }
}

/** Waits for locks, because a running server may write at the same time. */
async function inChunks(tables: Tables, chosen: Chosen, work: (ids: readonly number[]) => number): Promise<number> {
  let count = 0
  for (const ids of tables.idChunks(chosen)) count += await whenFree(() => work(ids))
  return count
}

const fromFile = (tables: Tables): Letters => ({
  requeue: (chosen) => inChunks(tables, chosen, (ids) => tables.requeue(ids, Date.now())),
  drop: (chosen) => inChunks(tables, chosen, tables.drop),
  count: async () => [...tables.dead(Date.now())].length,
})

const fromPostgres = ({ requeue, drop, deadLetters }: PostgresEngine): Letters => ({
  requeue,
  drop,
  async count() {
    let count = 0
    for await (const _ of deadLetters()) count++
    return count
  },
})

async function retry(letters: Letters, chosen: Chosen): Promise<void> {
  const requeued = await letters.requeue(chosen)
  const left = chosen === 'all' ? await letters.count() : chosen.length - requeued
  console.log(`${requeued} queued again. A running server sends them within seconds.`)
  if (left) console.log(`${left} not queued: too old by now, received again since, or not found.`)
}

async function drop(letters: Letters, chosen: Chosen): Promise<void> {
  console.log(`${await letters.drop(chosen)} dropped.`)
}
