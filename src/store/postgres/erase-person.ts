import type { OutboxEvent } from '../../server/outbox.ts'
import { isAboutPerson } from '../is-about-person.ts'
import type { KnownPerson, PersonCounts, PersonKeys } from '../person.ts'
import { type Row, reasonOf } from './connections.ts'
import { createCustomerTable } from './customer-transaction.ts'
import { lockEvents, lockedSql } from './lock-events.ts'
import { eraseProfiles, findProfiles, type SearchOptions } from './profile-search.ts'

const tables = ['dead_letters', 'waiting'] as const
type Table = (typeof tables)[number]

const ROWS_OF_PART = 500
// Each part reads the table until it has found this many rows. That takes long in a large table.
const SEARCH_SECONDS = 600
// Bytes. Rewriting a larger table would stop intake for too long.
const LARGEST_REWRITE = 50_000_000

/** Counts a person's events, and changes nothing. */
export async function countPerson(options: SearchOptions, person: PersonKeys): Promise<PersonCounts> {
  const counts: Record<Table, number> = { waiting: 0, dead_letters: 0 }
  const { ids: profiles, known } = await findProfiles(options, person)
  for (const table of tables) {
    for await (const ids of findPerson(options, table, 0, known)) counts[table] += ids.length
  }
  const customers = await createCustomerTable(options.schema).find(options.connections, person, 'count')
  const logLines = await options.rows.log.find(options.connections, person, 'count')
  return {
    waiting: counts.waiting,
    deadLetters: counts.dead_letters,
    sending: 0,
    ...(profiles.length > 0 && { profiles: profiles.length }),
    ...(customers && { customers }),
    ...(logLines && { logLines }),
  }
}

/**
 * Deletes a person's events, and removes what is left of deleted rows from the tables. An event that is being sent is deleted,
 * too: whatever the answer is, it is not kept or sent again.
 *
 * @throws a sentence, if the deleted rows could not be removed from the tables
 */
export async function erasePerson(options: SearchOptions, person: PersonKeys): Promise<PersonCounts> {
  const { connections, schema, rows } = options
  const counts = { waiting: 0, deadLetters: 0, sending: 0 }
  let lastDead = 0
  const { ids, known } = await findProfiles(options, person)
  const profiles = await eraseProfiles(options, ids, person)

  async function eraseDead(): Promise<void> {
    for await (const ids of findPerson(options, 'dead_letters', lastDead, known)) {
      lastDead = ids.at(-1) ?? lastDead
      const gone = await connections.query(
        `DELETE FROM ${schema}.dead_letters WHERE id IN (${lockedSql(`${schema}.dead_letters`, 'id = ANY($1)')}) RETURNING 1`,
        [ids],
      )
      counts.deadLetters += gone.length
    }
  }

  await eraseDead()
  for await (const ids of findPerson(options, 'waiting', 0, known)) {
    await connections.transaction(async (query) => {
      await lockEvents(query, schema, ids)
      const gone = await query(
        `DELETE FROM ${schema}.waiting WHERE id = ANY($1) RETURNING EXISTS (
          SELECT FROM ${schema}.leases WHERE leases.id = waiting.id AND until > clock_timestamp()) AS sending`,
        [ids],
      )
      await rows.addTotals(query, { waiting: -gone.length })
      counts.waiting += gone.length
      counts.sending += gone.filter(({ sending }) => sending === true).length
    })
  }
  await eraseDead() // what was set aside meanwhile
  // What an event of the person that was just released has added.
  const again = await eraseProfiles(options, (await findProfiles(options, known)).ids, person)
  const found = profiles + again
  const customers = await createCustomerTable(schema).find(connections, person, 'erase')
  const logLines = await rows.log.find(connections, person, 'erase')
  await vacuum(options)
  return {
    ...counts,
    ...(found > 0 && { profiles: found }),
    ...(customers && { customers }),
    ...(logLines && { logLines }),
  }
}

/** Finds a person's rows behind an id, in parts. */
async function* findPerson(
  { connections, schema }: SearchOptions,
  table: Table,
  after: number,
  person: KnownPerson,
): AsyncGenerator<number[]> {
  // As text, because a value with NUL cannot be read as JSON by the database. The exact comparison is done here.
  const sql = `SELECT id, body FROM ${schema}.${table}
    WHERE id > $1 AND (event_id = ANY($2) OR body LIKE ANY($3)) ORDER BY id LIMIT ${ROWS_OF_PART}`
  const { emails, phones, customerIds, aliases = [], linked, orderIds } = person
  const texts = [...emails, ...phones, ...customerIds, ...aliases, ...linked, ...orderIds.map(inJson)]
  const patterns = texts.map((text) => `%${text.replace(/[\\%_]/g, '\\$&')}%`)
  for (let last = after; ; ) {
    const found = await connections.query(sql, [last, person.orderIds, patterns], SEARCH_SECONDS)
    if (!found.length) return
    last = Number(found.at(-1)?.id)
    yield found.filter((row) => isAboutPerson(toEvent(row), person)).map(({ id }) => Number(id))
  }
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

const toEvent = ({ body }: Row): OutboxEvent => JSON.parse(String(body))

/** Rewrites small tables. In large ones, the space of deleted rows is only released, and is overwritten when it is used again. */
async function vacuum({ connections, schema }: SearchOptions): Promise<void> {
  try {
    for (const table of [...tables, 'customers', 'profiles', 'profile_keys', 'tombstones', 'log']) {
      const [size] = await connections.query(`SELECT pg_total_relation_size('${schema}.${table}') AS bytes`)
      const full = Number(size?.bytes) <= LARGEST_REWRITE ? '(FULL) ' : ''
      await connections.query(`VACUUM ${full}${schema}.${table}`, [], SEARCH_SECONDS)
    }
  } catch (error) {
    throw new Error(
      `converge-tiktok: the events were deleted, but the deleted rows could not be removed from the tables (${reasonOf(error)}). Erase the person again.`,
      { cause: error },
    )
  }
}
