// Several forwarders on one database.
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Deliver, OutboxEvent } from '../../src/server/outbox.ts'
import { openPostgresEngine } from '../../src/store/postgres/postgres-engine.ts'
import { type Migration, migrations } from '../../src/store/postgres/postgres-schema.ts'
import { pixelId } from '../server/node-requests.ts'
import { numbered, purchase, soon } from '../server/outbox-kit.ts'
import { createDatabase, hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const window = { mergeOrders: 60 }
const poll = { timeout: 30_000 }
const url = `${serverUrl}/postgres`
const idsOf = (events: readonly OutboxEvent[]) => events.map(({ data }) => data.event_id)

/** Records the delivered events, and answers `done`. */
function createTaker(answer?: Promise<unknown>) {
  const ids: string[] = []
  const deliver: Deliver = async (events) => {
    ids.push(...idsOf(events))
    await answer
    return events.map(() => 'done')
  }
  return { ids, deliver }
}

describe.runIf(hasPostgres)('several forwarders on one PostgreSQL', () => {
  test('share a backlog, so that each event is sent by one of them', async () => {
    const schema = newSchema()
    const stores = [openStore(url, { schema }), openStore(url, { schema }), openStore(url, { schema })]
    await stores[0]?.add(numbered(5000), window)
    let answer = () => {}
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const takers = stores.map(() => createTaker(answered))
    for (const [index, store] of stores.entries()) store.start(takers[index]?.deliver ?? expect.fail(), window)
    // The first call of each has at most 1,000 events.
    await expect.poll(() => takers.every(({ ids }) => ids.length > 0), poll).toBe(true)
    answer()
    await expect.poll(() => stores[0]?.stats(), poll).toMatchObject({ waiting: 0, sent: 5000 })
    const all = takers.flatMap(({ ids }) => ids)
    expect(new Set(all).size).toBe(5000)
    expect(all).toHaveLength(5000)
  })

  test('take over the events of one that is killed, but not before its lease ends', async () => {
    const schema = newSchema()
    const dead = openPostgresEngine({ url, pixelId, schema, leaseSeconds: 3, log: () => {} })
    await dead.ready()
    await dead.add([purchase('1')], window)
    const sent = createTaker()
    // It takes the event, and renews no lease, as a killed process does not.
    await runSql(
      url,
      `INSERT INTO ${schema}.leases SELECT id, gen_random_uuid(), clock_timestamp() + interval '1.5 s' FROM ${schema}.waiting`,
    )
    await dead.close()
    const other = openStore(url, { schema })
    const started = performance.now()
    other.start(sent.deliver, window)
    await other.add([purchase('2')], window)
    await expect.poll(() => sent.ids, poll).toEqual(['2'])
    await expect.poll(() => sent.ids, poll).toEqual(['2', '1'])
    expect(performance.now() - started).toBeGreaterThan(1000)
  })

  test('keep the events of one that is slow, however long TikTok takes', async () => {
    const schema = newSchema()
    let finish = () => {}
    const slow = createTaker(new Promise<void>((resolve) => (finish = resolve)))
    const first = openStore(url, { schema, leaseSeconds: 1 })
    await first.add([purchase('1')], window)
    first.start(slow.deliver, window)
    await expect.poll(() => slow.ids, poll).toEqual(['1'])
    const other = createTaker()
    const second = openStore(url, { schema, leaseSeconds: 1 })
    second.start(other.deliver, window)
    await pause(2500)
    expect(other.ids).toEqual([])
    finish()
    await expect.poll(first.stats, poll).toMatchObject({ waiting: 0, sent: 1 })
  })

  test('change nothing with outcomes that one records after another has taken its events', async () => {
    const schema = newSchema()
    let finish = () => {}
    const slow = createTaker(new Promise<void>((resolve) => (finish = resolve)))
    const first = openStore(url, { schema })
    await first.add([purchase('1')], window)
    first.start(slow.deliver, window)
    await expect.poll(() => slow.ids, poll).toEqual(['1'])
    await runSql(url, `UPDATE ${schema}.leases SET lease = gen_random_uuid()`)
    finish()
    await first.close()
    const second = openStore(url, { schema })
    expect(await second.stats()).toMatchObject({ waiting: 1, sent: 0 })
  })

  test('take over the events of one that closes, at once', async () => {
    const schema = newSchema()
    const first = openStore(url, { schema })
    await first.add([purchase('1')], window)
    const taken: string[] = []
    first.start(async (events, signal) => {
      taken.push(...idsOf(events))
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      return events.map(() => 'retry')
    }, window)
    await expect.poll(() => taken, poll).toEqual(['1'])
    await first.close()
    const other = createTaker()
    const second = openStore(url, { schema })
    second.start(other.deliver, window)
    // A lease lasts 30 s.
    await expect.poll(() => other.ids, { timeout: 15_000 }).toEqual(['1'])
  })

  test('all stop when TikTok refuses the token of one, and all continue when TikTok accepts it again', async () => {
    const schema = newSchema()
    const calls = [0, 0]
    let isRefused = true
    const stores = [0, 1].map(() => openStore(url, { schema, retryAfter: { first: 300, longest: 600 } }))
    const delivering = (index: number): Deliver => {
      return async (events) => {
        calls[index] = (calls[index] ?? 0) + 1
        if (isRefused) for (const event of events) event.problem = 'The token is wrong.'
        return events.map(() => (isRefused ? 'stop' : 'done'))
      }
    }
    await stores[0]?.add(numbered(10), window)
    stores[0]?.start(delivering(0), window)
    for (const store of stores) await expect.poll(store.stats, poll).toMatchObject({ stopped: 'The token is wrong.' })
    stores[1]?.start(delivering(1), window)
    const [before, start] = [Number(calls[0]) + Number(calls[1]), performance.now()]
    await pause(2500)
    // One call for all of them in each pause.
    const pauses = (performance.now() - start) / 600
    expect(Number(calls[0]) + Number(calls[1]) - before).toBeLessThanOrEqual(Math.ceil(pauses) + 1)
    isRefused = false
    for (const store of stores)
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 10, stopped: undefined })
  })

  test('merge two copies of an order that arrive at two of them at once, or send it once', async () => {
    const schema = newSchema()
    const [one, two] = [openStore(url, { schema }), openStore(url, { schema })]
    await Promise.all([one.schemaVersion(), two.schemaVersion()])
    const order = (source: 'page' | 'signed', id: string): OutboxEvent =>
      purchase(id, { order: true, orderName: 'Placed Order', source })
    for (let round = 0; round < 40; round++) {
      const results = await Promise.all([
        one.add([order('page', `${round}`)], window),
        two.add([order('signed', `${round}`)], window),
      ])
      expect(results.flat().sort()).toEqual(['kept', 'merged'])
      const again = await Promise.all([
        one.add([order('signed', `${round}`)], window),
        two.add([order('signed', `${round}`)], window),
      ])
      expect(again.flat()).toEqual(['already_sent', 'already_sent'])
    }
    expect(await one.stats()).toMatchObject({ waiting: 40, orders: { merged: 40 } })
  })

  test('accept the same events in any order at the same time', async () => {
    const schema = newSchema()
    const stores = [1, 2, 3, 4].map(() => openStore(url, { schema }))
    const events = numbered(300)
    const results = await Promise.all(
      stores.map((store, index) => store.add(index % 2 ? [...events].reverse() : events, window)),
    )
    expect(results.flat().filter((result) => result === 'kept')).toHaveLength(300)
    expect(await stores[0]?.stats()).toMatchObject({ waiting: 300 })
  })

  test('all start if ten of them start at once on an empty database', async () => {
    const database = await createDatabase()
    const stores = Array.from({ length: 10 }, () => openStore(database))
    await Promise.all(stores.map((store, index) => store.add([purchase(`${index}`)], window)))
    for (const store of stores) expect(await store.schemaVersion()).toBe(migrations.length)
    expect(await stores[9]?.stats()).toMatchObject({ waiting: 10 })
  })

  test('keep working beside one of a later version, but no further one of this version starts', async () => {
    const database = await createDatabase()
    const open = (steps: readonly Migration[]) => {
      const options = { url: database, pixelId, retryAfter: soon, log: () => {}, migrations: steps }
      const engine = openPostgresEngine(options)
      onTestFinished(() => engine.close())
      return engine
    }
    const next: Migration = (schema) => `ALTER TABLE ${schema}.waiting ADD COLUMN note text`
    const former = open(migrations)
    expect(await former.add([purchase('1')], window)).toEqual(['kept'])
    const current = open([...migrations, next])
    expect(await current.schemaVersion()).toBe(migrations.length + 1)
    expect(await former.add([purchase('2'), purchase('3', { order: true })], window)).toEqual(['kept', 'kept'])
    expect(await current.add([purchase('2'), purchase('3', { order: true })], window)).toEqual([
      'already_sent',
      'already_sent',
    ])
    const taker = createTaker()
    former.start(taker.deliver, window)
    await expect.poll(current.stats, poll).toMatchObject({ waiting: 0, sent: 3 })
    await expect(open(migrations).ready()).rejects.toThrow(/created by a later version of converge-tiktok/)
  })

  test('a schema of other tables, of another pixel, or with a name that needs quotes is refused and not changed', async () => {
    const database = await createDatabase()
    await runSql(database, 'CREATE TABLE public.orders (id integer)')
    await expect(openStore(database, { schema: 'public' }).add([purchase('1')], window)).rejects.toThrow(
      /the schema public of \S+ contains other tables. It was not changed/,
    )
    await openStore(database).add([purchase('1')], window)
    await expect(openStore(database, { pixelId: 'CJQBODJC77UB4MRTGFRX' }).stats()).resolves.toMatchObject({
      stopped: expect.stringMatching(/contains events of pixel CJQBODJC77UB4MRTGFRF/),
    })
    expect(() => openStore(database, { schema: 'a"; DROP TABLE x' })).toThrow(/Use up to 63 lowercase letters/)
    expect(await runSql(database, "SELECT nspname FROM pg_namespace WHERE nspname = 'converge'")).toHaveLength(1)
  })
})
