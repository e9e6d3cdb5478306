// How many profiles there are: new ones in a minute, all together, and on a full disk.
import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { createNewProfileLimit } from '../../src/store/new-profile-limit.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { MergeOptions } from '../../src/store/store.ts'
import { createLawFile } from './law-database.ts'
import { logOf, partOf } from './log-contract.ts'
import { pixelId } from './node-requests.ts'
import { newPath, numbered, purchase, soon } from './outbox-kit.ts'
import { anna, cart } from './profile-kit.ts'
import { startShop } from './profile-shop.ts'
import { createSmallDisk } from './small-disk.ts'

const options: MergeOptions = { mergeOrders: 0, profiles: { days: 30, max: 1e6 } }
const perMinute = 30_000

function pageEvent(name: string): OutboxEvent {
  const event = purchase(name, { source: 'page', visitor: sha256(name) })
  return { ...event, data: { ...event.data, user: { ttclid: `click of ${name}` } } }
}

const pageEvents = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => pageEvent(`visitor ${from + index}`))

const orderOf = (id: string, user: OutboxEvent['data']['user'], visitor?: string): OutboxEvent => {
  const event = purchase(id, { source: 'signed', ...(visitor && { visitor }) })
  return { ...event, data: { ...event.data, user } }
}

test('a minute allows 30,000 new profiles, and the next one as many again', () => {
  let time = 0
  const mayCreate = createNewProfileLimit(() => time)
  const allowed = () => Array.from({ length: perMinute + 5 }, mayCreate).filter(Boolean).length
  expect(allowed()).toBe(perMinute)
  time = 59_999
  expect(mayCreate()).toBe(false)
  time = 60_000
  expect(allowed()).toBe(perMinute)
})

test('after 30,000 new visitors in a minute pages get no more profiles, and known visitors and signed sources do', async () => {
  const store = createSqliteStore({ path: newPath(), pixelId, retryAfter: soon })
  onTestFinished(() => store.close())
  const profiles = async () => (await store.stats()).profiles?.profiles
  const started = performance.now()
  for (let from = 0; from < perMinute; from += 1000) await store.add(pageEvents(from, 1000), options)
  expect(await profiles()).toBe(perMinute)
  const known = { ...pageEvent('visitor 0'), aliases: [sha256(cart)] }
  expect(await store.add([pageEvent('one too many'), known], options)).toHaveLength(2)
  expect(performance.now() - started).toBeLessThan(60_000)
  expect(await profiles()).toBe(perMinute)
  await store.add([orderOf('1001', { email: sha256('jane@example.com') })], options)
  await store.add([orderOf('1002', { email: sha256('mary@example.com') }, sha256('named'))], options)
  expect(await profiles()).toBe(perMinute + 2)
  const sent: OutboxEvent[] = []
  await store.add([{ ...orderOf('1003', {}), aliases: [sha256(cart)] }], options)
  store.start(async (events) => {
    sent.push(...events)
    return events.map(() => 'done')
  }, options)
  await expect
    .poll(() => sent.find(({ data }) => data.event_id === '1003')?.data.user.ttclid)
    .toBe('click of visitor 0')
})

test('profiles.max of the config is how many profiles there are', async () => {
  const server = startShop(createLawFile(), { profiles: { max: 2 } })
  await server.renew('1001', { $email: 'jane@example.com' })
  for (const name of ['a', 'b', 'c']) await server.postPage({ ...anna, visitor: sha256(name) })
  await server.sent('any')
  expect(await server.profiles()).toMatchObject({ profiles: 2 })
})

test('on a full disk, the lines of the log give way first, then profiles without a person, and no order is refused', async (context) => {
  const disk = createSmallDisk(context, 100_000_000)
  const reserveBytes = 30_000_000
  const store = createSqliteStore({ path: join(disk, 'converge.db'), pixelId, reserveBytes, retryAfter: soon })
  onTestFinished(() => store.close())
  const unsent = Array.from({ length: 1000 }, (_, index) => ({
    ...{
      eventName: 'Viewed Product',
      event: '',
      status: 'filtered' as const,
      reason: 'filter',
      event_id: `line ${index}`,
    },
  }))
  await store.add([], options, { log: partOf(0, { unsent }) })
  await store.add([orderOf('1001', { email: sha256('jane@example.com') })], options)
  for (let from = 0; from < 20_000; from += 1000) await store.add(pageEvents(from, 1000), options)
  const profiles = async () => (await store.stats()).profiles?.profiles ?? 0
  const hasLines = async () => (await logOf(store).lines({ id: 'line 0' })).length > 0
  const before = await profiles()
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - reserveBytes - 1_000_000)))

  let taken = 20_001
  let hadLines = true
  while (taken < 120_000 && (await profiles()) === before) {
    hadLines = await hasLines()
    const events = numbered(500).map((event) => ({ ...event, data: { ...event.data, event_id: crypto.randomUUID() } }))
    expect(await store.add(events, options)).toHaveLength(500)
    taken += 500
  }
  expect(await profiles()).toBeLessThan(before)
  expect([hadLines, await hasLines()]).not.toEqual([true, true])
  expect(await store.stats()).toMatchObject({ waiting: taken })
  const person = { emails: [sha256('jane@example.com')], phones: [], customerIds: [], orderIds: [] }
  expect(await store.erase(person)).toMatchObject({ profiles: 1 })
})
