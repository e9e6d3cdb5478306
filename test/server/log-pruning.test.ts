import { statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Deliver } from '../../src/server/outbox.ts'
import type { UnsentEvent } from '../../src/store/event-log.ts'
import { openTables } from '../../src/store/sqlite/outbox-tables.ts'
import { createSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { logged, logOf, partOf } from './log-contract.ts'
import { pixelId } from './node-requests.ts'
import { day, newPath, purchase, soon } from './outbox-kit.ts'
import { createSmallDisk } from './small-disk.ts'

const window = { mergeOrders: 0 }
const poll = { timeout: 30_000 }

function openStore(options: Partial<SqliteStoreOptions> & { path: string }): Store {
  const store = createSqliteStore({ pixelId, retryAfter: soon, ...options })
  onTestFinished(() => store.close())
  return store
}

const filtered = (event_id: string): UnsentEvent => ({
  ...{ eventName: 'Viewed Product', event: '', status: 'filtered', reason: 'filter for Viewed Product: vip is_set' },
  event_id,
})

/** Adds lines of events that are not sent, in requests of a thousand. */
async function addLines(store: Store, count: number): Promise<void> {
  for (let added = 0; added < count; added += 1000) {
    const unsent = Array.from({ length: 1000 }, (_, index) => filtered(`${added + index}-8d2f1c9e-4a47-4b9e-9a0a`))
    await store.add([], window, { log: partOf(0, { unsent }) })
  }
}

const idsOf = async (store: Store) => (await logOf(store).lines({ limit: 1000 })).map(({ event_id }) => event_id)
const linesCounted = async (store: Store) =>
  (await logOf(store).summary(0, 0)).hours.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0)

test('lines and counts are deleted after the days of the config', async () => {
  let now = Date.parse('2026-03-01T12:00:00Z')
  const store = openStore({ path: newPath(), now: () => now })
  await store.add([], window, { log: partOf(0, { unsent: [filtered('old')] }) })
  now += 6 * day
  await store.add([], window, { log: partOf(0, { unsent: [filtered('young')] }) })
  now += day
  await store.add([], window, { log: partOf(0, { unsent: [filtered('new')] }) })
  store.start(async () => [], { ...window, log: { days: 7 } })
  await vi.waitFor(async () => expect(await idsOf(store)).toEqual(['new', 'young']), poll)
  expect(await linesCounted(store)).toBe(2)
})

test('a clock that is years ahead deletes no line', async () => {
  let now = Date.parse('2026-03-01T12:00:00Z')
  const store = openStore({ path: newPath(), now: () => now })
  await store.add([], window, { log: partOf(0, { unsent: [filtered('1')] }) })
  now += 1000 * day
  store.start(async (events) => events.map(() => 'done'), window)
  await store.add([purchase('later', { expires: now / 1000 + 1000 })], window)
  await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 1 })
  expect(await idsOf(store)).toEqual(['1'])
})

test('the oldest lines are deleted when the log is larger than its limit, and the counts stay', async () => {
  const path = newPath()
  const store = openStore({ path })
  await addLines(store, 8000)
  store.start(async () => [], { ...window, log: { maxBytes: 500_000 } })
  const oldest = async () => (await logOf(store).lines({ id: '0-8d2f1c9e-4a47-4b9e-9a0a' })).length
  await vi.waitFor(async () => expect(await oldest()).toBe(0), poll)
  expect((await idsOf(store))[0]).toBe('7999-8d2f1c9e-4a47-4b9e-9a0a')
  expect(await linesCounted(store)).toBe(8000)
})

test('a line that is too old is deleted although its event waits, and the event is delivered', async () => {
  let now = Date.parse('2026-03-01T12:00:00Z')
  const store = openStore({ path: newPath(), now: () => now })
  const expires = now / 1000 + 1_000_000
  await store.add([logged('old', { expires })], window, { log: partOf(1) })
  now += 2 * day
  await store.add([logged('new', { expires })], window, { log: partOf(1) })
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const deliver: Deliver = async (events) => {
    await answered
    return events.map(() => 'done')
  }
  store.start(deliver, { ...window, log: { days: 1 } })
  await vi.waitFor(async () => expect(await idsOf(store)).toEqual(['new']), poll)
  expect(await logOf(store).lines({ id: 'old' })).toEqual([])
  answer()
  await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2 })
  expect(await idsOf(store)).toEqual(['new'])
  expect(await linesCounted(store)).toBe(1)
})

/** Adds lines of events that are sent. */
async function addSent(store: Store, count: number): Promise<void> {
  store.start(async (events) => events.map(() => 'done'), window)
  for (let added = 0; added < count; added += 1000) {
    const events = Array.from({ length: 1000 }, () => logged(crypto.randomUUID()))
    await store.add(events, window, { log: partOf(1000) })
  }
  // Their rows are deleted in the same transaction.
  await expect.poll(() => logOf(store).lines({ status: 'waiting' }), poll).toEqual([])
}

test.each([
  ['that are not sent', addLines],
  ['that are sent', addSent],
])('the estimated size of the log is near its real size, with events %s', async (_, add) => {
  const path = newPath()
  const store = openStore({ path })
  await add(store, 1000)
  const tables = openTables(path)
  const [size, estimate] = [tables.space().used, tables.logBytes()]
  await add(store, 20_000)
  const real = tables.space().used - size
  const estimated = tables.logBytes() - estimate
  tables.close()
  expect(estimated / real).toBeGreaterThan(0.75)
  expect(estimated / real).toBeLessThan(1.33)
})

test('the lines of erased events take room in the log', async () => {
  const path = newPath()
  const store = openStore({ path })
  await store.add([logged('1'), logged('2')], window, { log: partOf(2) })
  const tables = openTables(path)
  onTestFinished(() => tables.close())
  expect(tables.logBytes()).toBe(0)
  expect(tables.removeWaiting([1, 2])).toBe(2)
  expect(tables.logBytes()).toBeGreaterThan(2 * 90)
  expect(await idsOf(store)).toEqual(['2', '1'])
})

test('the log takes no room from events', async () => {
  const path = newPath()
  const store = openStore({ path, maxBytes: 400_000, reserveBytes: 0 })
  await addLines(store, 10_000)
  expect(statSync(path).size + statSync(`${path}-wal`).size).toBeGreaterThan(1_000_000)
  const events = Array.from({ length: 50 }, (_, index) => logged(String(index)))
  expect(await store.add(events, window, { log: partOf(50) })).toHaveLength(50)
})

test('on a full disk, the oldest lines are deleted to make room for events', async (context) => {
  const disk = createSmallDisk(context, 100_000_000)
  const path = join(disk, 'converge.db')
  const reserveBytes = 40_000_000
  const store = openStore({ path, reserveBytes })
  await addLines(store, 60_000)
  const free = () => {
    const { bavail, bsize } = statfsSync(disk)
    return bavail * bsize
  }
  writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, free() - reserveBytes - 100_000)))
  const events = () => Array.from({ length: 500 }, () => logged(crypto.randomUUID()))
  const oldest = () => logOf(store).lines({ id: '0-8d2f1c9e-4a47-4b9e-9a0a' })
  let requests = 0
  // Free pages of the file and of its log are used first.
  while (requests < 10 || (requests < 100 && (await oldest()).length)) {
    requests++
    await store.add(events(), window, { log: partOf(500) })
  }
  expect(await store.stats()).toMatchObject({ waiting: requests * 500 })
  expect(await oldest()).toEqual([])
})
