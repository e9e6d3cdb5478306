import type { DatabaseSync } from 'node:sqlite'
import type { KnownPerson, PersonCounts, PersonKeys } from '../person.ts'
import { createProfileSearch } from './profile-search.ts'

export type PersonTable = 'waiting' | 'dead_letters'

/** The events of a person in a part of a table. */
export interface FoundPart {
  ids: readonly number[]
  /** The last row that was read. The next part begins behind it. */
  last: number
}

// Each part holds intake up for some milliseconds.
const rowsOfPart = 1000

/** Finds a person's events. It works on files of every version, and writes nothing. */
export function createPersonSearch(database: DatabaseSync) {
  const select = {
    waiting: prepareSearch(database, 'waiting'),
    dead_letters: prepareSearch(database, 'dead_letters'),
  } as const satisfies Record<PersonTable, unknown>

  return {
    /** Searches the next rows behind an id. `undefined` if there is none. */
    next(table: PersonTable, after: number, person: KnownPerson): FoundPart | undefined {
      const { orderIds, emails, phones, customerIds, aliases = [], linked } = person
      const lists = { orderIds, emails, phones, customerIds, aliases, linked }
      const values = Object.entries(lists).map(([name, list]) => [name, JSON.stringify(list)])
      const rows = select[table].all({ ...Object.fromEntries(values), after })
      const last = rows.at(-1)?.id
      if (last === undefined) return undefined
      return { ids: rows.filter(({ found }) => found === 1).map(({ id }) => Number(id)), last: Number(last) }
    },
  }
}

export type PersonSearch = ReturnType<typeof createPersonSearch>

function prepareSearch(database: DatabaseSync, table: PersonTable) {
  const isIn = (value: string, list: keyof KnownPerson) => `${value} IN (SELECT value FROM json_each(:${list}))`
  // A single value or a list.
  const anyIn = (path: string, list: keyof KnownPerson) =>
    `EXISTS (SELECT 1 FROM json_each(body, '${path}') AS own WHERE ${isIn('own.value', list)})`
  const email = "body ->> '$.data.user.email'"
  return database.prepare(`SELECT id, (${isIn('event_id', 'orderIds')}
    OR ${isIn("CAST(body ->> '$.data.properties.order_id' AS TEXT)", 'orderIds')}
    OR ${isIn(email, 'emails')}
    OR ${isIn("body ->> '$.data.user.phone'", 'phones')}
    OR ${anyIn('$.data.user.external_id', 'customerIds')}
    OR ${anyIn('$.aliases', 'aliases')}
    OR ((${anyIn('$.visitor', 'linked')} OR ${anyIn('$.aliases', 'linked')} OR ${anyIn('$.filledFrom', 'linked')})
      AND (${email} IS NULL OR ${isIn(email, 'emails')}))) AS found
    FROM ${table} WHERE id > :after ORDER BY id LIMIT ${rowsOfPart}`)
}

/** Counts a person's events and other data, and changes nothing. */
export function countPerson(database: DatabaseSync, person: PersonKeys): PersonCounts {
  const search = createPersonSearch(database)
  const { ids, known } = findProfiles(database, person)
  const count = (table: PersonTable) => {
    let found = 0
    let part = search.next(table, 0, known)
    while (part) {
      found += part.ids.length
      part = search.next(table, part.last, known)
    }
    return found
  }
  const profiles = ids.length
  return { waiting: count('waiting'), deadLetters: count('dead_letters'), sending: 0, ...(profiles && { profiles }) }
}

/** Finds all profiles of a person, and what they add to the person. */
function findProfiles(database: DatabaseSync, person: PersonKeys): { ids: number[]; known: KnownPerson } {
  const search = createProfileSearch(database)
  const ids: number[] = []
  const linked: string[] = []
  let part = search.next(0, person)
  while (part) {
    ids.push(...part.ids)
    linked.push(...part.linked)
    part = search.next(part.last, person)
  }
  return { ids, known: { ...person, linked } }
}
