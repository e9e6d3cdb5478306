import type { Connections, Row } from './connections.ts'

/** What all forwarders of a database know about TikTok. */
export interface SharedState {
  /** Why nothing is sent until somebody fixes the configuration. */
  stopped: string | undefined
  /** How often TikTok failed in a row. */
  failures: number
  /** Milliseconds until somebody may send. */
  hold: number
}

export const stateSql = (schema: string): string => `SELECT stopped, failures,
  CASE WHEN hold_until > clock_timestamp() THEN extract(epoch FROM hold_until - clock_timestamp()) * 1000 ELSE 0 END AS hold
  FROM ${schema}.delivery`

export const toState = (row: Row | undefined): SharedState => ({
  stopped: typeof row?.stopped === 'string' ? row.stopped : undefined,
  failures: Number(row?.failures ?? 0),
  hold: Number(row?.hold ?? 0),
})

export function createSharedState(connections: Connections, schema: string) {
  const clearSql = `UPDATE ${schema}.delivery SET stopped = NULL, failures = 0, hold_until = '-infinity' WHERE failures > 0`
  const holdSql = `UPDATE ${schema}.delivery
    SET stopped = $1, failures = $2, hold_until = clock_timestamp() + make_interval(secs => $3)`
  const freeSql = `UPDATE ${schema}.delivery SET hold_until = '-infinity' WHERE failures > 0`

  return {
    /** Records for all forwarders that TikTok accepts events. */
    async clear(): Promise<void> {
      await connections.query(clearSql)
    },

    /** Records for all forwarders that TikTok failed. Nobody sends for so many milliseconds. */
    async hold({ stopped, failures, hold }: SharedState): Promise<void> {
      await connections.query(holdSql, [stopped?.replaceAll('\0', '') ?? null, failures, hold / 1000])
    },

    /** Lets another forwarder find out whether TikTok works again, because this one could not ask. */
    async free(): Promise<void> {
      await connections.query(freeSql)
    },
  }
}

export type SharedDelivery = ReturnType<typeof createSharedState>
