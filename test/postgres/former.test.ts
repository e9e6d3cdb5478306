// A database of the former version. former/schema-1.sql has its tables, and former/statements.json each statement that a forwarder
// of that version ran on them, with its rows. Both were recorded from the build of commit c425380, which knew no history of
// customers, profiles or event log. Statements in order: it adds events, sends them, and sends dead letters again.
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { migrations } from '../../src/store/postgres/postgres-schema.ts'
import { partOf } from '../server/log-contract.ts'
import { createDatabase, hasPostgres, openStore } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

type Step = 'add' | 'send' | 'retry'

interface Recorded {
  step: Step
  sql: string
  values: unknown[]
  rows: Record<string, unknown>[]
}

const readFormer = (name: string) => readFileSync(new URL(`former/${name}`, import.meta.url), 'utf8')
const statements: Recorded[] = JSON.parse(readFormer('statements.json'))
/** The clock of the recording, in milliseconds since 1970. */
const time = 1_790_000_000_000
const now = () => time
const window = { mergeOrders: 60 }

async function createFormer(): Promise<string> {
  const url = await createDatabase()
  await runSql(url, readFormer('schema-1.sql'))
  return url
}

/** A forwarder of the former version: one session that runs what it ran. */
async function openFormer(url: string) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())
  return async (...steps: Step[]): Promise<void> => {
    for (const { step, sql, values, rows } of statements) {
      if (!steps.includes(step)) continue
      const config = values.length ? { text: sql, values } : sql
      const answers = [await client.query(config)].flat()
      // The recording has the rows as JSON.
      expect([sql, JSON.parse(JSON.stringify(answers.at(-1)?.rows))]).toEqual([sql, rows])
    }
  }
}

const event = (event_id: string, more: Partial<OutboxEvent> = {}): OutboxEvent => ({
  data: {
    ...{ event: 'Purchase', event_time: time / 1000, event_id, user: {}, page: {} },
    properties: { value: 1, currency: 'EUR' },
  },
  expires: time / 1000 + 7 * 86_400,
  order: false,
  ...more,
})
const order = (id: string) => event(id, { order: true, orderName: 'Placed Order', source: 'signed' })

/** What is left when the former version has run all its statements, and what the current one does with it. */
async function expectLeft(url: string): Promise<void> {
  const store = openStore(url, { now })
  expect(await store.stats()).toMatchObject({ waiting: 3, sent: 3, dead: {}, orders: { merged: 1 } })
  expect(await store.add([order('merged'), event('later')], window)).toEqual(['already_sent', 'already_sent'])
  expect(await store.add([order('held')], window)).toEqual(['merged'])
  const sent: string[] = []
  const deliver = async (events: OutboxEvent[]) => {
    sent.push(...events.map(({ data }) => data.event_id))
    return events.map(() => 'done' as const)
  }
  await runSql(url, `UPDATE converge.waiting SET due = 0`)
  await store.drain?.(deliver, { ...window, seconds: 20 })
  expect(sent.sort()).toEqual(['bad', 'held', 'later'])
  expect(await store.stats()).toMatchObject({ waiting: 0, sent: 6 })
}

describe.runIf(hasPostgres)('a database of the former version', () => {
  test('is used by the former version as it was recorded, and is updated by the current one', async () => {
    const url = await createFormer()
    const run = await openFormer(url)
    await run('add', 'send', 'retry')
    await expectLeft(url)
  })

  test('is updated by ten forwarders that start at once, and all of them come up', async () => {
    const url = await createFormer()
    const run = await openFormer(url)
    await run('add', 'send')
    const stores = Array.from({ length: 10 }, () => openStore(url, { now }))
    const results = await Promise.all(
      stores.map((store, index) => store.add([event(`new-${index}`)], window, { log: partOf(1) })),
    )
    expect(results.flat()).toEqual(stores.map(() => 'kept'))
    for (const store of stores) expect(await store.schemaVersion()).toBe(migrations.length)
    expect(await stores[9]?.stats()).toMatchObject({ waiting: 12, sent: 3, dead: { refused: 1 } })
  })

  test.each<[part: string, before: Step[], after: Step[]]>([
    ['all', [], ['add', 'send', 'retry']],
    ['sending and retrying', ['add'], ['send', 'retry']],
    ['retrying', ['add', 'send'], ['retry']],
  ])('lets a forwarder of the former version keep running beside a current one: %s', async (_, before, after) => {
    const url = await createFormer()
    const run = await openFormer(url)
    await run(...before)
    await openStore(url, { now }).stats()
    await run(...after)
    await expectLeft(url)
  })

  test('lets a forwarder of the former version send what a current one has added, with its line of the log', async () => {
    const url = await createFormer()
    const store = openStore(url, { now })
    const ids = ['1', '2', 'bad', 'later']
    expect(
      await store.add(
        ids.map((id) => event(id)),
        window,
        { log: partOf(4) },
      ),
    ).toEqual(ids.map(() => 'kept'))
    const [take] = statements.filter(({ sql }) => sql.includes('WITH oldest'))
    const taken = await runSql(url, take?.sql ?? '', take?.values)
    expect(taken.map(({ event_id }) => event_id)).toEqual(ids)
    // It records no results in the log, which it does not know, so the lines stay as they are.
    expect((await store.log?.lines({}))?.map(({ status }) => status)).toEqual(ids.map(() => 'waiting'))
  })
})

// It counted the lines of its event log in another table. former/schema-2.sql is the SQL of commit cabc630, and joinSql one of its
// statements, which each of its forwarders runs once an hour.
const joinSql = `WITH gone AS (DELETE FROM converge.log_hours WHERE hour < $1 AND slot <> 0 RETURNING hour, key, count, value)
  INSERT INTO converge.log_hours AS known (hour, key, slot, count, value)
  SELECT hour, key, 0, sum(count), sum(value) FROM gone GROUP BY hour, key
  ON CONFLICT (hour, key, slot) DO UPDATE SET count = known.count + excluded.count, value = known.value + excluded.value`

describe.runIf(hasPostgres)('a database of version 2', () => {
  const addLine = (url: string, id: string) =>
    runSql(
      url,
      `INSERT INTO converge.log (time, source, channel, event_name, event, event_id, status, keys, is_order, value, currency)
      VALUES ($1, 'web', 'page', 'Placed Order', 'Purchase', $2, 0, 1, true, 10, 'EUR')`,
      [time, id],
    )

  test('is updated with its event log, which counts what a forwarder of both versions adds', async () => {
    const url = await createDatabase()
    await runSql(url, readFormer('schema-2.sql'))
    for (const id of ['1', '2']) await addLine(url, id)
    const stores = Array.from({ length: 10 }, () => openStore(url, { now }))
    await Promise.all(stores.map((store) => store.stats()))
    await addLine(url, '3')
    await runSql(url, joinSql, [time])
    const [store] = stores
    await store?.add([event('4')], window, { log: partOf(1) })
    expect((await store?.log?.lines({}))?.map(({ event_id }) => event_id)).toEqual(['4', '3', '2', '1'])
    const counts = await runSql(
      url,
      `SELECT sum(count)::integer AS count FROM converge.log_counts WHERE key LIKE '["line",%'`,
    )
    expect(counts).toEqual([{ count: 4 }])
    const alerts = new Map([['deliveryStopped', 'Delivery stopped.']])
    await store?.postedAlerts?.write(alerts)
    expect(await store?.postedAlerts?.read()).toEqual(alerts)
  })
})
