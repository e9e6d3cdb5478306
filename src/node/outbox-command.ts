import { existsSync } from 'node:fs'
import type { Chosen, DeadLetter } from './outbox-tables.ts'
import { readWords, suggestion } from './read-words.ts'
import { createSqliteOutbox, type SqliteOutbox } from './sqlite-outbox.ts'
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
  if (!action) throw new UsageError(`outbox takes list, retry or drop${suggestion(name, [...actions.keys()])}`)
  const ids = numbers.map((word) => {
    if (!/^\d{1,15}$/.test(word))
      throw new UsageError(`outbox ${name}: "${word}" is no id, as "outbox list" shows them`)
    return Number(word)
  })
  if (action !== list && values.all === Boolean(ids.length))
    throw new UsageError(`outbox ${name}: name ids, as "outbox list" shows them, or --all`)
  if (!existsSync(values.outbox))
    throw new Error(`converge-tiktok: there is no outbox ${values.outbox}. Name it by --outbox.`)

  const outbox = createSqliteOutbox({ path: values.outbox })
  try {
    await action(outbox, values.all ? 'all' : ids)
    return 0
  } finally {
    await outbox.close()
  }
}

const actions = new Map<string, (outbox: SqliteOutbox, chosen: Chosen) => Promise<void> | void>([
  ['list', list],
  ['retry', retry],
  ['drop', drop],
])

async function list(outbox: SqliteOutbox): Promise<void> {
  const { waiting, sent } = await outbox.stats()
  let count = 0
  for (const letter of outbox.dead()) {
    if (++count === 1) console.log('id\tset aside\tevent\tevent_id\ttries\tproblem')
    console.log(toLine(letter))
  }
  console.log(`${count} set aside, ${waiting} waiting, ${sent} sent`)
}

function toLine({ id, died, event, event_id, attempts, problem, canRetry }: DeadLetter): string {
  const cells = [id, new Date(died).toISOString(), event, event_id, attempts, canRetry ? problem : `${problem} Final.`]
  // Ids and problems come from outside, and must not reach a terminal as commands to it.
  return cells.map((cell) => String(cell).replace(/\p{Cc}+/gu, ' ')).join('\t')
}

function retry(outbox: SqliteOutbox, chosen: Chosen): void {
  const requeued = outbox.requeue(chosen)
  const left = chosen === 'all' ? [...outbox.dead()].length : chosen.length - requeued
  console.log(`${requeued} wait again; a server that runs sends them within seconds.`)
  if (left) console.log(`${left} do not: they came too late, were taken again since, or are not there.`)
}

function drop(outbox: SqliteOutbox, chosen: Chosen): void {
  console.log(`${outbox.drop(chosen)} dropped.`)
}
