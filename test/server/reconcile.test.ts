// A shop's orders are compared with what arrived, and those that never arrived are sent, by the built command line.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import type { RelayedEvent } from '../../src/types.ts'
import { type Ended, runCli, startCli, writeConfig } from './node-child.ts'
import { createFolder, createFolderInMemory } from './node-folder.ts'
import { type ExportedOrder, shopifyCsv, shopifyJsonl, woocommerceCsv } from './order-exports.ts'
import { openPastShop, type PastShop } from './past-shop.ts'
import { hour, pageCopy, type StoreServer, shopCopy, startStore } from './start-store.ts'

const minute = 60_000
const day = 24 * hour

const filters = [
  { event: 'Placed Order', any: [{ property: 'vip', operator: 'not_equal' as const, value: 'yes' }] },
] satisfies ForwarderConfig['filters']

const words = ['page', 'server', 'merged', 'filtered', 'no_consent', 'dead', 'too_late', 'never_seen'] as const
type Word = (typeof words)[number]

/** What the shop knows of an order, and its status. */
interface Order extends ExportedOrder {
  word: Word
}

/** The events of an order from the page and from the server, as its word says. */
function eventsOf({ id, time, word, email = `${id}@example.com` }: Order): { page: RelayedEvent[]; server: object[] } {
  const page = pageCopy({ id, time }, { user: { email: sha256(email) } }).events
  const shopTime = word === 'too_late' ? time - 4 * day : time
  const order = shopCopy({ id, time: shopTime }, word === 'filtered' ? { vip: 'yes' } : {})
  const $consent = word === 'no_consent' ? 'denied' : 'granted'
  const server = [{ ...order, profile_properties: { $email: email, $consent } }]
  return {
    page: word === 'page' || word === 'merged' ? page : [],
    server: word === 'page' || word === 'never_seen' ? [] : server,
  }
}

/** Sends orders in requests of 20 events. */
async function bring(past: PastShop, orders: readonly Order[]): Promise<void> {
  const events = orders.map(eventsOf)
  const page = inParts(events.flatMap((one) => one.page)).map((part) =>
    past.postPage({ v: 1, sentAt: 0, events: part }),
  )
  const server = inParts(events.flatMap((one) => one.server)).map(past.postShop)
  await Promise.all([...page, ...server])
}

function inParts<Element>(list: readonly Element[]): Element[][] {
  const parts: Element[][] = []
  for (let start = 0; start < list.length; start += 20) parts.push(list.slice(start, start + 20))
  return parts
}

/** An order of each word in turn, mostly sent ones, in the 30 days before. */
function createMonth(count: number, end: number, lossEvery: number): Order[] {
  const losses: Word[] = ['filtered', 'never_seen', 'no_consent', 'dead', 'too_late']
  const sent: Word[] = ['page', 'server', 'merged']
  return Array.from({ length: count }, (_, index) => ({
    id: String(4_500_000_000 + index),
    name: `#${1001 + index}`,
    time: end - 30 * day + Math.floor((index * 30 * day) / count),
    email: `customer-${index}@example.com`,
    phone: '+19171234567',
    word: (index % lossEvery ? sent[index % 3] : losses[(index / lossEvery) % losses.length]) ?? 'page',
    ...(index % 500 === 499 && { status: 'pending', word: 'never_seen' as const }),
  }))
}

async function bringAll(path: string, orders: readonly Order[], config: Partial<ForwarderConfig> = {}): Promise<void> {
  const dead = new Set(orders.filter(({ word }) => word === 'dead').map(({ id }) => id))
  const past = openPastShop({
    path,
    filters,
    consent: 'require',
    ...config,
    deliver: async (events) =>
      events.map((event) => {
        if (!dead.has(event.data.event_id)) return 'done'
        event.problem = 'TikTok does not like it.'
        return 'dead'
      }),
  })
  const start = (orders[0]?.time ?? 0) - 3 * hour
  past.setTime(start)
  await past.deliverAll() // the log begins
  for (let from = start; from < (orders.at(-1)?.time ?? 0); from += day / 2) {
    const some = orders.filter(({ time }) => time >= from && time < from + day / 2)
    // The page's copy and the server's must not be older than the time of arrival.
    past.setTime(from + day / 2)
    await bring(past, some)
    await past.deliverAll()
  }
  await past.close()
}

