// Transactions that change the same events at the same time wait for each other in one order.
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { Deliver, OutboxEvent } from '../../src/server/outbox.ts'
import { partOf } from '../server/log-contract.ts'
import { purchase } from '../server/outbox-kit.ts'
import { createDatabase, hasPostgres, openStore } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const poll = { timeout: 60_000 }
const rules = { mergeOrders: 0, consent: 'implied', profiles: { days: 30, max: 10_000 }, log: {} } as const
const rounds = 60
/** Rounds with one that erases, which rewrites the tables. */
const eraseEach = 6
const visitors = 5

const nameOf = (round: number, visitor: number) => `visitor ${visitor} of round ${round}`

function eventsOf(round: number): OutboxEvent[] {
  return Array.from({ length: 60 }, (_, index) =>
    purchase(`${round}-${index}`, { order: false, source: 'page', visitor: sha256(nameOf(round, index % visitors)) }),
  )
}

describe.runIf(hasPostgres)('transactions in PostgreSQL', () => {
  test('of denials, outcomes and erasures of the same events never cancel each other', {
    timeout: 120_000,
  }, async () => {
    const database = await createDatabase()
    const stores = Array.from({ length: 3 }, () => openStore(database, { leaseSeconds: 1 }))
    const [intake, denying] = stores
    if (!intake || !denying) throw new Error('There is no store.')
    await intake.stats()
    const deliver: Deliver = async (events) => {
      await pause(Math.random() * 20)
      return events.map(() => (['done', 'done', 'dead', 'retry'] as const)[Math.floor(Math.random() * 4)] ?? 'done')
    }
    for (const store of stores) store.start(deliver, rules)
    for (let round = 0; round < rounds; round++) {
      const events = eventsOf(round)
      await intake.add(events, rules, { log: partOf(events.length) })
      await pause(Math.random() * 100)
      const denials = [0, 1].map((visitor) => ({
        keys: [`v${sha256(nameOf(round, visitor))}`] as const,
        time: Date.now(),
      }))
      const erased = sha256(nameOf(round, 2))
      await Promise.all([
        denying.add([], rules, { denials: denials.map(({ keys, time }) => ({ keys: [...keys], time })) }),
        round % eraseEach === 0 &&
          intake.erase({ emails: [], phones: [], customerIds: [erased], orderIds: [`${round}-3`] }),
        denying.requeue('all'),
      ])
    }
    await expect.poll(intake.stats, poll).toMatchObject({ waiting: 0 })
    const [row] = await runSql(database, 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')
    expect(row).toEqual({ deadlocks: '0' })
  })
})
