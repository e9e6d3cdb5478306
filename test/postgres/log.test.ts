// The event log in PostgreSQL: its retention, and several forwarders.
import { describe, expect, test } from 'vitest'
import type { LogQuery, LogRetention } from '../../src/store/event-log.ts'
import { logged, logOf, partOf } from '../server/log-contract.ts'
import { hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const url = `${serverUrl}/postgres`
const day = 86_400_000
const poll = { timeout: 30_000 }

/** A log with lines of 40 days, 200 each day. */
async function fill(schema: string, now: number): Promise<void> {
  await openStore(url, { schema }).stats()
  await runSql(
    url,
    `INSERT INTO ${schema}.log (time, source, channel, event_name, event, event_id, status, keys, is_order)
    SELECT ${now} - (8000 - n) * 432000::bigint, 'web', 'page', 'Viewed Product', 'ViewContent', n, 1, 1, false
    FROM generate_series(1, 8000) AS n`,
  )
}

async function prune(schema: string, now: number, log: LogRetention) {
  const store = openStore(url, { schema, now: () => now })
  store.start(async (events) => events.map(() => 'done'), { mergeOrders: 0, log })
  return logOf(store)
}

describe.runIf(hasPostgres)('the event log in PostgreSQL', () => {
  test('deletes lines and their counts after their days, also more than one step of them', async () => {
    const [schema, now] = [newSchema(), Date.now()]
    await fill(schema, now)
    const log = await prune(schema, now, { days: 2 })
    const linesBefore = () => log.lines({ to: now - 2 * day })
    await expect.poll(linesBefore, poll).toEqual([])
    expect((await log.lines({ limit: 1000 })).length).toBeGreaterThan(398)
    await expect.poll(async () => (await log.summary(0, 0)).hours[0]?.start, poll).toBeGreaterThan(now - 2.1 * day)
  })

  test('deletes the oldest lines if it is too large, and keeps their counts', async () => {
    const [schema, now] = [newSchema(), Date.now()]
    await fill(schema, now)
    const log = await prune(schema, now, { days: 90, maxBytes: 1_000_000 })
    await expect.poll(() => log.find(['1']), poll).toEqual([])
    expect(await log.find(['8000'])).toHaveLength(1)
    const { hours } = await log.summary(0, 0)
    expect(hours.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0)).toBe(8000)
  })

  test('a clock that is ahead deletes only lines whose days are over when the newest line arrives', async () => {
    const [schema, now] = [newSchema(), Date.now()]
    await fill(schema, now)
    const log = await prune(schema, now + 1000 * day, { days: 30 })
    await expect.poll(() => log.find(['1']), poll).toEqual([])
    expect(await log.find(['2100', '8000'])).toHaveLength(2)
  })

  test('finds rare lines among many by the counts of each hour, newest first and page by page', async () => {
    const [schema, now] = [newSchema(), Date.now()]
    await fill(schema, now)
    await runSql(
      url,
      `UPDATE ${schema}.log SET source = 'erp', event = 'Subscribe' WHERE event_id IN ('17', '4000', '7999')`,
    )
    const log = logOf(openStore(url, { schema, now: () => now }))
    const idsOf = async (query: LogQuery) => (await log.lines(query)).map(({ event_id }) => event_id)
    const [rare] = await log.lines({ source: 'erp' })
    for (const query of [{ source: 'erp' }, { event: 'Subscribe' }, { source: 'erp', status: 'success' }] as const)
      expect(await idsOf(query)).toEqual(['7999', '4000', '17'])
    expect(await idsOf({ event: 'Subscribe', before: Number(rare?.id) })).toEqual(['4000', '17'])
    expect(await idsOf({ source: 'erp', status: 'failure' })).toEqual([])
    expect(await idsOf({ source: 'web', limit: 2 })).toEqual(['8000', '7998'])
  })

  test('has every line of forwarders that write at the same time, and counts each once', async () => {
    const schema = newSchema()
    const stores = [1, 2, 3].map(() => openStore(url, { schema }))
    const events = () => Array.from({ length: 20 }, () => logged(crypto.randomUUID()))
    const rounds = Array.from({ length: 10 }, () => stores).flat()
    await Promise.all(rounds.map((store) => store.add(events(), { mergeOrders: 0 }, { log: partOf(20) })))
    for (const store of stores) store.start(async (some) => some.map(() => 'done'), { mergeOrders: 0 })
    const [first] = stores
    if (!first) throw new Error('There is no store.')
    const statuses = async () => (await logOf(first).summary(0, 0)).hours.flatMap(({ counts }) => counts)
    await expect.poll(statuses, poll).toMatchObject([{ status: 'success', count: 600 }])
    expect((await logOf(first).lines({ status: 'success', limit: 1000 })).length).toBe(600)
  })

  test('keeps texts that PostgreSQL cannot store without the characters that it refuses', async () => {
    const store = openStore(url, { schema: newSchema() })
    const [nul, half] = ['a\0b', 'c\ud800d']
    const unsent = { eventName: nul, event: half, event_id: '1', status: 'skipped', reason: `${nul}${half}` } as const
    const event = logged('2', { properties: { value: 1, currency: 'EUR', order_id: 'x'.repeat(5000) } })
    await store.add([event], { mergeOrders: 0 }, { log: { ...partOf(1), eventNames: [nul], unsent: [unsent] } })
    expect(await logOf(store).lines({})).toMatchObject([
      { event_id: '2', eventName: 'ab' },
      { event_id: '1', eventName: 'ab', event: 'c\ufffdd', reason: 'abc\ufffdd' },
    ])
  })

  test('gives the time of arrival to the delivery, for the histogram of delivery times', async () => {
    const store = openStore(url, { schema: newSchema(), now: () => 1_800_000_000_000 })
    const arrived: unknown[] = []
    await store.add([logged('1', { expires: 2e9 })], { mergeOrders: 0 })
    store.start(
      async (events) => {
        for (const event of events) arrived.push(event.arrived)
        return events.map(() => 'done')
      },
      { mergeOrders: 0 },
    )
    await expect.poll(() => arrived, poll).toEqual([1_800_000_000_000])
  })
})