const reconcile = (file: string, database: string, ...more: string[]): Promise<Ended> =>
  runCli(['reconcile', file, '--database', database, ...more])

/** The lines of orders, as word by ID. */
function listed(output: string): Map<string, string> {
  const lines = output.split('\n').filter((line) => /^\d+\t/.test(line))
  return new Map(
    lines.map((line) => {
      const [id = '', , word = ''] = line.split('\t')
      return [id, word]
    }),
  )
}

function writeOrders(content: string, name = 'orders.csv'): string {
  const file = join(createFolder(), name)
  writeFileSync(file, content)
  return file
}

test('lists exactly the losses of a month of 10,000 orders, and nothing of its customers', async () => {
  const orders = createMonth(10_000, Date.now() - 2 * hour, 9)
  const path = join(createFolderInMemory(), 'converge.db')
  await bringAll(path, orders)
  const { code, output, errors } = await reconcile(writeOrders(shopifyCsv(orders)), path)
  expect(errors).toBe('')
  const isExpected = ({ word, status }: Order) => !(word === 'never_seen' && status === 'pending')
  const expected = orders.filter(isExpected)
  const lost = expected.filter(({ word }) => !['page', 'server', 'merged'].includes(word))
  expect(lost.length).toBeGreaterThan(1000)
  expect(listed(output)).toEqual(new Map(lost.map(({ id, word }) => [id, word])))
  for (const word of words) {
    const count = expected.filter((order) => order.word === word).length
    expect(output).toMatch(new RegExp(`^${word} +${count}  `, 'm'))
  }
  expect(output).toContain(`${expected.length} orders checked.`)
  expect(output).toContain(`Not expected here: ${orders.length - expected.length} pending.`)
  expect(output).toContain('\tdead\tTikTok does not like it.')
  expect(output).toMatch(/\tfiltered\t.*vip/)
  expect(code).toBe(1)
  expect(output).not.toMatch(/@|\+1917|jane|customer-/i)
}, 120_000)

const now = Date.now()
const fewOrders: Order[] = Array.from({ length: 12 }, (_, index) => ({
  ...{ id: String(7001 + index), name: `#${index}`, time: now - 20 * hour + index * minute },
  ...{ email: 'jane@example.com', word: index === 5 ? 'never_seen' : 'server' },
}))

/** A database with some orders of yesterday. */
async function createFewOrders(orders: readonly Order[] = fewOrders): Promise<string> {
  const path = join(createFolderInMemory(), 'converge.db')
  if (orders === fewOrders) writeFileSync(path, await readFewOrders())
  else await bringAll(path, orders)
  return path
}

/** Most tests begin with the same database, so its file is made once. */
let databaseOfFew: Buffer | undefined

async function readFewOrders(): Promise<Buffer> {
  if (databaseOfFew) return databaseOfFew
  const path = join(createFolderInMemory(), 'converge.db')
  await bringAll(path, fewOrders)
  databaseOfFew = readFileSync(path)
  return databaseOfFew
}

test.each([
  ["Shopify's CSV", shopifyCsv(fewOrders), 'orders.csv', []],
  ["Shopify's bulk JSONL", shopifyJsonl(fewOrders), 'orders.jsonl', []],
  ['an export of WooCommerce', woocommerceCsv(fewOrders), 'orders.csv', ['--timezone', 'UTC']],
  [
    'any CSV',
    `No,When\n${fewOrders.map(({ id, time }) => `${id},${new Date(time).toISOString()}\n`).join('')}`,
    'orders.csv',
    ['--map', 'id=No,time=When'],
  ],
])('compares %s', async (_, content, name, more) => {
  const path = await createFewOrders()
  const { code, output, errors } = await reconcile(writeOrders(content, name), path, ...more)
  expect([code, errors, listed(output)]).toEqual([1, '', new Map([['7006', 'never_seen']])])
  const all = await reconcile(writeOrders(content, name), path, ...more, '--all')
  expect(listed(all.output).size).toBe(12)
  const later = new Date(now - 20 * hour + 6 * minute).toISOString()
  const since = await reconcile(writeOrders(content, name), path, ...more, '--since', later)
  expect([since.code, listed(since.output).size]).toEqual([0, 0])
})

