import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Deliver, DeliveryResult, OutboxEvent } from '../../src/server/outbox.ts'
import {
  createSqliteOutbox,
  type SqliteOutbox,
  type SqliteOutboxOptions,
} from '../../src/store/sqlite/sqlite-outbox.ts'
import { createFolder } from './node-folder.ts'

export const day = 86_400_000
export const soon = { first: 5, longest: 20 }

export const newPath = () => join(createFolder(), 'outbox.db')

export function open(path: string, options: Partial<SqliteOutboxOptions> = {}): SqliteOutbox {
  const outbox = createSqliteOutbox({ path, retryAfter: soon, ...options })
  onTestFinished(() => outbox.close())
  return outbox
}

export function purchase(event_id: string, more: Partial<OutboxEvent> = {}): OutboxEvent {
  const event_time = Math.floor(Date.now() / 1000)
  const data = {
    event: 'Purchase',
    event_time,
    event_id,
    user: {},
    page: {},
    properties: { value: 1, currency: 'EUR' },
  }
  return { data, expires: event_time + 7 * 86_400, order: false, ...more }
}

export const numbered = (count: number) => Array.from({ length: count }, (_, index) => purchase(String(index)))

/** Gives all events of a batch the same result, and records their IDs. */
export function answering(result: (event: OutboxEvent, batch: number) => DeliveryResult) {
  const batches: string[][] = []
  const deliver: Deliver = async (events) => {
    batches.push(events.map(({ data }) => data.event_id))
    return events.map((event) => result(event, batches.length))
  }
  return { batches, deliver }
}
