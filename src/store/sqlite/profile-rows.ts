import type { DatabaseSync } from 'node:sqlite'
import { hasPerson, lastSeen, type Profile, type ProfileKey } from '../profile.ts'
import type { KeyOwners, ProfileChanges, ProfileReader } from '../profile-set.ts'
import { fromBlob, toBlob } from './profile-key.ts'

/** The profile that stands for nobody in `profile_keys`. */
export const NOBODY = 0
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Changes to the totals. */
export interface ProfileTotals {
  profiles: number
  denials: number
  shared_keys: number
}

export type ProfileRows = ReturnType<typeof createProfileRows>

/** Reads and writes the profile tables. Call `apply` in a transaction. */
export function createProfileRows(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const ownersOf = prepare('SELECT profile FROM profile_keys WHERE key = ?')
  const bodyOf = prepare('SELECT body FROM profiles WHERE id = ?')
  const keysOf = prepare('SELECT key FROM profile_keys WHERE profile = ?')
  const deniedAt = prepare('SELECT time FROM tombstones WHERE key = ?')
  const anyDenied = prepare('SELECT 1 FROM tombstones LIMIT 1')
  const insert = prepare('INSERT INTO profiles (has_person, seen, body) VALUES (?, ?, ?)')
  const update = prepare('UPDATE profiles SET has_person = ?, seen = ?, body = ? WHERE id = ?')
  const remove = prepare('DELETE FROM profiles WHERE id = ?')
  const link = prepare('INSERT OR IGNORE INTO profile_keys (key, profile) VALUES (?, ?)')
  const unlink = prepare('DELETE FROM profile_keys WHERE key = ? AND profile = ?')
  const unlinkProfile = prepare('DELETE FROM profile_keys WHERE profile = ?')
  const unlinkKey = prepare('DELETE FROM profile_keys WHERE key = ?')
  const share = prepare('INSERT INTO profile_keys (key, profile, seen) VALUES (?, ?, ?)')
  const touch = prepare('UPDATE profile_keys SET seen = ? WHERE key = ? AND profile = ? AND seen < ?')
  const clock = prepare("SELECT count FROM totals WHERE name = 'clock'")
  const moveClock = prepare(`INSERT INTO totals (name, count) VALUES ('clock', ?)
    ON CONFLICT DO UPDATE SET count = excluded.count`)
  const deny = prepare('INSERT OR REPLACE INTO tombstones (key, time) VALUES (?, ?)')
  let hasDenials = false

  const denied = (key: ProfileKey): number => (hasDenials ? Number(deniedAt.get(toBlob(key))?.time ?? 0) : 0)

  const reader: ProfileReader = {
    owners(key): KeyOwners {
      const ids = ownersOf.all(toBlob(key)).map(({ profile }) => Number(profile))
      return ids.includes(NOBODY) ? { ids: [], isShared: true } : { ids, isShared: false }
    },
    read(id) {
      const body = bodyOf.get(id)?.body
      return body === undefined ? undefined : parseProfile(String(body))
    },
    keys: (id) => keysOf.all(id).map(({ key }) => fromBlob(key)),
    denied,
  }

  function removeProfile(id: number): number {
    unlinkProfile.run(id)
    return Number(remove.run(id).changes)
  }

  return {
    /**
     * The latest that the time may be, in milliseconds since 1970: the clock may have been set back since events were stored. A
     * clock that was ahead by more than an hour was wrong.
     */
    latest(now: number): number {
      const highest = Number(clock.get()?.count ?? now)
      return highest > now && highest < now + HOUR ? highest : now
    },

    /** Remembers the time of a transaction for `latest`. */
    setClock(now: number): void {
      if (this.latest(now) === now) moveClock.run(now)
    },

    /** Returns a reader for one transaction. */
    startReading(): ProfileReader {
      hasDenials = anyDenied.get() !== undefined
      return reader
    },

    /** Deletes a profile and its links, and returns 1, or 0 if there is none. */
    removeProfile,

    /** Writes the changes of a transaction. `now` is in milliseconds since 1970. */
    apply(
      { written, removed, linked, unlinked, shared, touched, denied: denials }: ProfileChanges,
      now: number,
    ): ProfileTotals {
      const totals: ProfileTotals = { profiles: 0, denials: 0, shared_keys: shared.size }
      for (const id of removed) if (id > 0) totals.profiles -= removeProfile(id)
      for (const { key, id } of unlinked) if (id > 0) unlink.run(toBlob(key), id)
      const ids = new Map<number, number>()
      for (const [id, profile] of written) {
        const values = [Number(hasPerson(profile)), lastSeen(profile) || now, JSON.stringify(profile)] as const
        if (id > 0) update.run(...values, id)
        else {
          ids.set(id, Number(insert.run(...values).lastInsertRowid))
          totals.profiles++
        }
      }
      for (const { key, id } of linked) link.run(toBlob(key), ids.get(id) ?? id)
      for (const key of shared) {
        unlinkKey.run(toBlob(key))
        share.run(toBlob(key), NOBODY, now)
      }
      for (const key of touched) touch.run(now, toBlob(key), NOBODY, now - DAY)
      for (const [key, time] of denials) {
        if (denied(key) === 0) totals.denials++
        deny.run(toBlob(key), Math.ceil(time))
      }
      return totals
    },
  }
}

export const parseProfile = (body: string): Profile => JSON.parse(body)