test('orders that are older than the log are unknown, and a file with only such orders is refused', async () => {
  const path = await createFewOrders()
  const old: Order[] = [3, 4].map((days) => ({ id: `600${days}`, time: now - days * day, word: 'never_seen' }))
  const some = await reconcile(
    writeOrders(shopifyCsv([...old, ...fewOrders.filter(({ word }) => word === 'server')])),
    path,
  )
  expect([some.code, [...listed(some.output).values()]]).toEqual([0, ['unknown', 'unknown']])
  const all = await reconcile(writeOrders(shopifyCsv(old)), path)
  expect([all.code, all.output]).toEqual([3, ''])
  expect(all.errors).toContain('none of the 2 orders is known here, and the event log begins at')
})

test('orders that the shop does not count are not expected, and those that arrived anyway are counted as sent', async () => {
  const reasons: Partial<ExportedOrder>[] = [
    { source: 'pos' },
    { source: 'shopify_draft_order' },
    { status: 'voided' },
    { cancelled: '2026-01-01T10:00:00Z' },
    { time: Date.now() - 5 * minute },
  ]
  const left = reasons.map(
    (part, index): Order => ({ id: `900${index}`, time: now - hour, word: 'never_seen', ...part }),
  )
  const paidLater: Order = { id: '9100', time: now - 19 * hour, status: 'pending', word: 'server' }
  const sent = fewOrders.filter(({ word }) => word === 'server')
  const path = await createFewOrders([...sent, paidLater])
  const { code, output } = await reconcile(
    writeOrders(shopifyJsonl([...sent, paidLater, ...left]), 'orders.jsonl'),
    path,
  )
  expect([code, listed(output).size]).toEqual([0, 0])
  expect(output).toContain(
    'Not expected here: 1 pos, 1 shopify_draft_order, 1 voided, 1 cancelled, 1 placed within the last 15 minutes.',
  )
  expect(output).toContain('12 orders checked.')
})

test('an order whose ID is an email address is found in the log, and shown as a part of its hash', async () => {
  const sent = fewOrders.filter(({ word }) => word === 'server')
  const order: Order = { id: 'jane@example.com', time: now - 19 * hour, word: 'filtered' }
  const path = await createFewOrders([...sent, order])
  const { code, output } = await reconcile(writeOrders(shopifyCsv([...sent, order])), path)
  expect(code).toBe(0)
  expect(output).toMatch(/^sha256:[\da-f]{12}\t.*\tfiltered\t/m)
  expect(output).not.toContain('@')
})

test('a wrong ID column is refused, with IDs of both sides, and --force reports anyway', async () => {
  const path = await createFewOrders()
  const file = writeOrders(shopifyCsv(fewOrders.map((order) => ({ ...order, name: `jane${order.id}@example.com` }))))
  const { code, output, errors } = await reconcile(file, path, '--map', 'id=Name')
  expect([code, output]).toEqual([3, ''])
  expect(errors).toMatch(
    /only 0 of 12 orders are known here.*IDs of the file: sha256:[\da-f]{12}, .*arrived here: 70\d\d, /,
  )
  expect(errors).not.toContain('@')
  const forced = await reconcile(file, path, '--map', 'id=Name', '--force')
  expect(forced.code).toBe(1)
  expect(forced.output).toMatch(/never_seen +12/)
})

test.each<[string, string[], number, string]>([
  ['a date without a zone', [], 3, 'names no time zone'],
  ['a wrong --since', ['--timezone', 'UTC', '--since', 'yesterday'], 2, '--since is "yesterday", not a date such as'],
  ['a wrong option', ['--sned'], 2, 'Unknown option --sned (did you mean --send?)'],
  ['two files', ['orders.csv'], 2, 'reconcile needs one file with orders'],
])('%s is refused with a sentence', async (_, more, code, sentence) => {
  const path = await createFewOrders()
  const ended = await reconcile(writeOrders(woocommerceCsv(fewOrders)), path, ...more)
  expect(ended.errors).toContain(sentence)
  expect([ended.code, ended.output]).toEqual([code, ''])
})

test('a missing database is refused with a sentence', async () => {
  const ended = await reconcile(writeOrders(shopifyCsv(fewOrders)), '/no/such.db')
  expect(ended.errors).toContain('there is no database /no/such.db')
  expect([ended.code, ended.output]).toEqual([2, ''])
})

