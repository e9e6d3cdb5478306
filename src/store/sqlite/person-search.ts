import type { DatabaseSync } from 'node:sqlite'
import type { PersonCounts, PersonKeys } from '../person.ts'

export type PersonTable = 'waiting' | 'dead_letters'

/** What a part of a table holds of a person. */
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
    /** Of the rows behind an id, a part. `undefined` if there is none. */
    next(table: PersonTable, after: number, person: PersonKeys): FoundPart | undefined {
      const { orderIds, emails, phones, customerIds } = person
      const lists = { orderIds, emails, phones, customerIds }
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
  const isIn = (value: string, list: keyof PersonKeys) => `${value} IN (SELECT value FROM json_each(:${list}))`
  return database.prepare(`SELECT id, (${isIn('event_id', 'orderIds')}
    OR ${isIn("CAST(body ->> '$.data.properties.order_id' AS TEXT)", 'orderIds')}
    OR ${isIn("body ->> '$.data.user.email'", 'emails')}
    OR ${isIn("body ->> '$.data.user.phone'", 'phones')}
    OR ${isIn("body ->> '$.data.user.external_id'", 'customerIds')}) AS found
    FROM ${table} WHERE id > :after ORDER BY id LIMIT ${rowsOfPart}`)
}

/** Counts a person's events, and changes nothing. */
export function countPerson(search: PersonSearch, person: PersonKeys): PersonCounts {
  const count = (table: PersonTable) => {
    let found = 0
    let part = search.next(table, 0, person)
    while (part) {
      found += part.ids.length
      part = search.next(table, part.last, person)
    }
    return found
  }
  return { waiting: count('waiting'), deadLetters: count('dead_letters'), sending: 0 }
}
