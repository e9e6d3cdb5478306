import { createTraces, type OrderTraces } from '../order-traces.ts'
import type { Query } from './connections.ts'

/** `schema` is quoted. `ready` resolves once the tables exist. */
export function createOrderTraces(query: Query, schema: string, ready: () => Promise<void>): OrderTraces {
  const ordersSql = `SELECT event_id, added, signed FROM ${schema}.orders WHERE event_id = ANY($1)`
  const lettersSql = `SELECT event_id, problem FROM ${schema}.dead_letters WHERE event_id = ANY($1) ORDER BY id`
  const latestSql = `SELECT event_id FROM ${schema}.orders GROUP BY event_id ORDER BY max(greatest(added, signed)) DESC LIMIT $1`
  return {
    async find(ids) {
      await ready()
      const traces = createTraces()
      for (const { event_id, added, signed } of await query(ordersSql, [ids]))
        traces.addOrder(String(event_id), { page: Number(added), signed: Number(signed) })
      for (const { event_id, problem } of await query(lettersSql, [ids]))
        traces.addDead(String(event_id), String(problem))
      return traces.list()
    },
    async latest(count) {
      await ready()
      return (await query(latestSql, [count])).map(({ event_id }) => String(event_id))
    },
  }
}