/** Orders of the last two days. The given ones never arrived, and the database knows the others. */
async function createLosses(count: number, isLost: (index: number) => boolean, more: Partial<Order> = {}) {
  const orders = Array.from({ length: count }, (_, index): Order => {
    const word = isLost(index) ? 'never_seen' : 'server'
    const time = Date.now() - 40 * hour + Math.floor((index * 38 * hour) / count)
    return { id: `80${index}`, time, email: `customer-${index}@example.com`, word, ...more }
  })
  const path = await createFewOrders(orders)
  const lost = orders.filter(({ word }) => word === 'never_seen')
  return { orders, lost, path, file: writeOrders(shopifyCsv(orders)), config: writeConfig(createFolder()) }
}

/** What TikTok counts of the orders, and how often it got each. */
function purchases({ tiktok }: StoreServer): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { event, event_id } of tiktok.accepted)
    if (event === 'Purchase') counts.set(event_id, (counts.get(event_id) ?? 0) + 1)
  return counts
}

test('--send sends orders that never arrived, once, however often it runs', async () => {
  const { lost, path, file, config } = await createLosses(40, (index) => index % 8 === 3)
  const server = await startStore({ database: { path } })
  const first = await reconcile(file, path, '--config', config, '--send')
  expect([first.code, first.errors]).toEqual([0, ''])
  expect(first.output).toContain(
    '5 orders added to the database. A running server sends them within seconds, 0 not sent.',
  )
  const again = await reconcile(file, path, '--config', config, '--send')
  expect([again.code, listed(again.output).size]).toEqual([0, 0])
  await server.tiktok.waitForAccepted(5)
  await expect.poll(async () => (await server.health()).waiting).toBe(0)
  expect(purchases(server)).toEqual(new Map(lost.map(({ id }) => [id, 1])))
  const [sent] = server.tiktok.accepted
  expect(sent).toMatchObject({
    event_time: Math.floor((lost[0]?.time ?? 0) / 1000),
    properties: { value: 94.8, currency: 'EUR', order_id: lost[0]?.id, num_items: 4 },
    user: { email: expect.stringMatching(/^[\da-f]{64}$/) },
  })
})

test('--send that is killed at any moment neither loses nor doubles an order', async () => {
  const { lost, path, file, config } = await createLosses(1500, (index) => index % 6 === 1)
  expect(lost).toHaveLength(250)
  const server = await startStore({ database: { path } })
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  onTestFinished(() => database.close())
  const known = database.prepare("SELECT count(*) AS count FROM orders WHERE event = 'Purchase'")
  const countKnown = () => Number(known.get()?.count)
  const before = countKnown()
  for (const target of [20, 90, 170]) {
    const { process: child, ended } = startCli(['reconcile', file, '--database', path, '--config', config, '--send'])
    await expect.poll(() => countKnown() - before, { interval: 1 }).toBeGreaterThan(target)
    child.kill('SIGKILL')
    expect((await ended).code).toBe(null)
    expect(countKnown() - before).toBeLessThan(250)
  }
  expect((await reconcile(file, path, '--config', config, '--send')).code).toBe(0)
  await expect.poll(() => purchases(server).size).toBe(250)
  await expect.poll(async () => (await server.health()).waiting).toBe(0)
  expect(purchases(server)).toEqual(new Map(lost.map(({ id }) => [id, 1])))
}, 90_000)

test('a webhook that arrives later does not send the order again', async () => {
  const { lost, path, file, config } = await createLosses(10, (index) => index === 4)
  const server = await startStore({ database: { path } })
  expect((await reconcile(file, path, '--config', config, '--send')).code).toBe(0)
  const [order] = lost
  const headers = { 'x-webhook-token': 'webhook-token-of-the-shop', 'content-type': 'application/json' }
  const body = JSON.stringify(shopCopy({ id: order?.id ?? '', time: order?.time ?? 0 }))
  const answer = await fetch(`${server.url}/webhook`, { method: 'POST', headers, body })
  expect(await answer.json()).toMatchObject({ statuses: { skipped: 1 } })
})

