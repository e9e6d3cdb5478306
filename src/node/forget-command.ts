import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type PersonKey, readPersonKey } from '../server/person-keys.ts'
import type { PersonCounts, PersonKeys } from '../store/person.ts'
import type { PostgresEngine } from '../store/postgres/postgres-engine.ts'
import { countCustomers } from '../store/sqlite/customer-history.ts'
import { erasePerson } from '../store/sqlite/erase-person.ts'
import { countLines } from '../store/sqlite/log-person.ts'
import { openTables } from '../store/sqlite/outbox-tables.ts'
import { countPerson } from '../store/sqlite/person-search.ts'
import { openOutboxFileReadOnly } from '../store/sqlite/sqlite-schema.ts'
import { assertExists, fileFlags, readDatabaseFlags } from './file-flags.ts'
import { withPostgres } from './postgres-database.ts'
import { readWords } from './read-words.ts'
import { UsageError } from './usage-error.ts'

const keys = ['email', 'phone', 'customer', 'alias', 'order'] as const satisfies PersonKey[]

const valid: Record<PersonKey, string> = {
  email: 'an email address such as jane@example.com, or its SHA-256',
  phone: 'a number with + and its country code, such as +19171234567, or its SHA-256',
  customer: "a customer's id, or its SHA-256",
  alias: 'an alias such as urn:cart_token:abc',
  order: "an order's id",
}

const several = { type: 'string', multiple: true } as const

/** Erases a person's events from the file. The server may be running. Resolves with the exit code. */
export async function forgetCommand(words: string[]): Promise<number> {
  const { values } = readWords({
    args: words,
    options: {
      ...fileFlags,
      ...{ email: several, phone: several, customer: several, alias: several, order: several },
      stdin: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const named = keys.flatMap((key) => (values[key] ?? []).map((value) => ({ key, value, place: `--${key}` })))
  const database = readDatabaseFlags(values)
  const listed = values.stdin ? readList(await text(process.stdin)) : []
  const person = toPerson([...named, ...listed])
  if (database.kind === 'postgres') {
    await withPostgres(database, (engine) => forgetInPostgres(engine, database.path, person, values['dry-run']))
    return 0
  }
  const { path } = database
  assertExists(database)

  if (values['dry-run']) {
    console.log(`${path} contains ${toWords(count(path, person))}. Nothing was erased.`)
    return 0
  }
  console.log(`${toWords(await erase(path, person))} erased from ${path}, and its free space overwritten.`)
  for (const line of unreached(path)) console.log(line)
  return 0
}

async function forgetInPostgres(
  engine: PostgresEngine,
  path: string,
  person: PersonKeys,
  isDryRun: boolean,
): Promise<void> {
  if (isDryRun) {
    console.log(`${path} contains ${toWords(await engine.count(person))}. Nothing was erased.`)
    return
  }
  console.log(`${toWords(await engine.erase(person))} erased from ${path}.`)
  for (const line of [
    ...unreachable,
    "- PostgreSQL's write-ahead log, its replicas, and unused space of large tables, until PostgreSQL overwrites them",
    keptNote,
  ])
    console.log(line)
}

interface Named {
  key: PersonKey
  value: string
  /** The flag or line that named it, for messages. */
  place: string
}

/** Lines such as `email jane@example.com`. Empty lines are skipped. */
function readList(list: string): Named[] {
  const lines = list.split(/\r?\n/).map((line, index) => ({ line: line.trim(), place: `line ${index + 1} of stdin` }))
  return lines
    .filter(({ line }) => line)
    .map(({ line, place }) => {
      const [name = '', ...rest] = line.split(/[\s:=,]+/)
      const key = keys.find((one) => one === name.toLowerCase())
      const value = line.slice(name.length).replace(/^[\s:=,]+/, '')
      if (!key || !rest.length)
        throw new UsageError(
          `${place} must be email, phone, customer, alias or order with a value, such as "email jane@example.com"`,
        )
      return { key, value, place }
    })
}

function toPerson(named: readonly Named[]): PersonKeys {
  if (!named.length)
    throw new UsageError('forget needs a person: use --email, --phone, --customer, --alias, --order or --stdin')
  const read = named.map(({ key, value, place }) => {
    const found = readPersonKey(key, value)
    // Do not repeat the value, because it may end up in a log.
    if (!found) throw new UsageError(`${place} is not ${valid[key]}`)
    return { key, found }
  })
  const all = (key: PersonKey) => read.filter((one) => one.key === key).map(({ found }) => found)
  return {
    emails: all('email'),
    phones: all('phone'),
    customerIds: all('customer'),
    aliases: all('alias'),
    orderIds: all('order'),
  }
}

/** Opens the file read-only, because it may not be an outbox. */
function count(path: string, person: PersonKeys): PersonCounts {
  const database = openOutboxFileReadOnly(path)
  try {
    return {
      ...countPerson(database, person),
      customers: countCustomers(database, person),
      logLines: countLines(database, person),
    }
  } finally {
    database.close()
  }
}

async function erase(path: string, person: PersonKeys): Promise<PersonCounts> {
  openOutboxFileReadOnly(path).close() // openTables would turn an empty file into an outbox
  const tables = openTables(path)
  try {
    return await erasePerson({ tables }, person)
  } finally {
    tables.close()
  }
}

function toWords({ waiting, deadLetters, profiles = 0, logLines = 0, customers = 0 }: PersonCounts): string {
  const words = [counted(waiting, 'waiting event'), counted(deadLetters, 'dead letter')]
  if (profiles) words.push(counted(profiles, 'profile'))
  if (logLines) words.push(counted(logLines, 'line of the event log', 'lines of the event log'))
  if (customers) words.push(counted(customers, 'entry', 'entries'))
  const last = words.pop()
  return `${words.join(', ')} and ${last}${customers ? ' of the history of customers' : ''}`
}

const counted = (count: number, one: string, several = `${one}s`): string => `${count} ${count === 1 ? one : several}`

const unreachable = [
  'Not erased, because this command cannot reach it:',
  '- data at TikTok. Ask TikTok to delete it. An event that a server is sending now may still arrive there',
  '- backups, and events that wait in a Cloudflare Queue',
]

const keptNote = 'Kept, so that no order is sent again: the event names, event_ids and times of orders.'

/** Places that may still have the person's data. */
function unreached(path: string): string[] {
  const start = `${basename(path)}-version-`
  const copies = readdirSync(dirname(path))
    .filter((name) => name.startsWith(start))
    .map((name) => join(dirname(path), name))
  return [
    ...unreachable,
    ...(copies.length ? [`- copies that were made before an update: ${copies.join(', ')}. Delete them`] : []),
    keptNote,
  ]
}
