import { isRecord } from '../core/read.ts'
import { hashesOf } from '../tiktok/user.ts'
import type { RelayedEvent } from '../types.ts'
import type { RelayCopy } from './status.ts'
import type { Storage } from './storage.ts'

/** Told what became of a server copy. */
export type Settle = (copy: RelayCopy) => void

/** A server copy that the relay does not have yet. */
export interface Waiting {
  /** In storage. */
  key: string
  event: RelayedEvent
  settle: Settle
}

/** The server copies that wait, in memory and, where they could not be delivered, in storage. */
export interface Outbox {
  add(event: RelayedEvent, settle: Settle): Waiting
  has(one: Waiting): boolean
  remove(one: Waiting): void
  /** All that wait, the oldest event first: those of former pages were added after this page's own. */
  all(): Waiting[]
  /** Keeps an event in storage, for this page's next try. Without a lease, any page may take it at once. */
  keep(one: Waiting, hasLease: boolean): void
  /** Adds what former pages left in storage. Returns whether another tab still has a lease on some of it. */
  takeOver(add: (event: RelayedEvent) => Waiting): boolean
}

/** In milliseconds. So long a tab keeps other tabs from posting what it posts itself, and no longer: it may be frozen. */
export const LEASE = 30_000

/** @param prefix of this pixel's keys */
export function createOutbox(storage: Storage, prefix: string): Outbox {
  const start = `${prefix}outbox.`
  let waiting: Waiting[] = []

  function keep({ key, event }: Waiting, hasLease: boolean): void {
    storage.write(key, { ...event, user: hashesOf(event.user), lease: hasLease ? Date.now() + LEASE : 0 })
  }

  return {
    add(event, settle) {
      const key = `${start}${event.eventName}.${event.eventID}`
      const one = { key, event, settle }
      waiting.push(one)
      return one
    },
    has: (one) => waiting.includes(one),
    remove(one) {
      waiting = waiting.filter((other) => other !== one)
    },
    all: () => [...waiting].sort((a, b) => a.event.time - b.event.time),
    keep,
    takeOver(add) {
      let isLeased = false
      for (const key of storage.keys(start)) {
        const kept = storage.read(key)
        if (!isKept(kept) || waiting.some((one) => one.key === key)) continue
        const { lease = 0, ...event } = kept
        if (lease > Date.now()) isLeased = true
        else keep(add(event), true)
      }
      return isLeased
    },
  }
}

/** An event as a page of ours has kept it. The forwarder checks each of its fields. */
const isKept = (value: unknown): value is RelayedEvent & { lease?: number } =>
  isRecord(value) && Array.isArray(value.send) && isRecord(value.consent)
