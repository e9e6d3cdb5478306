import type { DatabaseSync } from 'node:sqlite'
import { shownId } from '../log-entry.ts'
import { referenceBytes } from '../log-reference.ts'
import type { PersonKeys } from '../person.ts'
import { createLogReferences } from './log-references.ts'
import type { FoundPart } from './person-search.ts'

// Each part holds intake up for some milliseconds.
const linesOfPart = 5000

/** Returns a search for the lines of a person, in parts. It writes nothing, and finds nothing in files without a log. */
export function createLineSearch(database: DatabaseSync): (after: number, person: PersonKeys) => FoundPart | undefined {
  const has = (name: string) => database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name) !== undefined
  // Files of former versions have only the table.
  const table = ['lines', 'log'].find(has)
  if (!table) return () => undefined
  const select = database.prepare(
    `SELECT id, event_id, order_id, person FROM ${table} WHERE id > ? ORDER BY id LIMIT ${linesOfPart}`,
  )
  const references = createLogReferences(database)

  return (after, { emails, phones, customerIds, orderIds }) => {
    const rows = select.all(after)
    const last = rows.at(-1)?.id
    if (last === undefined) return undefined
    const wanted = new Set([...emails, ...phones, ...customerIds].map(references.find))
    const ids = new Set<unknown>(orderIds.map(shownId))
    const found = rows.filter(
      ({ event_id, order_id, person }) =>
        ids.has(event_id) ||
        ids.has(order_id) ||
        (person instanceof Uint8Array && partsOf(person).some((reference) => wanted.has(reference))),
    )
    return { ids: found.map(({ id }) => Number(id)), last: Number(last) }
  }
}

/** Counts a person's lines, and changes nothing. */
export function countLines(database: DatabaseSync, person: PersonKeys): number {
  const search = createLineSearch(database)
  let count = 0
  for (let part = search(0, person); part; part = search(part.last, person)) count += part.ids.length
  return count
}

function partsOf(person: Uint8Array): string[] {
  const hex = Buffer.from(person).toString('hex')
  return hex.match(new RegExp(`.{${2 * referenceBytes}}`, 'g')) ?? []
}
