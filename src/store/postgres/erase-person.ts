import type { OutboxEvent } from '../../server/outbox.ts'
import { isAboutPerson } from '../is-about-person.ts'
import type { PersonCounts, PersonKeys } from '../person.ts'
import type { RowAdder } from './add-rows.ts'
import { type Connections, type Row, reasonOf } from './connections.ts'
import { createCustomerTable } from './customer-desk.ts'

export interface ErasureOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
}

const tables = ['dead_letters', 'waiting'] as const
type Table = (typeof tables)[number]

const ROWS_OF_PART = 500
// Each part reads the table until it has found so many rows, which takes long in a large table.
const SEARCH_SECONDS = 600
// Bytes. Rewriting a larger table would stop intake for too long.
const LARGEST_REWRITE = 50_000_000

/** Counts a person's events, and changes nothing. */
export async function countPerson(options: ErasureOptions, person: PersonKeys): Promise<PersonCounts> {
  const counts: Record<Table, number> = { waiting: 0, dead_letters: 0 }
  for (const table of tables) {
    for await (const ids of findPerson(options, table, 0, person)) counts[table] += ids.length
  }
  const customers = await createCustomerTable(options.schema).find(options.connections, person, 'count')
  const logLines = await options.rows.log.find(options.connections, person, 'count')
  const { waiting, dead_letters: deadLetters } = counts
  return { waiting, deadLetters, sending: 0, ...(customers && { customers }), ...(logLines && { logLines }) }
}

/**
 * Deletes a person's events, and removes what is left of deleted rows from the tables. An event that is being sent is deleted,
 * too: whatever the answer is, it is not kept or sent again.
 *
 * @throws a sentence, if the deleted rows could not be removed from the tables
 */
export async function erasePerson(options: ErasureOptions, person: PersonKeys): Promise<PersonCounts> {
  const { connections, schema, rows } = options
  const counts = { waiting: 0, deadLetters: 0, sending: 0 }
  let lastDead = 0

  async function eraseDead(): Promise<void> {
    for await (const ids of findPerson(options, 'dead_letters', lastDead, person)) {
      lastDead = ids.at(-1) ?? lastDead
      const gone = await connections.query(`DELETE FROM ${schema}.dead_letters WHERE id = ANY($1) RETURNING 1`, [ids])
      counts.deadLetters += gone.length
    }
  }

  await eraseDead()
  for await (const ids of findPerson(options, 'waiting', 0, person)) {
    await connections.transaction(async (query) => {
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
  const customers = await createCustomerTable(schema).find(connections, person, 'erase')
  const logLines = await rows.log.find(connections, person, 'erase')
  await vacuum(options)
  return { ...counts, ...(customers && { customers }), ...(logLines && { logLines }) }
}

/** Finds a person's rows behind an id, in parts. */
async function* findPerson(
  { connections, schema }: ErasureOptions,
  table: Table,
  after: number,
  person: PersonKeys,
): AsyncGenerator<number[]> {
  // As text, because a value with NUL cannot be read as JSON by the database. The exact comparison is done here.
  const sql = `SELECT id, body FROM ${schema}.${table}
    WHERE id > $1 AND (event_id = ANY($2) OR body LIKE ANY($3)) ORDER BY id LIMIT ${ROWS_OF_PART}`
  const texts = [...person.emails, ...person.phones, ...person.customerIds, ...person.orderIds.map(inJson)]
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
async function vacuum({ connections, schema }: ErasureOptions): Promise<void> {
  try {
    for (const table of [...tables, 'customers', 'log']) {
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
