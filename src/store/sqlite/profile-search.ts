import type { DatabaseSync } from 'node:sqlite'
import type { PersonKeys } from '../person.ts'
import { isKind, keysOfPerson, type ProfileKey } from '../profile.ts'
import { fromBlob, toBlob } from './profile-key.ts'

/** The profiles of a person in a part of the table. */
export interface FoundProfiles {
  ids: readonly number[]
  /** Their visitor IDs and aliases. */
  linked: readonly string[]
  /** The last row that was read. The next part begins behind it. */
  last: number
}

const rowsOfPart = 1000

/** Finds a person's profiles. It works on files of every version, and writes nothing. */
export function createProfileSearch(database: DatabaseSync) {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'profiles'").get() !== undefined
  if (!hasTable) return { next: (): FoundProfiles | undefined => undefined }
  const isIn = (part: string, key: string, list: string) =>
    `body ->> '$.${part}.${key}' IN (SELECT value FROM json_each(:${list}))`
  const claims = ['page', 'signed'].flatMap((part) => [
    isIn(part, 'email', 'emails'),
    isIn(part, 'phone', 'phones'),
    isIn(part, 'customer', 'customerIds'),
  ])
  // A page's claim is no key, and neither is a key that belongs to nobody. So every profile is read.
  const select = database.prepare(`SELECT id, body, (${claims.join(' OR ')}) AS found
    FROM profiles WHERE id > :after ORDER BY id LIMIT ${rowsOfPart}`)
  const owners = database.prepare('SELECT profile FROM profile_keys WHERE key = ?')
  const keysOf = database.prepare('SELECT key FROM profile_keys WHERE profile = ?')

  return {
    /** Finds the person's profiles behind an ID. `undefined` if there is no further part. */
    next(after: number, person: PersonKeys): FoundProfiles | undefined {
      const { emails, phones, customerIds } = person
      const lists = Object.entries({ emails, phones, customerIds }).map(([name, list]) => [name, JSON.stringify(list)])
      const rows = select.all({ ...Object.fromEntries(lists), after })
      const last = rows.at(-1)?.id
      if (last === undefined) return undefined
      const byKey = new Set(keysOfPerson(person).flatMap((key) => owners.all(toBlob(key)).map((row) => row.profile)))
      const found = rows.filter(({ id, found }) => found === 1 || byKey.has(id ?? null))
      const keys = found.flatMap(({ id }) => keysOf.all(id ?? null)).map(({ key }) => fromBlob(key))
      const linked = keys.filter((key) => isKind(key, 'visitor') || isKind(key, 'alias')).map((key) => key.slice(1))
      return { ids: found.map(({ id }) => Number(id)), linked, last: Number(last) }
    },
  }
}

export type ProfileSearch = ReturnType<typeof createProfileSearch>

/** Deletes profiles, and what is known by the keys that led to them. Call it in a transaction. Returns what was deleted. */
export function createProfileErasure(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const keysOf = prepare('SELECT key FROM profile_keys WHERE profile = ?')
  const removeProfile = prepare('DELETE FROM profiles WHERE id = ?')
  const removeLinks = prepare('DELETE FROM profile_keys WHERE profile = ?')
  const removeKey = prepare('DELETE FROM profile_keys WHERE key = ?')
  const removeDenial = prepare('DELETE FROM tombstones WHERE key = ?')

  return {
    profiles(ids: readonly number[]): { profiles: number; keys: ProfileKey[] } {
      const keys = ids.flatMap((id) => keysOf.all(id).map(({ key }) => fromBlob(key)))
      let profiles = 0
      for (const id of ids) {
        removeLinks.run(id)
        profiles += Number(removeProfile.run(id).changes)
      }
      return { profiles, keys }
    },

    /** Returns the number of denials. */
    keys(keys: readonly ProfileKey[]): number {
      let denials = 0
      for (const key of keys) {
        removeKey.run(toBlob(key))
        denials += Number(removeDenial.run(toBlob(key)).changes)
      }
      return denials
    },
  }
}
