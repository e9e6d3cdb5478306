import type { Profile, ProfileKey } from '../profile.ts'
import type { ProfileChanges } from '../profile-set.ts'
import type { ImportOptions } from './import-options.ts'

/** A profile of another database, with the keys that lead to it. */
export interface ImportedProfile {
  id: number
  profile: Profile
  keys: readonly ProfileKey[]
}

const nothing: ProfileChanges = {
  written: new Map(),
  removed: new Set(),
  linked: [],
  unlinked: [],
  shared: new Set(),
  touched: new Set(),
  denied: new Map(),
}

/** Takes over the profiles of another database. Everything may be repeated. */
export function createProfileImport({ connections, schema, rows, source }: ImportOptions) {
  const { profileRows } = rows
  const progressSql = `SELECT chunk FROM ${schema}.moves WHERE source = $1 AND name = 'profiles'`
  const advanceSql = `INSERT INTO ${schema}.moves (source, name, chunk) VALUES ($1, 'profiles', $2)
    ON CONFLICT (source, name) DO UPDATE SET chunk = excluded.chunk`

  return {
    /** The ID of the last profile that was taken over. */
    async last(): Promise<number> {
      return Number((await connections.query(progressSql, [source]))[0]?.chunk ?? 0)
    },

    /** Adds profiles, except of visitors that are known here already. Returns their number. */
    add: (given: readonly ImportedProfile[]): Promise<number> =>
      connections.transaction(async (query) => {
        await profileRows.lock(query)
        const known = await profileRows.read(
          query,
          given.flatMap(({ keys }) => keys),
        )
        const isKnown = (key: ProfileKey) => known.reader.owners(key).ids.length > 0
        const fresh = given.filter(({ keys }) => !keys.some((key) => key.startsWith('v') && isKnown(key)))
        const linked = fresh.flatMap(({ id, keys }) => keys.map((key) => ({ key, id: -id })))
        const changes = {
          ...nothing,
          written: new Map(fresh.map(({ id, profile }) => [-id, profile])),
          linked: linked.filter(({ key }) => !known.reader.owners(key).isShared),
        }
        await rows.addTotals(query, { ...(await profileRows.apply(query, changes, { now: Date.now(), known })) })
        await query(advanceSql, [source, String(given.at(-1)?.id ?? 0)])
        return fresh.length
      }),

    /** Takes over which keys belong to nobody, and denials of consent. */
    addKeys: (shared: readonly ProfileKey[], denials: ReadonlyMap<ProfileKey, number>): Promise<void> =>
      connections.transaction(async (query) => {
        await profileRows.lock(query)
        const known = await profileRows.read(query, [...shared, ...denials.keys()])
        const { owners, denied } = known.reader
        const changes = {
          ...nothing,
          shared: new Set(shared.filter((key) => !owners(key).isShared)),
          denied: new Map([...denials].filter(([key, time]) => time > denied(key))),
        }
        await rows.addTotals(query, { ...(await profileRows.apply(query, changes, { now: Date.now(), known })) })
      }),
  }
}
