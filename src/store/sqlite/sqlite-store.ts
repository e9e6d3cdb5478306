import type { Store } from '../store.ts'
import { createLogThread } from './log-thread.ts'
import { whenFree } from './sqlite.ts'
import { openSqliteEngine, type SqliteOptions } from './sqlite-engine.ts'
import { checkSqliteOptions } from './sqlite-options.ts'

export interface SqliteStoreOptions extends SqliteOptions {
  /** The pixel that owns the file. A file of another pixel is refused. */
  pixelId: string
}

/**
 * Creates the forwarder's database in one SQLite file. Once `add` resolves, the events are on disk and survive a crash of the
 * process or the machine. After a crash, an event may be sent again with the same event_id.
 *
 * @throws a sentence if the file cannot be opened, is not an outbox, or is from another pixel or a later version
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  checkSqliteOptions('database', options)
  const engine = openSqliteEngine(options)
  const { close: closeLog, ...log } = createLogThread(options.path)
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
    pauseSwitch: engine.pauseSwitch,
    postedAlerts: engine.postedAlerts,
    keepsProfiles: true,
    keepsHistory: true,
    traces: engine.traces,
    schemaVersion: () => whenFree(engine.schemaVersion),
    log,
    async close() {
      await closeLog()
      await engine.close()
    },
  }
}
