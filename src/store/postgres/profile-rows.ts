import { hasPerson, lastSeen, type Profile, type ProfileKey, personKeysOf } from '../profile.ts'
import type { ProfileChanges, ProfileReader } from '../profile-set.ts'
import type { Query } from './connections.ts'
import { fromHex, toHex } from './profile-key.ts'

/** The profile that stands for nobody in `profile_keys`. */
export const NOBODY = 0
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Changes to the totals. */
export type ProfileTotals = Record<'profiles' | 'denials' | 'shared_keys', number>

/** What is stored about the keys of a transaction's events. */
export interface KnownProfiles {
  reader: ProfileReader
  /** The latest that the time may be, in milliseconds since 1970. */
  latest: (now: number) => number
}

export type ProfileRows = ReturnType<typeof createProfileRows>

/**
 * Reads and writes the profile tables. `schema` is quoted. Transactions that use profiles follow one another, because two of
 * them could reach one profile by different keys. `lock` is the key of the lock that they have.
 */
export function createProfileRows(schema: string, lock: string) {
  const lockSql = 'SELECT pg_advisory_xact_lock($1)'
  const readSql = `WITH given AS MATERIALIZED (SELECT decode(hex, 'hex') AS key FROM unnest($1::text[]) AS hex),
    owners AS MATERIALIZED (
      SELECT key, profile FROM ${schema}.profile_keys WHERE key IN (SELECT key FROM given)
    ),
    ids AS MATERIALIZED (SELECT DISTINCT profile AS id FROM owners WHERE profile <> ${NOBODY}),
    links AS MATERIALIZED (
      SELECT key, profile FROM ${schema}.profile_keys WHERE profile IN (SELECT id FROM ids)
    )
    SELECT 'owner' AS kind, encode(key, 'hex') AS key, profile AS number, NULL AS body FROM owners
    UNION ALL SELECT 'link', encode(key, 'hex'), profile, NULL FROM links
    UNION ALL SELECT 'profile', NULL, id, body FROM ${schema}.profiles WHERE id IN (SELECT id FROM ids)
    UNION ALL SELECT 'denied', encode(key, 'hex'), time, NULL FROM ${schema}.tombstones
      WHERE key IN (SELECT key FROM given UNION SELECT key FROM links)
    UNION ALL SELECT 'clock', NULL, time, NULL FROM ${schema}.profile_clock`
  const deniedSql = `SELECT 'denied' AS kind, encode(key, 'hex') AS key, time AS number FROM ${schema}.tombstones
    WHERE key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`
  const idsSql = `SELECT nextval('${schema}.profiles_id_seq') AS id FROM generate_series(1, $1)`
  const unlinkProfilesSql = `DELETE FROM ${schema}.profile_keys WHERE profile = ANY($1)`
  const removeSql = `DELETE FROM ${schema}.profiles WHERE id = ANY($1) RETURNING 1`
  const unlinkSql = `DELETE FROM ${schema}.profile_keys AS known USING unnest($1::text[], $2::bigint[]) AS given (key, profile)
    WHERE known.key = decode(given.key, 'hex') AND known.profile = given.profile`
  const writeSql = `INSERT INTO ${schema}.profiles (id, has_person, seen, body)
    SELECT id, has_person, seen, body FROM json_to_recordset($1) AS given (id bigint, has_person boolean, seen bigint, body text)
    ON CONFLICT (id) DO UPDATE SET has_person = excluded.has_person, seen = excluded.seen, body = excluded.body`
  const linkSql = `INSERT INTO ${schema}.profile_keys (key, profile, seen)
    SELECT decode(key, 'hex'), profile, $3 FROM unnest($1::text[], $2::bigint[]) AS given (key, profile)
    ON CONFLICT DO NOTHING`
  const unlinkKeysSql = `DELETE FROM ${schema}.profile_keys WHERE key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`
  const touchSql = `UPDATE ${schema}.profile_keys SET seen = $2 WHERE profile = ${NOBODY} AND seen < $3
    AND key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex)`
  // A denial that is repeated gets a new number, as in the SQLite engine.
  const denySql = `INSERT INTO ${schema}.tombstones (key, time)
    SELECT decode(key, 'hex'), time FROM unnest($1::text[], $2::bigint[]) AS given (key, time)
    ON CONFLICT (key) DO UPDATE SET time = excluded.time, number = excluded.number`
  const clockSql = `INSERT INTO ${schema}.profile_clock (time) VALUES ($1) ON CONFLICT (one) DO UPDATE SET time = excluded.time`
  const eraseDenialsSql = `DELETE FROM ${schema}.tombstones
    WHERE key IN (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex) RETURNING 1`

  /** Deletes profiles with their links, and returns their number. */
  async function remove(query: Query, ids: readonly number[]): Promise<number> {
    if (!ids.length) return 0
    await query(unlinkProfilesSql, [ids])
    return (await query(removeSql, [ids])).length
  }

  /** Writes profiles, and returns the IDs of new ones by their negative IDs. */
  async function write(query: Query, written: ProfileChanges['written'], now: number): Promise<Map<number, number>> {
    const created = [...written.keys()].filter((id) => id < 0)
    const stored = created.length ? await query(idsSql, [created.length]) : []
    const ids = new Map(created.map((id, index) => [id, Number(stored[index]?.id)]))
    const rows = [...written].map(([id, profile]) => ({
      id: ids.get(id) ?? id,
      has_person: hasPerson(profile),
      seen: Math.floor(lastSeen(profile) || now),
      body: JSON.stringify(profile),
    }))
    if (rows.length) await query(writeSql, [JSON.stringify(rows)])
    return ids
  }

  async function share(query: Query, shared: ReadonlySet<ProfileKey>, now: number): Promise<void> {
    if (!shared.size) return
    const keys = [...shared].map(toHex)
    await query(unlinkKeysSql, [keys])
    await query(linkSql, [keys, keys.map(() => NOBODY), Math.floor(now)])
  }

  return {
    remove,

    /** Waits until no other transaction uses profiles. */
    async lock(query: Query): Promise<void> {
      await query(lockSql, [lock])
    },

    /** Reads what the keys lead to. Call it with the lock. */
    async read(query: Query, keys: Iterable<ProfileKey>): Promise<KnownProfiles> {
      const hex = [...new Set(keys)].map(toHex)
      const rows = await query(readSql, [hex])
      const unread = namedKeysOf(rows).filter((key) => !hex.includes(key))
      return toKnown(unread.length ? [...rows, ...(await query(deniedSql, [unread]))] : rows)
    },

    /** Writes the changes of a transaction. `now` is in milliseconds since 1970. */
    async apply(query: Query, changes: ProfileChanges, { now, known }: ProfileWriting): Promise<ProfileTotals> {
      const { written, removed, linked, unlinked, shared, touched, denied } = changes
      const gone = await remove(query, [...removed].filter(isStored))
      const freed = unlinked.filter(({ id }) => isStored(id))
      if (freed.length) await query(unlinkSql, [freed.map(({ key }) => toHex(key)), freed.map(({ id }) => id)])
      const ids = await write(query, written, now)
      if (linked.length)
        await query(linkSql, [linked.map(({ key }) => toHex(key)), linked.map(({ id }) => ids.get(id) ?? id), 0])
      await share(query, shared, now)
      if (touched.size) await query(touchSql, [[...touched].map(toHex), Math.floor(now), Math.floor(now - DAY)])
      if (denied.size) await query(denySql, [[...denied.keys()].map(toHex), [...denied.values()].map(Math.ceil)])
      const isNew = (key: ProfileKey) => known.reader.denied(key) === 0
      return {
        profiles: ids.size - gone,
        denials: [...denied.keys()].filter(isNew).length,
        shared_keys: shared.size,
      }
    },

    /** Remembers the time of a transaction for `latest`. */
    async setClock(query: Query, now: number, known: KnownProfiles): Promise<void> {
      if (known.latest(now) === now) await query(clockSql, [Math.floor(now)])
    },

    /** Deletes what is known by keys: which profiles they lead to, and denials. Returns the number of denials. */
    async eraseKeys(query: Query, keys: readonly ProfileKey[]): Promise<number> {
      const hex = keys.map(toHex)
      await query(unlinkKeysSql, [hex])
      return (await query(eraseDenialsSql, [hex])).length
    },
  }
}