test.each<[string, Partial<Order>, Partial<ForwarderConfig>, string]>([
  ['is older than 47 hours', { time: Date.now() - 50 * hour }, {}, 'too late: TikTok could count it a second time'],
  ['is refunded', { status: 'refunded' }, {}, 'its status is refunded, not paid or partially-refunded'],
  ['has no recorded grant', { email: 'mary@example.com' }, { consent: 'require' }, 'no consent: a grant is needed'],
  [
    'is filtered',
    { source: 'b2b' },
    { filters: [{ event: 'Placed Order', any: [{ property: 'source_name', operator: 'not_equal', value: 'b2b' }] }] },
    'filtered',
  ],
])('--send leaves out an order that %s, and says why', async (_, part, options, reason) => {
  const orders = fewOrders.map((order) => (order.word === 'never_seen' ? { ...order, ...part } : order))
  const earliest: Order = { id: '6999', time: Date.now() - 60 * hour, word: 'server' }
  const path = await createFewOrders([earliest, ...fewOrders])
  const config = writeConfig(createFolder(), options)
  const { code, output, errors } = await reconcile(writeOrders(shopifyCsv(orders)), path, '--config', config, '--send')
  expect([code, errors]).toEqual([1, ''])
  expect(output).toContain(`7006\tnot sent\t${reason}`)
  expect(output).toContain('0 orders added to the database, 1 not sent.')
})

test('with a grant of an earlier order of the customer, --send sends an order also where consent is required', async () => {
  const path = await createFewOrders()
  const server = await startStore({ database: { path }, consent: 'require' })
  const config = writeConfig(createFolder(), { consent: 'require' })
  const { code, output } = await reconcile(writeOrders(shopifyCsv(fewOrders)), path, '--config', config, '--send')
  expect([code, output]).toEqual([0, expect.stringContaining('1 orders added')])
  expect((await server.tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['7006'])
})

test('with a grant that is recorded in the attributes of the order, --send sends it also where consent is required', async () => {
  const notes = `gift: no\n__converge: ${JSON.stringify({ consent: { marketing: 'granted' }, ttclid: 'E.C.P.click' })}`
  const orders = fewOrders.map((order) =>
    order.word === 'never_seen' ? { ...order, notes, email: 'mary@example.com' } : order,
  )
  const path = await createFewOrders()
  const server = await startStore({ database: { path } })
  const config = writeConfig(createFolder(), { consent: 'require' })
  const { code } = await reconcile(writeOrders(shopifyCsv(orders)), path, '--config', config, '--send')
  expect(code).toBe(0)
  const [event] = await server.tiktok.waitForAccepted(1)
  expect(event).toMatchObject({ event_id: '7006', user: { ttclid: 'E.C.P.click' } })
})

test.each<[string, Record<string, unknown>, number, string]>([
  ['the config is paused', { paused: true }, 3, 'paused is true in the config'],
  [
    'no source is enabled',
    { sources: { webhook: { enabled: false } } },
    2,
    '--send needs an enabled source with a secret',
  ],
  [
    'it is not known whose orders they are',
    { sources: { erp: { tokenFrom: 'CONVERGE_ADMIN_TOKEN' } } },
    2,
    'The config has several sources with a secret: erp, webhook. Name the one that the orders belong to with --source',
  ],
])('--send is refused if %s', async (_, options, code, sentence) => {
  const path = await createFewOrders()
  const config = writeConfig(createFolder(), options)
  const ended = await reconcile(writeOrders(shopifyCsv(fewOrders)), path, '--config', config, '--send')
  expect(ended.errors).toContain(sentence)
  expect(ended.code).toBe(code)
})

test('--send is refused while the intake is paused by the command, and for a file without the status of orders', async () => {
  const path = await createFewOrders()
  const config = writeConfig(createFolder())
  const file = writeOrders(shopifyCsv(fewOrders))
  expect((await runCli(['pause', '--database', path])).code).toBe(0)
  const paused = await reconcile(file, path, '--config', config, '--send')
  expect([paused.code, paused.errors]).toEqual([
    3,
    expect.stringContaining('"converge-tiktok pause" stopped the intake'),
  ])
  const bare = writeOrders(
    `No,When\n${fewOrders.map(({ id, time }) => `${id},${new Date(time).toISOString()}\n`).join('')}`,
  )
  const ended = await reconcile(bare, path, '--map', 'id=No,time=When', '--config', config, '--send')
  expect([ended.code, ended.errors]).toEqual([
    3,
    expect.stringContaining('has no known column for status. Only paid orders may be sent.'),
  ])
})
