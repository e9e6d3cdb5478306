import type { DatabaseSync } from 'node:sqlite'
import { createTraces, type OrderTrace, type OrderTraces } from '../order-traces.ts'
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
    const traces = createTraces()
    for (const { name } of names.all()) {
      for (const { event_id, added, signed } of orders.all(String(name), list))
        traces.addOrder(String(event_id), { page: Number(added), signed: Number(signed) })
    }
    for (const { event_id, problem } of letters.all(list)) traces.addDead(String(event_id), String(problem))
    return traces.list()
  }

  return {
    find: (ids) => whenFree(() => find(ids)),
    latest: (count) => whenFree(() => latest.all(count).map(({ event_id }) => String(event_id))),
  }
}
