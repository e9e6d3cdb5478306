import type { OutboxEvent } from '../server/outbox.ts'
import { hasPerson, identityOf, isKind, keyOf, type Profile, type ProfileKey } from './profile.ts'

/** Visitors or persons. A key that more of them use belongs to nobody: a shared phone, or a cart that was sent to friends. */
const MOST_OWNERS = 3
/** Aliases of one profile. A page may post 10 with each event. */
const MOST_ALIASES = 20

/** The profiles that a key leads to. */
export interface KeyOwners {
  ids: readonly number[]
  /** True if it belongs to nobody, because too many used it. */
  isShared: boolean
}

/** Reads the stored profiles. An engine that cannot read synchronously loads what the keys of the events lead to first. */
export interface ProfileReader {
  owners(key: ProfileKey): KeyOwners
  read(id: number): Profile | undefined
  /** All keys that lead to a profile. */
  keys(id: number): readonly ProfileKey[]
  /** When the visitor with this key denied consent, in milliseconds since 1970, or 0. */
  denied(key: ProfileKey): number
}

/** What a transaction changes. New profiles have negative IDs, which links use too. */
export interface ProfileChanges {
  /** Profiles to insert or update. */
  written: ReadonlyMap<number, Profile>
  /** Profiles to delete, with their links. */
  removed: ReadonlySet<number>
  linked: readonly { key: ProfileKey; id: number }[]
  unlinked: readonly { key: ProfileKey; id: number }[]
  /** Keys that belong to nobody from now on. Their links are deleted. */
  shared: ReadonlySet<ProfileKey>
  /** Keys that belong to nobody, and were used again. They are remembered for longer. */
  touched: ReadonlySet<ProfileKey>
  /** Denials to store, in milliseconds since 1970. A stored one that is later stays. */
  denied: ReadonlyMap<ProfileKey, number>
}

/** The profiles of one transaction: what is stored, with the changes so far. */
export type ProfileSet = ReturnType<typeof createProfileSet>

export function createProfileSet(reader: ProfileReader) {
  const owners = new Map<ProfileKey, { ids: Set<number>; isShared: boolean }>()
  const profiles = new Map<number, Profile | undefined>()
  const written = new Map<number, Profile>()
  const removed = new Set<number>()
  const linked: { key: ProfileKey; id: number }[] = []
  const unlinked: { key: ProfileKey; id: number }[] = []
  const shared = new Set<ProfileKey>()
  const touched = new Set<ProfileKey>()
  const denied = new Map<ProfileKey, number>()
  let lastNew = 0

  function ownersOf(key: ProfileKey) {
    let found = owners.get(key)
    if (!found) {
      const { ids, isShared } = reader.owners(key)
      found = { ids: new Set(ids), isShared }
      owners.set(key, found)
    }
    return found
  }

  function read(id: number): Profile | undefined {
    if (!profiles.has(id)) profiles.set(id, removed.has(id) ? undefined : reader.read(id))
    return profiles.get(id)
  }

  function write(id: number, profile: Profile): void {
    profiles.set(id, profile)
    written.set(id, profile)
  }

  function keysOf(id: number): ProfileKey[] {
    const stored = id > 0 ? reader.keys(id) : []
    const own = linked.filter((link) => link.id === id).map(({ key }) => key)
    return [...new Set([...stored, ...own])].filter((key) => ownersOf(key).ids.has(id))
  }

  /** Lets a key lead to a profile, unless it belongs to nobody, or does so now. */
  function link(key: ProfileKey, id: number): void {
    const found = ownersOf(key)
    if (found.isShared) touched.add(key)
    if (found.isShared || found.ids.has(id)) return
    const profile = read(id)
    if (!profile) return
    const isAlias = isKind(key, 'alias')
    if (isAlias && (profile.aliases ?? 0) >= MOST_ALIASES) return
    if (isAlias) write(id, { ...profile, aliases: (profile.aliases ?? 0) + 1 })
    found.ids.add(id)
    if (found.ids.size > MOST_OWNERS && hasTooMany([...found.ids].flatMap((one) => read(one) ?? []))) {
      found.ids.clear()
      found.isShared = true
      shared.add(key)
    } else linked.push({ key, id })
  }

  function unlink(key: ProfileKey, id: number): void {
    ownersOf(key).ids.delete(id)
    unlinked.push({ key, id })
  }

  // The last page event that lacked nothing, so that the next ones like it need no look at the profiles.
  const complete: { event: OutboxEvent | undefined } = { event: undefined }

  return {
    complete,
    isShared: (key: ProfileKey): boolean => ownersOf(key).isShared,
    read,
    write,
    link,

    /** The profiles that a key leads to, by ID. */
    find(key: ProfileKey): { id: number; profile: Profile }[] {
      const found: { id: number; profile: Profile }[] = []
      for (const id of ownersOf(key).ids) {
        const profile = read(id)
        if (profile) found.push({ id, profile })
      }
      return found
    },

    /** Adds a profile, which its visitor's key leads to, and returns its ID. */
    create(profile: Profile): number {
      const id = --lastNew
      write(id, profile)
      if (profile.visitor !== undefined) link(keyOf('visitor', profile.visitor), id)
      return id
    },

    keysOf,

    /** Removes a profile and returns the keys that led to it. */
    remove(id: number): ProfileKey[] {
      const keys = keysOf(id)
      for (const key of keys) ownersOf(key).ids.delete(id)
      profiles.set(id, undefined)
      written.delete(id)
      removed.add(id)
      return keys
    },

    /** Removes all keys of a profile except its visitor's. */
    unlinkAll(id: number): void {
      for (const key of keysOf(id)) if (!isKind(key, 'visitor')) unlink(key, id)
    },

    deniedAt: (key: ProfileKey): number => Math.max(denied.get(key) ?? 0, reader.denied(key)),

    deny(key: ProfileKey, time: number): void {
      denied.set(key, Math.max(time, denied.get(key) ?? 0, reader.denied(key)))
    },

    changes: (): ProfileChanges => ({
      written,
      removed,
      // A profile may be removed, or a key be shared, after the link.
      linked: linked.filter(({ key, id }) => ownersOf(key).ids.has(id)),
      unlinked,
      shared,
      touched,
      denied,
    }),
  }
}

/** Visitors and persons are counted apart, because a person may have several browsers. */
function hasTooMany(profiles: readonly Profile[]): boolean {
  const visitors = profiles.filter(({ visitor }) => visitor !== undefined).length
  const persons = new Set(profiles.filter(hasPerson).map(personName)).size
  return visitors > MOST_OWNERS || persons > MOST_OWNERS
}

function personName(profile: Profile): string {
  const { email, customer } = identityOf(profile)
  return email ?? customer ?? `phone ${profile.signed?.phone}`
}
