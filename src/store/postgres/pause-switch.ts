import type { PauseSwitch } from '../pause-switch.ts'
import type { Query } from './connections.ts'

/** `schema` is quoted. `now` returns milliseconds since 1970. `ready` resolves once the tables exist. */
export function createPauseSwitch(
  query: Query,
  schema: string,
  now: () => number,
  ready: () => Promise<void>,
): PauseSwitch {
  const setSql = `INSERT INTO ${schema}.switches (name, since) VALUES ('pause', $1) ON CONFLICT DO NOTHING RETURNING 1`
  const unsetSql = `DELETE FROM ${schema}.switches WHERE name = 'pause' RETURNING 1`
  const readSql = `SELECT since FROM ${schema}.switches WHERE name = 'pause'`
  return {
    async pause() {
      await ready()
      return (await query(setSql, [now()])).length > 0
    },
    async resume() {
      await ready()
      return (await query(unsetSql)).length > 0
    },
    async pausedSince() {
      await ready()
      const [row] = await query(readSql)
      return row ? Number(row.since) : undefined
    },
  }
}
