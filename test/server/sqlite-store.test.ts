import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { openExport } from '../../src/store/sqlite/export-rows.ts'
import { countLines } from '../../src/store/sqlite/log-person.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { logged, partOf, testEventLog } from './log-contract.ts'
import { pixelId } from './node-requests.ts'
import { testOutbox } from './outbox-contract.ts'
import { day, newPath, numbered, open, purchase, soon } from './outbox-kit.ts'
import { listOf, testStore } from './store-contract.ts'

function openStore(path: string, now?: () => number): Store {
  const store = createSqliteStore({ path, pixelId, retryAfter: soon, ...(now && { now }) })
  onTestFinished(() => store.close())
  return store
}

testStore('a SQLite store', () => {
  const path = newPath()
  return { open: (now) => openStore(path, now) }
})

testEventLog('a SQLite store', () => {
  const path = newPath()
  return { open: (now) => openStore(path, now) }
})

testOutbox('a SQLite outbox', () => open(newPath()))

// Written at noon by the outbox of format 1. It has an order that both sides sent and TikTok received, a refused order, and an
// event that came too late. An order that was delayed for a minute, an order from both sides and an event wait.
const version1 = fileURLToPath(new URL('fixtures/outbox-version-1.db', import.meta.url))
const noon = Date.parse('2026-03-01T12:00:00Z')

function copyOfVersion1(): string {
  const path = newPath()
  copyFileSync(version1, path)
  return path
}

const rowsOf = (path: string, query: string) => {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare(query).all()
  database.close()
  return rows
}

test('a file of format 1 opens, migrates and delivers its events, and a copy of it is kept', async () => {
  const path = copyOfVersion1()
  let now = noon + 1000
  // Its own pauses: what was put off for longer than ever would be due.
  const store = createSqliteStore({ path, pixelId, now: () => now })
  onTestFinished(() => store.close())
  expect(await store.stats()).toMatchObject({ waiting: 5, sent: 2, orders: { merged: 0 } })
  expect((await listOf(store.deadLetters())).map(({ event_id }) => event_id)).toEqual(['late', 'refused'])
  const delivered: OutboxEvent[] = []
  store.start(
    async (events) => {
      delivered.push(...events)
      return events.map(() => 'done')
    },
    { mergeOrders: 60 },
  )
  const told = () => delivered.map(({ data, source }) => `${data.event} ${data.event_id} ${source}`)
  const waiting = ['Purchase 1001 page', 'NewCustomerPurchase 1001 page', 'Purchase 1001 signed', 'AddToCart cart page']
  await expect.poll(told).toEqual(waiting)
  now += 60_000
  await expect.poll(told).toEqual([...waiting, 'Purchase put-off signed'])
  // Its orders are still known, with the side that sent each.
  const sent = { order: true, orderName: 'Placed Order', expires: now / 1000 + 1000 }
  const again = [purchase('sent', { ...sent, source: 'signed' }), purchase('sent', { ...sent, source: 'page' })]
  expect(await store.add(again, { mergeOrders: 60 })).toEqual(['already_sent', 'already_sent'])
  expect(await store.requeue('all')).toBe(1)
  await expect.poll(() => told().at(-1)).toBe('Purchase refused signed')
  await store.close()
  expect(rowsOf(path, 'SELECT * FROM pragma_user_version')).toEqual([{ user_version: 6 }])

  const copy = `${path}-version-1`
  expect(rowsOf(copy, 'SELECT * FROM pragma_application_id, pragma_user_version')).toEqual([
    { application_id: 0x43765454, user_version: 1 },
  ])
  for (const table of ['waiting', 'dead_letters', 'orders', 'totals', 'owner'])
    expect(rowsOf(copy, `SELECT * FROM ${table}`)).toEqual(rowsOf(version1, `SELECT * FROM ${table}`))
})

// Written at noon by the formats 3 and 5, with their event log. TikTok has received one event and refused one. A third one waits.
const version3 = fileURLToPath(new URL('fixtures/database-version-3.db', import.meta.url))
const version5 = fileURLToPath(new URL('fixtures/database-version-5.db', import.meta.url))

test.each([3, 4, 5])(
  'a file of format %i opens with its event log, keeps its events and can remember alerts',
  async (format) => {
    const path = newPath()
    copyFileSync(format === 5 ? version5 : version3, path)
    if (format === 4) {
      const former = new DatabaseSync(path)
      former.exec(`CREATE TABLE alerts (cause TEXT PRIMARY KEY, sentence TEXT NOT NULL) STRICT, WITHOUT ROWID;
      PRAGMA user_version = 4`)
      former.close()
    }
    const store = createSqliteStore({ path, pixelId, retryAfter: soon, now: () => noon + 60_000 })
    onTestFinished(() => store.close())
    const statuses = async () => (await store.log?.lines({}))?.map(({ status }) => status)
    expect(await statuses()).toEqual(['waiting', 'failure', 'success'])
    const ids = (await store.log?.lines({}))?.map(({ event_id }) => event_id) ?? []
    const find = async () => (await store.log?.find(ids))?.map(({ event_id }) => event_id)
    expect(await find()).toEqual(ids)
    store.start(async (events) => events.map(() => 'done'), { mergeOrders: 0 })
    await expect.poll(statuses).toEqual(['success', 'failure', 'success'])
    expect(await find()).toEqual(ids)
    const alerts = new Map([['deliveryStopped', 'Delivery stopped.']])
    await store.postedAlerts?.write(alerts)
    expect(await store.postedAlerts?.read()).toEqual(alerts)
  },
)

