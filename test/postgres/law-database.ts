// A schema whose events are taken out by the test itself, so that no test waits for a delivery.
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { LawDatabase, OpenLawDatabase } from '../server/law-database.ts'
import { pixelId } from '../server/node-requests.ts'
import { soon } from '../server/outbox-kit.ts'
import { borrowSchema, emptySchema, serverUrl } from './postgres-kit.ts'

/** Returns a schema with empty tables. */
export function createLawSchema(): OpenLawDatabase {
  const schema = borrowSchema()
  return (clock) => openDatabase(schema, clock)
}

const url = `${serverUrl}/postgres`

function openDatabase(schema: string, now: () => number): LawDatabase {
  const store = createPostgresStore({ url, pixelId, schema, now, retryAfter: soon, log: () => {} })
  let sent: OutboxEvent[] = []
  return {
    add: store.add,
    async take(_now, _elapsed, options) {
      sent = []
      const deliver = async (events: OutboxEvent[]) => {
        sent.push(...events)
        return events.map(() => 'done' as const)
      }
      await store.drain?.(deliver, { ...options, seconds: 20 })
      return sent
    },
    clear: () => emptySchema(schema),
    stats: store.stats,
    close: store.close,
  }
}
