import { hasPerson, lastSeen } from '../profile.ts'
import { withoutExpired } from '../profile-ages.ts'
import { retention } from '../retention.ts'
import type { ProfileLimits } from '../store.ts'
import type { RowAdder } from './add-rows.ts'
import type { Connections, Query } from './connections.ts'
import { NOBODY, parseProfile } from './profile-rows.ts'

export interface PruningOptions {
  connections: Connections
  /** Quoted. */
  schema: string
  rows: RowAdder
  /** Milliseconds since 1970. */
  now: () => number
}

/** Steps in which each profile is checked once. With a step every ten seconds, that is an hour. */
const STEPS_OF_ROUND = 360
const FEWEST_ROWS = 500
const MOST_ROWS = 5000
const DAY = 86_400_000

/** Deletes what is older than its retention, in small steps. */
export function createProfilePruning({ connections, schema, rows, now }: PruningOptions) {
  const { profileRows } = rows
  const stateSql = `SELECT (SELECT coalesce(sum(count), 0) FROM ${schema}.totals WHERE name = 'profiles') AS profiles,
    (SELECT max(seen) FROM ${schema}.profiles) AS newest`
  const nextSql = `SELECT id, body FROM ${schema}.profiles WHERE id > $1 ORDER BY id LIMIT $2`
  const updateSql = `UPDATE ${schema}.profiles SET has_person = given.has_person, seen = given.seen, body = given.body
    FROM json_to_recordset($1) AS given (id bigint, has_person boolean, seen bigint, body text) WHERE profiles.id = given.id`
  const oldestSql = `SELECT id FROM ${schema}.profiles ORDER BY has_person, seen LIMIT $1`
  const denialsSql = `DELETE FROM ${schema}.tombstones WHERE time <= $1 RETURNING 1`
  const sharedSql = `DELETE FROM ${schema}.profile_keys WHERE profile = ${NOBODY} AND seen <= $1`
  let cursor = 0
  let nextRest = Number.NEGATIVE_INFINITY

  /** As in the order memory, a clock that is ahead must not delete everything. */
  async function pruneSome(query: Query, most: number, ages: { now: number; days: number } | undefined) {
    const found = await query(nextSql, [cursor, most])
    const next = found.length < most ? 0 : Number(found.at(-1)?.id)
    const expired: number[] = []
    const changed: object[] = []
    for (const { id, body } of found) {
      const profile = parseProfile(String(body))
      const left = ages && withoutExpired(profile, ages)
      if (!left) expired.push(Number(id))
      else if (left !== profile)
        changed.push({ id, has_person: hasPerson(left), seen: Math.floor(lastSeen(left)), body: JSON.stringify(left) })
    }
    if (changed.length) await query(updateSql, [JSON.stringify(changed)])
    return { removed: await profileRows.remove(query, expired), next }
  }

  /** Profiles without a person give way first. */
  async function removeOldest(query: Query, count: number): Promise<number> {
    if (count <= 0) return 0
    const oldest = await query(oldestSql, [Math.min(MOST_ROWS, count)])
    return profileRows.remove(
      query,
      oldest.map(({ id }) => Number(id)),
    )
  }

  async function pruneRest(query: Query, time: number, days: number): Promise<number> {
    if (performance.now() < nextRest) return 0
    nextRest = performance.now() + DAY
    await query(sharedSql, [Math.floor(time - days * DAY)])
    return (await query(denialsSql, [Math.floor(time - retention.tombstones)])).length
  }

  /** One step. */
  return async (limits: ProfileLimits | undefined): Promise<void> => {
    const [state] = await connections.query(stateSql)
    const profiles = Number(state?.profiles ?? 0)
    const newest = typeof state?.newest === 'string' ? Number(state.newest) : now()
    const most = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.ceil(profiles / STEPS_OF_ROUND)))
    const ages = limits && { now: Math.min(now(), newest), days: limits.days }
    const next = await connections.transaction(async (query) => {
      await profileRows.lock(query)
      const { removed, next } = await pruneSome(query, most, ages)
      const tooMany = limits ? profiles - removed - limits.max : 0
      const displaced = await removeOldest(query, tooMany)
      const denials = await pruneRest(query, now(), limits?.days ?? 0)
      await rows.addTotals(query, { profiles: -removed - displaced, denials: -denials })
      return next
    })
    cursor = next
  }
}
