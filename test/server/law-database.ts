// A database whose events are taken out by the test itself, so that no test waits for a delivery.
import { join } from 'node:path'
import { expect } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { writeKept } from '../../src/store/kept-event.ts'
import { openTables } from '../../src/store/sqlite/outbox-tables.ts'
import type { Extras, MergeOptions, Store, StoreStats } from '../../src/store/store.ts'
import { createFolderInMemory } from './node-folder.ts'
import { pixelId } from './node-requests.ts'

/** A database that is open, with what a forwarder does to it. Times are in milliseconds since 1970. */
export interface LawDatabase {
  add: Store['add']
  /** Takes the events out that are sent now. `elapsed` is a monotonic time. */
  take(now: number, elapsed: number, options: MergeOptions): OutboxEvent[] | Promise<OutboxEvent[]>
  /** Deletes what earlier sequences left. */
  clear(now: number): void | Promise<void>
  stats(): Pick<StoreStats, 'profiles'> | Promise<Pick<StoreStats, 'profiles'>>
  close(): void | Promise<void>
}

/** Opens a database. It is the same one each time. */
export type OpenLawDatabase = (clock: () => number) => LawDatabase

const minute = 60_000

/** Creates a new and empty SQLite file. */
export function createLawFile(): OpenLawDatabase {
  const path = join(createFolderInMemory(), 'converge.db')
  return (clock) => openFile(path, clock)
}

function openFile(path: string, clock: () => number): LawDatabase {
  const tables = openTables(path, pixelId)
  return {
    async add(events, options, extras) {
      const kept = events.map((event) => ({ event, body: writeKept(event) }))
      return tables.add([{ kept, ...options, extras }], clock())[0] ?? []
    },
    take(now, elapsed, { mergeOrders, ...rules }) {
      const moment = { now, options: rules }
      while (tables.setAsideLate(now, () => false));
      while (tables.sweep(moment));
      while (tables.release(now, mergeOrders * 1000, rules));
      const batch = tables.withoutDenied(
        tables.due(now, minute, () => false),
        moment,
      )
      const settled = batch.map(({ id, event_id }) => ({ id, event_id, outcome: 'done' as const }))
      tables.settle(settled, now)
      tables.pruneProfiles(now, elapsed, rules.profiles)
      return batch.map(({ event }) => event)
    },
    clear(now) {
      while (tables.setAsideLate(now, () => false));
      for (let step = 0; step < 3; step++) tables.pruneProfiles(now, now, { days: 1, max: 1000 })
    },
    stats: () => tables.stats(clock()),
    close: () => tables.close(),
  }
}

/** The store of a forwarder that only adds events. `note` gets the options of each addition. */
export function storeOf(database: LawDatabase, note: (options: MergeOptions) => void): Store {
  const absent = () => Promise.reject(new Error('The law does without it.'))
  return {
    add: async (events, options, extras?: Extras) => {
      note(options)
      return database.add(events, options, extras)
    },
    start: () => {},
    keepsProfiles: true,
    ...{ stats: absent, deadLetters: () => expect.fail(), requeue: absent, drop: absent, erase: absent },
    ...{ schemaVersion: absent, close: absent },
  }
}
