import type { Store } from '../store.ts'
import { whenFree } from './sqlite.ts'
import { openSqliteEngine, type SqliteOptions } from './sqlite-engine.ts'

export interface SqliteStoreOptions extends SqliteOptions {
  /** The pixel whose events it holds. The file of another one is refused. */
  pixelId: string
}

/**
 * The forwarder's database in one SQLite file: what `add` has resolved is on the disk, and survives a crash of the process
 * and of the machine. A crash may send an event again, under the same event_id.
 *
 * @throws a sentence, if the file cannot be opened, is no outbox, is another pixel's, or was made by a later version
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  const engine = openSqliteEngine(options)
  return {
    add: engine.add,
    start: engine.start,
    stats: engine.stats,
    async *deadLetters() {
      yield* engine.dead()
    },
    requeue: (chosen) => whenFree(() => engine.requeue(chosen)),
    drop: (chosen) => whenFree(() => engine.drop(chosen)),
    erase: engine.erase,
    schemaVersion: () => whenFree(engine.schemaVersion),
    close: engine.close,
  }
}
