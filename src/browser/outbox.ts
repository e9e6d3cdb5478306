import { hashesOf } from '../tiktok/user.ts'
import type { RelayedEvent } from '../types.ts'
import type { RelayCopy } from './status.ts'
import type { Storage } from './storage.ts'

/** Told what became of a server copy. */
export type Settle = (copy: RelayCopy) => void

interface Waiting {
  event: RelayedEvent
  settle: Settle
}

/** The server copies that the relay does not have yet, by the key that each has in storage. */
export interface Outbox {
  add(event: RelayedEvent, settle: Settle): string
  get(key: string): Waiting | undefined
  remove(key: string): void
  /** The keys, the oldest event first: those of former pages came after this page's own. */
  byAge(): string[]
  /** Keeps an event in storage, for this page's next try. Without a lease, any page may take it at once. */
  keep(key: string, hasLease: boolean): void
  /** Finds what former pages left in storage. Returns whether another tab still has a lease on some of it. */
  takeOver(take: (event: RelayedEvent) => void): boolean
}

/** In milliseconds. So long a tab keeps other tabs from posting what it posts itself, and no longer: it may be frozen. */
export const LEASE = 30_000

/** @param prefix of this pixel's keys */
export function createOutbox(storage: Storage, prefix: string): Outbox {
  const waiting: Record<string, Waiting | undefined> = Object.create(null)

  const keyOf = ({ eventName, eventID }: RelayedEvent) => `${prefix}outbox.${eventName}.${eventID}`

  function keep(key: string, hasLease: boolean): void {
    const event = waiting[key]?.event
    if (!event) return
    const lease = hasLease ? Date.now() + LEASE : 0
    storage.write(key, { ...event, user: hashesOf(event.user), lease })
  }

  return {
    add(event, settle) {
      const key = keyOf(event)
      waiting[key] = { event, settle }
      return key
    },
    get: (key) => waiting[key],
    remove(key) {
      delete waiting[key]
    },
    byAge: () => {
      const timeOf = (key: string) => Number(waiting[key]?.event.time)
      return Object.keys(waiting).sort((a, b) => timeOf(a) - timeOf(b))
    },
    keep,
    takeOver(take) {
      let isLeased = false
      for (const key of storage.keys(`${prefix}outbox.`)) {
        const { lease, ...event } = Object(storage.read(key))
        if (!event.send || waiting[key]) continue
        if (lease > Date.now()) {
          isLeased = true
          continue
        }
        take(event)
        keep(key, true)
      }
      return isLeased
    },
  }
}
