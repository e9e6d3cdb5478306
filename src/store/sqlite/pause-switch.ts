import type { DatabaseSync } from 'node:sqlite'
import type { PauseSwitch } from '../pause-switch.ts'
import { whenFree } from './sqlite.ts'
import { schemaVersionOf } from './sqlite-schema.ts'

/** The version of the tables that added the switch. */
const FIRST_VERSION = 3

/** `now` returns milliseconds since 1970. */
export function createPauseSwitch(database: DatabaseSync, now: () => number): PauseSwitch {
  const set = database.prepare("INSERT INTO switches VALUES ('pause', ?) ON CONFLICT DO NOTHING")
  const unset = database.prepare("DELETE FROM switches WHERE name = 'pause'")
  return {
    pause: () => whenFree(() => set.run(now()).changes > 0),
    resume: () => whenFree(() => unset.run().changes > 0),
    pausedSince: () => whenFree(() => readPausedSince(database)),
  }
}

/** When the intake was stopped, in milliseconds since 1970, or `undefined` if it is not stopped. */
export function readPausedSince(database: DatabaseSync): number | undefined {
  const since = database.prepare("SELECT since FROM switches WHERE name = 'pause'").get()?.since
  return since === undefined ? undefined : Number(since)
}

/** False if the file is from an earlier version. */
export const hasPauseSwitch = (database: DatabaseSync): boolean => schemaVersionOf(database) >= FIRST_VERSION
