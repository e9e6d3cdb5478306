import { type Deliver, type Outbox, type OutboxEvent, OutboxFull } from '../../src/server/outbox.ts'

export interface MemoryOutbox extends Outbox {
  readonly kept: OutboxEvent[]
  /** The arguments of each start. */
  readonly started: Deliver[]
  /** The fault of later calls of `add`. */
  fault: 'none' | 'full' | 'broken'
}

/** An outbox whose events a test can read. It sends nothing by itself. */
export function createMemoryOutbox(): MemoryOutbox {
  const kept: OutboxEvent[] = []
  const started: Deliver[] = []
  return {
    kept,
    started,
    fault: 'none',
    async add(events) {
      if (this.fault === 'full') throw new OutboxFull('There is no room for more events.')
      if (this.fault === 'broken') throw new Error('disk I/O error at jane@example.com')
      kept.push(...events)
    },
    start(deliver) {
      started.push(deliver)
    },
  }
}
