import { existsSync } from 'node:fs'
import { type Chosen, createDeadLetterReader, type DeadLetter } from '../store/sqlite/dead-letters.ts'
import { openTables, type Tables } from '../store/sqlite/outbox-tables.ts'
import { whenFree } from '../store/sqlite/sqlite.ts'
import { openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { readWords, suggestion } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** `list`, `retry` or `drop` of dead letters. It may run beside the server. */
export async function outboxCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords({
    args: words,
    options: { outbox: { type: 'string', default: 'outbox.db' }, all: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [name = '', ...numbers] = positionals
  const action = actions.get(name)
  if (!action && name !== 'list')
    throw new UsageError(`outbox takes list, retry or drop${suggestion(name, ['list', ...actions.keys()])}`)
  const ids = numbers.map((word) => {
    if (!/^\d{1,15}$/.test(word))
      throw new UsageError(`outbox ${name}: "${word}" is no id, as "outbox list" shows them`)
    return Number(word)
  })
  if (action && values.all === Boolean(ids.length))
    throw new UsageError(`outbox ${name}: name ids, as "outbox list" shows them, or --all`)
  if (!existsSync(values.outbox))
    throw new Error(`converge-tiktok: there is no outbox ${values.outbox}. Name it by --outbox.`)

  if (action) await decide(values.outbox, action, values.all ? 'all' : ids)
  else list(values.outbox)
  return 0
}

type Decide = (tables: Tables, chosen: Chosen) => Promise<void>

const actions = new Map<string, Decide>([
  ['retry', retry],
  ['drop', drop],
])

/** Only looks: the file stays as it is, whoever it belongs to. */
function list(path: string): void {
  const database = openOutboxFileReadOnly(path)
  try {
    const reader = createDeadLetterReader(database)
    let count = 0
    for (const letter of reader.list(Date.now())) {
      if (++count === 1) console.log('id\tset aside\tevent\tevent_id\ttries\tproblem')
      console.log(toLine(letter))
    }
    console.log(`${count} set aside, ${reader.total('waiting')} waiting, ${reader.total('sent')} sent`)
  } finally {
    database.close()
  }
}

function toLine({ id, died, event, event_id, attempts, problem, canRetry }: DeadLetter): string {
  const cells = [
    id,
    new Date(died).toISOString(),
    event,
    event_id,
    attempts,
    canRetry ? problem : `${problem} Too old to retry.`,
  ]
  // Ids and problems come from outside, and must not reach a terminal as commands to it.
  return cells.map((cell) => String(cell).replace(/\p{Cc}+/gu, ' ')).join('\t')
}

async function decide(path: string, action: Decide, chosen: Chosen): Promise<void> {
  openOutboxFileReadOnly(path).close() // an empty file is no outbox, and must not become one
  const tables = openTables(path)
  try {
    await action(tables, chosen)
  } finally {
    tables.close()
  }
}

/** The server beside it goes on writing meanwhile. */
async function inChunks(tables: Tables, chosen: Chosen, work: (ids: readonly number[]) => number): Promise<number> {
  let count = 0
  for (const ids of tables.idChunks(chosen)) count += await whenFree(() => work(ids))
  return count
}

async function retry(tables: Tables, chosen: Chosen): Promise<void> {
  const requeued = await inChunks(tables, chosen, (ids) => tables.requeue(ids, Date.now()))
  const left = chosen === 'all' ? [...tables.dead(Date.now())].length : chosen.length - requeued
  console.log(`${requeued} wait again; a server that runs sends them within seconds.`)
  if (left) console.log(`${left} do not: they are too old by now, were brought again since, or are not there.`)
}

async function drop(tables: Tables, chosen: Chosen): Promise<void> {
  console.log(`${await inChunks(tables, chosen, tables.drop)} dropped.`)
}
