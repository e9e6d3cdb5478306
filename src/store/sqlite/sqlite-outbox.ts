import type { Outbox, OutboxEvent, Stats } from '../../server/outbox.ts'
import type { PauseSwitch } from '../pause-switch.ts'
import type { PersonCounts, PersonKeys } from '../person.ts'
import type { Chosen, DeadLetter } from '../store.ts'
import { openSqliteEngine, type SqliteOptions } from './sqlite-engine.ts'
import { checkSqliteOptions } from './sqlite-options.ts'

export type SqliteOutboxOptions = SqliteOptions

export interface SqliteOutbox extends Outbox {
  stats(): Promise<Stats>
  /** The dead letters, oldest first. */
  dead(): Iterable<DeadLetter>
  /**
   * Queues dead letters again, by ID, and returns their number. Those that are too old stay, and so do orders that have
   * arrived again since.
   *
   * @throws if another process has locked the file: call it again
   */
  requeue(chosen: Chosen): number
  /**
   * Deletes dead letters, by ID, and returns their number.
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
  pauseSwitch: PauseSwitch
  /** Resolves once nothing is in flight and the file is closed. */
  close(): Promise<void>
}

/**
 * Creates an outbox in one SQLite file. Once `add` resolves, the events are on disk and survive a crash of the process or the
 * machine. After a crash, an event may be sent again with the same event_id. Only a store merges orders.
 *
 * @throws a sentence if the file cannot be opened, is not an outbox, or is from another pixel or a later version
 */
export function createSqliteOutbox(options: SqliteOutboxOptions): SqliteOutbox {
  checkSqliteOptions('outbox', options)
  const { add, start, stats, ...engine } = openSqliteEngine(options)
  return {
    async add(events) {
      const results = await add(events.map(withoutOrderName), { mergeOrders: 0 })
      return events.filter((_, index) => results[index] !== 'kept')
    },
    start: (deliver) => start(deliver, { mergeOrders: 0 }),
    async stats() {
      const { orders: _, customers: __, ...rest } = await stats()
      return rest
    },
    dead: engine.dead,
    requeue: engine.requeue,
    drop: engine.drop,
    erase: engine.erase,
    pauseSwitch: engine.pauseSwitch,
    close: engine.close,
  }
}

/** Removes the order name, so that the event is not merged with another copy. */
function withoutOrderName(event: OutboxEvent): OutboxEvent {
  if (event.orderName === undefined) return event
  const { orderName: _, ...rest } = event
  return rest
}
