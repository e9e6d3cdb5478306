import type { DatabaseSync } from 'node:sqlite'
import { hasPerson, lastSeen } from '../profile.ts'
import { withoutExpired } from '../profile-ages.ts'
import { retention } from '../retention.ts'
import type { ProfileLimits } from '../store.ts'
import { NOBODY, type ProfileRows, parseProfile } from './profile-rows.ts'
import type { WaitingRows } from './waiting-rows.ts'

/** Steps in which each profile is checked once. With a step every two seconds, that is an hour. */
const stepsOfRound = 1800
const fewestRows = 100
const mostRows = 1000
const DAY = 86_400_000

/** Deletes what is older than its retention, in small steps. */
export function createProfilePruning(database: DatabaseSync, rows: WaitingRows, profileRows: ProfileRows) {
  const prepare = (sql: string) => database.prepare(sql)
  const newest = prepare(`SELECT max(seen) AS seen FROM (
    SELECT max(seen) AS seen FROM profiles WHERE has_person = 0
    UNION ALL SELECT max(seen) FROM profiles WHERE has_person = 1)`)
  const total = prepare("SELECT count FROM totals WHERE name = 'profiles'")
  const next = prepare('SELECT id, body FROM profiles WHERE id > ? ORDER BY id LIMIT ?')
  const update = prepare('UPDATE profiles SET has_person = ?, seen = ?, body = ? WHERE id = ?')
  const oldest = prepare('SELECT id FROM profiles WHERE has_person = ? ORDER BY seen LIMIT ?')
  const oldestDenials = prepare(`SELECT number, time FROM tombstones ORDER BY number LIMIT ${fewestRows}`)
  const forgetDenial = prepare('DELETE FROM tombstones WHERE number = ?')
  const forgetShared = prepare(`DELETE FROM profile_keys WHERE profile = ${NOBODY} AND seen <= ?`)
  const bytesOfSome = prepare(
    'SELECT avg(length(body)) AS bytes FROM (SELECT body FROM profiles ORDER BY id DESC LIMIT 500)',
  )
  let cursor = 0
  let nextRest = Number.NEGATIVE_INFINITY
  let averageBytes = 0

  const count = (): number => Number(total.get()?.count ?? 0)

  function removeAll(ids: readonly number[]): number {
    let removed = 0
    for (const id of ids) removed += profileRows.removeProfile(id)
    rows.addTotal('profiles', -removed)
    return removed
  }

  /** As in the order memory, a clock that is ahead must not delete everything. */
  function pruneSome(now: number, limits: ProfileLimits | undefined, most: number): void {
    const found = next.all(cursor, most)
    cursor = found.length < most ? 0 : Number(found.at(-1)?.id)
    const expired: number[] = []
    const ages = limits && { now: Math.min(now, Number(newest.get()?.seen ?? now)), days: limits.days }
    for (const { id, body } of found) {
      const profile = parseProfile(String(body))
      const left = ages && withoutExpired(profile, ages)
      if (!left) expired.push(Number(id))
      else if (left !== profile) update.run(Number(hasPerson(left)), lastSeen(left), JSON.stringify(left), id ?? null)
    }
    removeAll(expired)
  }

  /** Profiles without a person are deleted first. */
  function removeOldest(most: number): number {
    const ids = [0, 1].flatMap((kind) => oldest.all(kind, most)).map(({ id }) => Number(id))
    return removeAll(ids.slice(0, most))
  }

  function pruneDenials(now: number): void {
    let removed = 0
    for (const { number, time } of oldestDenials.all()) {
      if (Number(time) <= now - retention.tombstones) removed += Number(forgetDenial.run(number ?? null).changes)
    }
    rows.addTotal('denials', -removed)
  }

  return {
    /** True if there is nothing to look at. */
    isEmpty: (): boolean => count() === 0 && oldestDenials.get() === undefined,

    /** One step. Call it in a transaction. `elapsed` is a monotonic time in milliseconds. */
    prune(now: number, elapsed: number, limits: ProfileLimits | undefined): void {
      const profiles = count()
      pruneSome(now, limits, Math.min(mostRows, Math.max(fewestRows, Math.ceil(profiles / stepsOfRound))))
      const tooMany = limits ? count() - limits.max : 0
      if (tooMany > 0) removeOldest(Math.min(mostRows, tooMany))
      pruneDenials(now)
      if (elapsed < nextRest) return
      nextRest = elapsed + DAY
      averageBytes = 0
      forgetShared.run(now - (limits?.days ?? 0) * DAY)
    },

    /** Deletes the oldest profiles without a person to make room on the disk, and returns their number. */
    giveWay: (): number => removeAll(oldest.all(0, mostRows).map(({ id }) => Number(id))),

    /** About how many bytes of the file the profiles use. They do not count toward the limit of the outbox. */
    bytes(): number {
      const profiles = count()
      if (profiles === 0) return 0
      averageBytes ||= Number(bytesOfSome.get()?.bytes ?? 0)
      return profiles * (averageBytes + ROW_BYTES)
    },
  }
}

// Bytes of a profile besides its JSON: the row, its visitor's key, three indexes, and unused space in SQLite's pages.
const ROW_BYTES = 220
