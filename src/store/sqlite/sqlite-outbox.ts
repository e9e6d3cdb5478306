import type { Outbox, OutboxEvent, Stats } from '../../server/outbox.ts'
import type { PersonCounts, PersonKeys } from '../person.ts'
import type { Chosen, DeadLetter } from '../store.ts'
import { openSqliteEngine, type SqliteOptions } from './sqlite-engine.ts'

export type SqliteOutboxOptions = SqliteOptions

export interface SqliteOutbox extends Outbox {
  stats(): Promise<Stats>
  /** What was set aside, oldest first. */
  dead(): Iterable<DeadLetter>
  /**
   * Lets dead letters wait again, by their ids, and says how many. One that is too old at this moment stays where it is,
   * and so does an order that was brought again since.
   *
   * @throws if another process has locked the file: call it again
   */
  requeue(chosen: Chosen): number
  /**
   * Deletes dead letters, by their ids, and says how many.
   *
   * @throws if another process has locked the file: call it again
   */
  drop(chosen: Chosen): number
  /**
   * Erases a person's events, and what is left of earlier ones in the free space of the file.
   *
   * @throws a sentence, if the free space could not be overwritten: call it again
   */
  erase(person: PersonKeys): Promise<PersonCounts>
  /** Resolves once nothing is in flight and the file is closed. */
  close(): Promise<void>
}

/**
 * An outbox in one SQLite file: what `add` has resolved is on the disk, and survives a crash of the process and of the
 * machine. A crash may send an event again, under the same event_id. It never merges orders: a store does.
 *
 * @throws a sentence, if the file cannot be opened, is no outbox, is another pixel's, or was made by a later version
 */
export function createSqliteOutbox(options: SqliteOutboxOptions): SqliteOutbox {
  const { add, start, stats, ...engine } = openSqliteEngine(options)
  return {
    async add(events) {
      const fates = await add(events.map(withoutTwin), { mergeOrders: 0 })
      return events.filter((_, index) => fates[index] !== 'kept')
    },
    start: (deliver) => start(deliver, { mergeOrders: 0 }),
    async stats() {
      const { orders: _, ...rest } = await stats()
      return rest
    },
    dead: engine.dead,
    requeue: engine.requeue,
    drop: engine.drop,
    erase: engine.erase,
    close: engine.close,
  }
}

/** Without an order's name it has no twin. */
function withoutTwin(event: OutboxEvent): OutboxEvent {
  if (event.orderName === undefined) return event
  const { orderName: _, ...rest } = event
  return rest
}
