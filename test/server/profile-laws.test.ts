// The law of profiles, on the SQLite tables. PROFILE_SEQUENCES is how many sequences; 10,000 take about two minutes.
import { join } from 'node:path'
import { writeKept } from '../../src/store/kept-event.ts'
import { openTables } from '../../src/store/sqlite/outbox-tables.ts'
import { createFolderInMemory } from './node-folder.ts'
import { pixelId } from './node-requests.ts'
import { type LawDatabase, testProfileLaw } from './profile-law.ts'

const minute = 60_000

function openDatabase(path: string, clock: () => number): LawDatabase {
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
    close: () => tables.close(),
  }
}

testProfileLaw(
  () => {
    const path = join(createFolderInMemory(), 'converge.db')
    return (clock) => openDatabase(path, clock)
  },
  Number(process.env.PROFILE_SEQUENCES ?? 400),
)