test('a server that goes on with a file after an interrupted move counts each line once', async () => {
  const path = newPath()
  const store = openStore(path)
  await store.add([logged('1'), logged('2')], { mergeOrders: 0 }, { log: partOf(2) })
  await store.close()
  openExport(path).close()
  const after = openStore(path)
  const counts = async () =>
    (await after.log?.summary(0, 0))?.hours.flatMap(({ counts }) => counts.map(({ status, count }) => [status, count]))
  expect(await counts()).toEqual([['waiting', 2]])
  expect(await after.log?.lines({})).toHaveLength(2)
  after.start(async (events) => events.map(() => 'done'), { mergeOrders: 0 })
  await expect.poll(counts).toEqual([['success', 2]])
})

test('an event that comes during a move is moved with its line', async () => {
  const path = newPath()
  const store = openStore(path)
  await store.add([logged('1')], { mergeOrders: 0 }, { log: partOf(1) })
  const file = openExport(path)
  onTestFinished(() => file.close())
  await store.add([logged('2')], { mergeOrders: 0 }, { log: partOf(1) })
  const lines = file.log.lines(0)
  expect(lines.map(({ event_id, status }) => [event_id, status])).toEqual([
    ['1', 0],
    ['2', 0],
  ])
  expect(file.nextChunk('waiting')?.rows.map(({ line }) => line)).toEqual(lines.map(({ id }) => id))
  expect(file.log.countsOfDeleted()).toEqual([])
})

test('after a write that failed twice on a full disk, new lines have their source and name', async () => {
  const store = openStore(newPath())
  const add = (id: string) => store.add([logged(id)], { mergeOrders: 0 }, { log: partOf(1) })
  const { exec } = DatabaseSync.prototype
  const failing = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    if (sql === 'COMMIT') throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    exec.call(this, sql)
  })
  await expect(add('1')).rejects.toThrow('full')
  expect(failing.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(2)
  failing.mockRestore()
  await add('2')
  expect(await store.log?.lines({})).toMatchObject([{ event_id: '2', source: 'web', eventName: 'Placed Order' }])
})

test('"forget --dry-run" counts the lines of events that wait, too', async () => {
  const path = newPath()
  const store = openStore(path)
  await store.add([logged('1'), logged('2', { user: {} })], { mergeOrders: 0 }, { log: partOf(2) })
  await store.close()
  const database = new DatabaseSync(path, { readOnly: true })
  onTestFinished(() => database.close())
  const jane = { emails: ['a'.repeat(64)], phones: [], customerIds: [], orderIds: [] }
  expect(countLines(database, jane)).toBe(1)
  const ofVersion5 = newPath()
  copyFileSync(version5, ofVersion5)
  const former = new DatabaseSync(ofVersion5, { readOnly: true })
  onTestFinished(() => former.close())
  expect(countLines(former, jane)).toBe(3)
})

test('a file that cannot be copied before its migration is not changed, and the error says so', () => {
  const path = copyOfVersion1()
  mkdirSync(`${path}-version-1`)
  writeFileSync(`${path}-version-1/file`, '')
  const before = readFileSync(path)
  expect(() => openStore(path)).toThrow(
    `converge-tiktok: ${path} must be updated, but could not be copied to ${path}-version-1 first`,
  )
  expect(readFileSync(path)).toEqual(before)
})

test('a file of the current format is not copied when it is opened again', async () => {
  const path = newPath()
  for (let round = 0; round < 2; round++) await openStore(path).close()
  for (const version of [0, 1, 2, 3, 4, 5]) expect(existsSync(`${path}-version-${version}`)).toBe(false)
})

test('events that a process of the previous version writes at the same time are delivered', async () => {
  const path = copyOfVersion1()
  const former = new DatabaseSync(path)
  const insert = former.prepare(
    'INSERT INTO waiting (event, event_id, origin, added, expires, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const store = openStore(path)
  const event = purchase('from the former', { source: 'page' })
  insert.run('Purchase', 'from the former', 'page', Date.now(), event.expires, JSON.stringify(event))
  const ids: string[] = []
  store.start(
    async (events) => {
      ids.push(...events.map(({ data }) => data.event_id))
      return events.map(() => 'done')
    },
    { mergeOrders: 60 },
  )
  await expect.poll(() => ids).toContain('from the former')
  former.close()
})

test('a dead letter is kept for 30 days', async () => {
  let now = Date.now()
  const path = newPath()
  const refuse = async (store: Store, id: string) => {
    store.start(async (events) => events.map(() => 'dead'), { mergeOrders: 0 })
    await store.add([purchase(id, { expires: now / 1000 + 1000 })], { mergeOrders: 0 })
    await expect.poll(store.stats).toMatchObject({ waiting: 0 })
    await store.close()
  }
  await refuse(
    openStore(path, () => now),
    'old',
  )
  now += 30 * day
  await refuse(
    openStore(path, () => now),
    'new',
  )
  const ids = async () => (await listOf(openStore(path, () => now).deadLetters())).map(({ event_id }) => event_id)
  expect(await ids()).toEqual(['old', 'new'])
  await refuse(
    openStore(path, () => now),
    'newer',
  )
  expect(await ids()).toEqual(['new', 'newer'])
})

test('the history of customers takes no room from events', async () => {
  const maxBytes = 1_000_000
  const store = createSqliteStore({ path: newPath(), pixelId, maxBytes, reserveBytes: 0 })
  onTestFinished(() => store.close())
  const orders = Array.from({ length: 12_000 }, (_, index) => ({
    ...{ id: `order-${index}`, time: Date.now() - index, isCovered: true, rows: [] },
    person: { email: index.toString(16).padStart(64, '0') },
  }))
  await store.add([], { mergeOrders: 0 }, { history: { orders } })
  const results = await store.add(numbered(100), { mergeOrders: 0 })
  expect(new Set(results)).toEqual(new Set(['kept']))
})
