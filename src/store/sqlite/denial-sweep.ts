import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import { needsConsent } from '../consent-decision.ts'
import { readKept, writeKept } from '../kept-event.ts'
import { NO_CONSENT } from '../log-orders.ts'
import { deniableKeysOf, type ProfileKey } from '../profile.ts'
import type { ProfileOptions } from '../store.ts'
import type { WaitingEvent } from '../waiting-event.ts'
import type { LogWriter } from './log-writer.ts'
import { fromBlob } from './profile-key.ts'
import { noTotals, type WaitingRows } from './waiting-rows.ts'

const rowsOfPart = 1000

type Table = 'waiting' | 'dead_letters'

interface Row {
  id: number
  event: OutboxEvent
  /** Its line in the log, if it has one. */
  line?: number
}

/** How far the search for the events of new denials is. */
interface Search {
  /** The newest denial that it looks for. */
  upTo: number
  table: Table
  /** The last row that was read. */
  row: number
}

/**
 * Erases the unsent events of visitors who have denied consent since. Finding them reads all events, so it happens in parts,
 * one search for all denials that came meanwhile. Until it ends, `withoutDenied` keeps these events from being sent.
 */
export function createDenialSweep(
  database: DatabaseSync,
  { rows, log }: { rows: WaitingRows; log: LogWriter },
  write: <Answer>(work: () => Answer) => Answer,
) {
  const newest = database.prepare('SELECT max(number) AS number FROM tombstones')
  const since = database.prepare('SELECT key FROM tombstones WHERE number > ?')
  const part = {
    waiting: database.prepare(`SELECT id, body, line FROM waiting WHERE id > ? ORDER BY id LIMIT ${rowsOfPart}`),
    dead_letters: database.prepare(
      `SELECT id, body, line FROM dead_letters WHERE id > ? AND body IS NOT NULL ORDER BY id LIMIT ${rowsOfPart}`,
    ),
  } as const satisfies Record<Table, unknown>
  const replace = {
    waiting: database.prepare('UPDATE waiting SET body = ? WHERE id = ?'),
    dead_letters: database.prepare('UPDATE dead_letters SET body = ? WHERE id = ?'),
  } as const satisfies Record<Table, unknown>
  const dropLetter = database.prepare('DELETE FROM dead_letters WHERE id = ?')
  const { profiles } = rows
  // Denials up to this number have been applied to all events. After a start, all are applied once.
  let done = 0
  let known = 0
  let keys: ReadonlySet<ProfileKey> = new Set()
  let search: Search | undefined

  /** Returns the keys of the denials that were not applied to all events yet. */
  function newKeys(): ReadonlySet<ProfileKey> {
    const number = Number(newest.get()?.number ?? 0)
    if (number !== known || number === done) {
      known = number
      keys = number === done ? new Set() : new Set(since.all(done).map(({ key }) => fromBlob(key)))
    }
    return keys
  }

  /** Erases an event, or what was read from the device, if its visitor's denial requires that. */
  function apply(table: Table, row: Row): OutboxEvent | undefined {
    const { id, event, line } = row
    const admitted = profiles.admit(event)
    if (admitted === event) return event
    if (admitted) replace[table].run(writeKept(admitted), id)
    else if (table === 'dead_letters') {
      dropLetter.run(id)
      if (line !== undefined) log.skip(line, 'no_consent', NO_CONSENT)
    } else {
      const totals = noTotals()
      rows.dropDenied(row, totals)
      rows.addTotals(totals)
    }
    return admitted
  }

  const isConcerned = (event: OutboxEvent): boolean => deniableKeysOf(event).some((key) => keys.has(key))

  function applyAll<Some extends Row>(
    table: Table,
    found: readonly Some[],
    { now, options }: SweepMoment,
  ): Map<Some, OutboxEvent | undefined> {
    return write(() =>
      rows.within(now, () => {
        profiles.use(options)
        return new Map(found.map((row) => [row, apply(table, row)]))
      }),
    )
  }

  return {
    /** Returns a batch without the events whose visitors have denied consent. */
    withoutDenied(batch: readonly WaitingEvent[], moment: SweepMoment): WaitingEvent[] {
      if (!needsConsent(moment.options) || newKeys().size === 0) return [...batch]
      const concerned = batch.filter(({ event }) => isConcerned(event))
      if (!concerned.length) return [...batch]
      const left = applyAll('waiting', concerned, moment)
      return batch.flatMap((row) => {
        if (!left.has(row)) return [row]
        const event = left.get(row)
        return event ? [{ ...row, event }] : []
      })
    },

    /** Applies the new denials to a part of the events. Returns how many rows it read: call it again until it is 0. */
    sweep(moment: SweepMoment): number {
      if (newKeys().size === 0) return 0
      if (!needsConsent(moment.options)) {
        done = known
        return 0
      }
      search ??= { upTo: known, table: 'waiting', row: 0 }
      const read = part[search.table].all(search.row).map(({ id, body, line }): Row => {
        const row = { id: Number(id), event: readKept(String(body)) }
        return line === null ? row : { ...row, line: Number(line) }
      })
      const concerned = read.filter(({ event }) => isConcerned(event))
      if (concerned.length) applyAll(search.table, concerned, moment)
      search.row = read.at(-1)?.id ?? search.row
      if (read.length < rowsOfPart) {
        if (search.table === 'waiting') search = { ...search, table: 'dead_letters', row: 0 }
        else {
          done = search.upTo
          search = undefined
        }
      }
      return Math.max(1, read.length)
    },
  }
}

export interface SweepMoment {
  /** Milliseconds since 1970. */
  now: number
  options: ProfileOptions
}