export interface ProfileWriting {
  now: number
  /** What was read before. */
  known: KnownProfiles
}

/** Nothing is read, because nothing is decided by profiles. */
export const noProfiles: KnownProfiles = {
  latest: (now) => now,
  reader: { owners: () => ({ ids: [], isShared: false }), read: () => undefined, keys: () => [], denied: () => 0 },
}

const isStored = (id: number): boolean => id > 0

type Rows = Awaited<ReturnType<Query>>

function toKnown(rows: Rows): KnownProfiles {
  const owners = new Map<ProfileKey, number[]>()
  const links = new Map<number, ProfileKey[]>()
  const profiles = new Map<number, string>()
  const denied = new Map<ProfileKey, number>()
  let clock: number | undefined
  for (const { kind, key: hex, number: value, body } of rows) {
    const number = Number(value)
    if (kind === 'clock') clock = number
    else if (kind === 'profile') profiles.set(number, String(body))
    else if (kind === 'denied') denied.set(fromHex(hex), number)
    // A key of a profile that the events do not name is only asked for that profile.
    else addTo(owners, fromHex(hex), number)
    if (kind === 'link') addTo(links, number, fromHex(hex))
  }
  return {
    latest: (now) => (clock !== undefined && clock > now && clock < now + HOUR ? clock : now),
    reader: {
      owners(key) {
        const ids = owners.get(key) ?? []
        return ids.includes(NOBODY) ? { ids: [], isShared: true } : { ids, isShared: false }
      },
      read(id) {
        const body = profiles.get(id)
        return body === undefined ? undefined : parseProfile(body)
      },
      keys: (id) => links.get(id) ?? [],
      denied: (key) => denied.get(key) ?? 0,
    },
  }
}

/** The hex keys of persons, with which a profile fills events although they no longer lead to it: too many persons have them. */
function namedKeysOf(rows: Rows): string[] {
  const linked = new Set(rows.flatMap(({ kind, key }) => (kind === 'link' ? String(key) : [])))
  const named = rows.flatMap(({ kind, body }) => {
    if (kind !== 'profile') return []
    return personKeysOf(parseProfile(String(body)).signed ?? {}).map(toHex)
  })
  return [...new Set(named)].filter((key) => !linked.has(key))
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (!list) lists.set(key, [value])
  else if (!list.includes(value)) list.push(value)
}

export const parseProfile = (body: string): Profile => JSON.parse(body)
