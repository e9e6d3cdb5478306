import type { PostedAlerts } from '../posted-alerts.ts'
import type { Connections } from './connections.ts'

/** `schema` is quoted. `ready` resolves once the tables exist. */
export function createPostedAlerts(
  { query, transaction }: Connections,
  schema: string,
  ready: () => Promise<void>,
): PostedAlerts {
  const insertSql = `INSERT INTO ${schema}.alerts (cause, sentence)
    SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (cause) DO UPDATE SET sentence = excluded.sentence`
  return {
    async read() {
      await ready()
      const rows = await query(`SELECT cause, sentence FROM ${schema}.alerts ORDER BY cause`)
      return new Map(rows.map(({ cause, sentence }) => [String(cause), String(sentence)] as const))
    },
    async write(sentences) {
      await ready()
      await transaction(async (query) => {
        await query(`DELETE FROM ${schema}.alerts`)
        await query(insertSql, [[...sentences.keys()], [...sentences.values()]])
      })
    },
  }
}
