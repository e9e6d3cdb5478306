import type { KnownPerson, PersonKeys } from '../person.ts'
import { isKind, keysOfPerson, type Profile } from '../profile.ts'
import type { RowAdder } from './add-rows.ts'
import type { Connections } from './connections.ts'
import { fromHex, toHex } from './profile-key.ts'
import { parseProfile } from './profile-rows.ts'

const ROWS_OF_PART = 1000
// Each part reads the table until it has found this many rows. That takes long in a large table.
const SEARCH_SECONDS = 600

export interface SearchOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
}

export interface FoundProfiles {
  ids: number[]
  /** The person, with the visitor IDs and aliases of the profiles. */
  known: KnownPerson
}

/** Finds a person's profiles by their keys, and by what pages and signed sources claimed, which is no key. */
export async function findProfiles({ connections, schema }: SearchOptions, person: PersonKeys): Promise<FoundProfiles> {
  const claimsSql = `SELECT id, body FROM ${schema}.profiles WHERE id > $1 AND body LIKE ANY($2) ORDER BY id LIMIT ${ROWS_OF_PART}`
  const ownersSql = `SELECT DISTINCT profile AS id FROM ${schema}.profile_keys
    WHERE profile > 0 AND key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`
  const keysSql = `SELECT encode(key, 'hex') AS key FROM ${schema}.profile_keys WHERE profile = ANY($1)`
  const owners = await connections.query(ownersSql, [keysOfPerson(person).map(toHex)])
  const ids = new Set(owners.map(({ id }) => Number(id)))
  const patterns = [...person.emails, ...person.phones, ...person.customerIds].map((hash) => `%${hash}%`)
  for (let last = 0; patterns.length; ) {
    const found = await connections.query(claimsSql, [last, patterns], SEARCH_SECONDS)
    for (const { id, body } of found) if (isOfPerson(parseProfile(String(body)), person)) ids.add(Number(id))
    last = Number(found.at(-1)?.id ?? last)
    if (found.length < ROWS_OF_PART) break
  }
  const keys = (await connections.query(keysSql, [[...ids]])).map(({ key }) => fromHex(key))
  const linked = keys.filter((key) => isKind(key, 'visitor') || isKind(key, 'alias')).map((key) => key.slice(1))
  return { ids: [...ids], known: { ...person, linked } }
}

function isOfPerson({ page, signed }: Profile, { emails, phones, customerIds }: PersonKeys): boolean {
  const has = (list: readonly string[], value: string | undefined) => value !== undefined && list.includes(value)
  return [page, signed].some(
    (part) => has(emails, part?.email) || has(phones, part?.phone) || has(customerIds, part?.customer),
  )
}

/** Deletes profiles, and what is known by the keys that led to them and by those of the person. Returns how many there were. */
export function eraseProfiles(
  { connections, schema, rows }: SearchOptions,
  ids: readonly number[],
  person: PersonKeys,
): Promise<number> {
  const keysSql = `SELECT encode(key, 'hex') AS key FROM ${schema}.profile_keys WHERE profile = ANY($1)`
  return connections.transaction(async (query) => {
    await rows.profileRows.lock(query)
    const keys = (await query(keysSql, [ids])).map(({ key }) => fromHex(key))
    const profiles = await rows.profileRows.remove(query, ids)
    const denials = await rows.profileRows.eraseKeys(query, [...keys, ...keysOfPerson(person)])
    await rows.addTotals(query, { profiles: -profiles, denials: -denials })
    return profiles
  })
}
