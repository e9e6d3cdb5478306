import type { DatabaseSync } from 'node:sqlite'
import type { OrderTrace, OrderTraces } from '../order-traces.ts'
import { whenFree } from './sqlite.ts'

export function createOrderTraces(database: DatabaseSync): OrderTraces {
  const prepare = (sql: string) => database.prepare(sql)
  // The order memory is sorted by name, and has few names: each is found by one step.
  const names = prepare(`WITH RECURSIVE names (name) AS (
    SELECT min(event) FROM orders
    UNION ALL SELECT (SELECT min(event) FROM orders WHERE event > name) FROM names WHERE name IS NOT NULL)
    SELECT name FROM names WHERE name IS NOT NULL`)
  const orders = prepare(
    'SELECT event_id, added, signed FROM orders WHERE event = ? AND event_id IN (SELECT value FROM json_each(?))',
  )
  const letters = prepare(
    'SELECT event_id, problem FROM dead_letters WHERE event_id IN (SELECT value FROM json_each(?)) ORDER BY id',
  )
  const latest = prepare('SELECT event_id FROM orders GROUP BY event_id ORDER BY max(max(added, signed)) DESC LIMIT ?')

  function find(ids: readonly string[]): OrderTrace[] {
    const list = JSON.stringify(ids)
    const traces = new Map<string, OrderTrace>()
    const traceOf = (id: string): OrderTrace => traces.get(id) ?? { id, page: 0, signed: 0, dead: [] }
    for (const { name } of names.all()) {
      for (const { event_id, added, signed } of orders.all(String(name), list)) {
        const trace = traceOf(String(event_id))
        const [page, source] = [Math.max(trace.page, Number(added)), Math.max(trace.signed, Number(signed))]
        traces.set(trace.id, { ...trace, page, signed: source })
      }
    }
    for (const { event_id, problem } of letters.all(list)) {
      const trace = traceOf(String(event_id))
      traces.set(trace.id, { ...trace, dead: [...trace.dead, String(problem)] })
    }
    return [...traces.values()]
  }

  return {
    find: (ids) => whenFree(() => find(ids)),
    latest: (count) => whenFree(() => latest.all(count).map(({ event_id }) => String(event_id))),
  }
}
