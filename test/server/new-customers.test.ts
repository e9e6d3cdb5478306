// Whether an order is a new customer's, decided by the history of customers in the database.
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import { openTables } from '../../src/store/sqlite/outbox-tables.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { AcceptedEvent } from '../tiktok/events-api-host.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { runCli } from './node-child.ts'
import { accessToken, pixelId, postPage, shop } from './node-requests.ts'
import { hour, pageCopy, postShop, type StoreServer, shopCopy, startStore } from './start-store.ts'

const day = 24 * hour
const newCustomers = { since: '2024-05-01' }

interface Parts {
  id: string
  /** Milliseconds ago. */
  ago?: number
  person?: object
  properties?: object
}

/** An order of Jane, who is known by her email only. */
function orderOf({ id, ago = 0, person = { $email: 'jane@example.com' }, properties = {} }: Parts): object {
  const order = shopCopy({ id, time: Date.now() - ago }, { $is_new_customer: undefined, ...properties })
  return { ...order, profile_properties: { ...person, $consent: 'granted' } }
}

type Options = Omit<Partial<ForwarderConfig>, 'outbox' | 'store'>

async function start(config: Options = { newCustomers }, path?: string): Promise<StoreServer> {
  return startStore({ mergeOrders: 0, ...config, ...(path && { database: { path } }) })
}

const told = (events: readonly AcceptedEvent[]) => events.map(({ event, event_id }) => `${event} ${event_id}`).sort()

/** The orders that were sent as a NewCustomerPurchase, once TikTok has so many purchases. */
async function newOnes({ tiktok }: StoreServer, purchases: number): Promise<string[]> {
  const isPurchase = ({ event }: AcceptedEvent) => event === 'Purchase'
  const events = await tiktok.waitForAccepted((all) => all.filter(isPurchase).length >= purchases)
  // Both rows of an order are sent in one batch.
  return events
    .filter(({ event }) => event === 'NewCustomerPurchase')
    .map(({ event_id }) => event_id)
    .sort()
}

test('of two orders with one email, only the first is a NewCustomerPurchase, with the value of the Purchase', async () => {
  const server = await start()
  for (const id of ['1001', '1002']) expect((await postShop(server.url, orderOf({ id }))).status).toBe(202)
  expect(await newOnes(server, 2)).toEqual(['1001'])
  const [row] = server.tiktok.accepted.filter(({ event }) => event === 'NewCustomerPurchase')
  expect(row?.properties).toMatchObject({ value: 94.8, currency: 'EUR' })
  expect(await server.health()).toMatchObject({ new_customers: { new: 1, returning: 1, unknown: 0 } })
})

const email = { $email: 'jane@example.com' }
const phone = { $phone_number: '+19171234567' }
const customer = { $customer_id: '7' }

test.each([
  ['the same email', { ...email, ...phone }, email],
  ['the same phone number', { ...email, ...phone }, { ...phone, $email: 'j.doe@example.com' }],
  ['the same customer ID', { ...email, ...customer }, customer],
  ['the same email, as its hash', email, { $email: sha256('jane@example.com') }],
])('a customer is known by %s', async (_, first, second) => {
  const server = await start()
  await postShop(server.url, orderOf({ id: '1001', person: first }))
  await postShop(server.url, orderOf({ id: '1002', person: second }))
  await postShop(server.url, orderOf({ id: '1003', person: { $email: 'mary@example.com', $customer_id: '8' } }))
  expect(await newOnes(server, 3)).toEqual(['1001', '1003'])
})

test('a visitor ID is not a key of a person', async () => {
  const server = await start()
  const visitor = { external_id: 'a'.repeat(64) }
  await postShop(server.url, orderOf({ id: '1001', person: { ...visitor, $email: 'jane@example.com' } }))
  await postShop(server.url, orderOf({ id: '1002', person: { ...visitor, $email: 'mary@example.com' } }))
  expect(await newOnes(server, 2)).toEqual(['1001', '1002'])
})

test.each(['before', 'after'])("the page's copy %s the server's changes nothing, and has no such row", async (when) => {
  const server = await start({ newCustomers, mergeOrders: 2 })
  await postShop(server.url, orderOf({ id: '1000', ago: hour }))
  for (const id of ['1001', '1002']) {
    const page = pageCopy({ id }, { user: id === '1001' ? { email: sha256('mary@example.com') } : {} })
    const person = id === '1001' ? { $email: 'mary@example.com' } : email
    if (when === 'before') await postPage(server.url, page)
    await postShop(server.url, orderOf({ id, person }))
    if (when === 'after') await postPage(server.url, page)
  }
  expect(await newOnes(server, 3)).toEqual(['1000', '1001'])
  expect(told(server.tiktok.accepted)).toHaveLength(5)
})

test('an order that only a page sent is not in the history, because anybody can post as a page', async () => {
  const server = await start()
  await postPage(server.url, pageCopy({ id: '999', time: Date.now() - hour }))
  await postShop(server.url, orderOf({ id: '1001' }))
  expect(await newOnes(server, 2)).toEqual(['1001'])
})

test.each([
  ['newCustomers', {}, 'newCustomers is not set'],
  ['newCustomers.since', { newCustomers: {} }, 'newCustomers.since is not set'],
  ['a since in the past', { newCustomers: { since: '2999-01-01' } }, 'newCustomers.since is in the future'],
])('without %s no order is a NewCustomerPurchase, and health says why', async (_, config, reason) => {
  const server = await start(config)
  for (const id of ['1001', '1002']) await postShop(server.url, orderOf({ id }))
  expect(await newOnes(server, 2)).toEqual([])
  expect(await server.health()).toMatchObject({
    new_customers: {
      new: 0,
      returning: 0,
      unknown: 'newCustomers' in config ? 2 : 0,
      reason: expect.stringContaining(reason),
    },
  })
})

test('an order from before since is unknown, and one from after it is decided by all that is known', async () => {
  const server = await start({ newCustomers: { since: new Date(Date.now() - 2 * hour).toISOString() } })
  await postShop(server.url, orderOf({ id: '1001', ago: 3 * hour }))
  await postShop(server.url, orderOf({ id: '1002', ago: hour }))
  await postShop(server.url, orderOf({ id: '1003', ago: hour, person: { $email: 'mary@example.com' } }))
  await postShop(server.url, orderOf({ id: '1004', ago: hour, person: {} }))
  expect(await newOnes(server, 4)).toEqual(['1003'])
  expect(await server.health()).toMatchObject({
    new_customers: { new: 1, returning: 1, unknown: 2, reason: expect.stringMatching(/older than newCustomers.since/) },
  })
})

const noWeb = { event: 'Placed Order', any: [{ property: 'vip', operator: 'is_set' as const }] }

test.each([
  ['is filtered', { filters: [noWeb] }, {}, { vip: 'yes' }],
  ['has no consent', { consent: 'require' as const }, { $consent: 'denied' }, {}],
  ['has no server row', { mapping: { events: {} } }, {}, {}],
])('an order that %s is still in the history', async (reason, config, person, properties) => {
  const server = await start({ newCustomers, ...config })
  const first = orderOf({
    id: '1001',
    ago: hour,
    properties: reason === 'has no server row' ? { $is_new_customer: false } : {},
  })
  const { profile_properties: _, ...rest } = Object(first)
  const answer = await postShop(server.url, { ...rest, profile_properties: { ...email, ...person } })
  expect(answer.body.statuses).not.toHaveProperty(reason === 'has no server row' ? 'filtered' : 'success')
  await postShop(server.url, orderOf({ id: '1002', properties }))
  await postShop(server.url, orderOf({ id: '1003', person: { $email: 'mary@example.com' }, properties }))
  expect(await newOnes(server, reason === 'has no server row' ? 3 : 2)).toEqual(['1003'])
})

test('an order that arrives while the config is paused is still in the history', async () => {
  const paused = await start({ newCustomers, paused: true })
  const { body } = await postShop(paused.url, orderOf({ id: '1001', ago: hour }))
  expect(body).toMatchObject({ accepted: 0, statuses: { skipped: 1 } })
  await paused.close()
  const server = await start({ newCustomers }, paused.path)
  await postShop(server.url, orderOf({ id: '1002' }))
  await postShop(server.url, orderOf({ id: '1003', person: { $email: 'mary@example.com' } }))
  expect(await newOnes(server, 2)).toEqual(['1003'])
})

test("a disabled source's order is not in the history", async () => {
  const disabled = await start({ newCustomers, sources: { webhook: { enabled: false } } })
  await postShop(disabled.url, orderOf({ id: '1001', ago: hour }))
  await disabled.close()
  const server = await start({ newCustomers }, disabled.path)
  await postShop(server.url, orderOf({ id: '1002' }))
  expect(await newOnes(server, 1)).toEqual(['1002'])
})

test("the order's own $is_new_customer is never replaced", async () => {
  const server = await start()
  await postShop(server.url, orderOf({ id: '1001', properties: { $is_new_customer: false } }))
  await postShop(server.url, orderOf({ id: '1002', properties: { $is_new_customer: 'true' } }))
  expect(await newOnes(server, 2)).toEqual(['1002'])
  expect(await server.health()).toMatchObject({ new_customers: { new: 0, returning: 0, unknown: 0 } })
})

test('conditions of the mapping see the answer of the history as $is_new_customer', async () => {
  const when = (operator: 'equal' | 'not_equal' | 'is_set', value?: boolean) => ({
    property: '$is_new_customer',
    operator,
    ...(value !== undefined && { value }),
  })
  const rows = [
    { event: 'First', when: when('equal', true) },
    { event: 'Again', when: when('equal', false) },
    { event: 'NotFirst', when: when('not_equal', true) },
    { event: 'Known', when: when('is_set') },
    { event: 'OnPage', when: when('equal', true), forward: 'client' as const },
  ]
  const since = new Date(Date.now() - 2 * hour).toISOString()
  const server = await start({ newCustomers: { since }, mapping: { events: { 'Placed Order': rows } } })
  await postShop(server.url, orderOf({ id: '1', ago: 3 * hour }))
  await postShop(server.url, orderOf({ id: '2' }))
  await postShop(server.url, orderOf({ id: '3', person: { $email: 'mary@example.com' } }))
  const events = await server.tiktok.waitForAccepted(6)
  expect(told(events)).toEqual(['Again 2', 'First 3', 'Known 2', 'Known 3', 'NotFirst 1', 'NotFirst 2'])
})

test('a renewal is an order of the customer, and a subscription that comes with an order is not another one', async () => {
  const server = await start()
  const event = (event_name: string, parts: Parts) => ({ ...orderOf(parts), event_name })
  await postShop(server.url, event('Started Subscription', { id: 's1', ago: hour + 1 }))
  await postShop(server.url, orderOf({ id: '1001', ago: hour }))
  const mary = { $email: 'mary@example.com' }
  await postShop(server.url, event('Placed Recurring Subscription Order', { id: '1002', ago: hour, person: mary }))
  await postShop(server.url, orderOf({ id: '1003', person: mary }))
  expect(await newOnes(server, 2)).toEqual(['1001'])
})

test('after forget, the customer is unknown, and the file has neither the hashes nor the entries', async () => {
  const server = await start()
  const person = { ...email, ...phone, ...customer }
  await postShop(server.url, orderOf({ id: '1001', ago: hour, person }))
  await postShop(server.url, orderOf({ id: '1002', ago: hour, person: { $email: 'mary@example.com' } }))
  expect(await newOnes(server, 2)).toEqual(['1001', '1002'])
  await server.close()
  const store = createSqliteStore({ path: server.path, pixelId })
  const nobody = { emails: [], phones: [], customerIds: [], orderIds: [] }
  const forget = ['forget', '--database', server.path, '--email', 'jane@example.com', '--dry-run']
  const { output } = await runCli(forget, {})
  expect(output).toContain('3 entries of the history of customers')
  // The entries of the phone number and the customer ID are of the same first order.
  expect(await store.erase({ ...nobody, emails: [sha256('jane@example.com')] })).toMatchObject({ customers: 3 })
  expect(await store.erase({ ...nobody, orderIds: ['1001'] })).not.toHaveProperty('customers')
  await store.close()
  const rows = new DatabaseSync(server.path, { readOnly: true }).prepare('SELECT first_id FROM customers').all()
  expect(rows).toEqual([{ first_id: '1002' }])
  const again = await start({ newCustomers }, server.path)
  await postShop(again.url, orderOf({ id: '1003' }))
  expect(await newOnes(again, 1)).toEqual(['1003'])
})

test('the file holds no hash of a person in the history, and two databases hold different ones', async () => {
  const keys = async () => {
    const server = await start()
    await postShop(server.url, orderOf({ id: '1001' }))
    await newOnes(server, 1)
    await server.close()
    const database = new DatabaseSync(server.path, { readOnly: true })
    const [row] = database.prepare('SELECT hex(key) AS key FROM customers').all()
    database.close()
    expect(sha256('jane@example.com').startsWith(String(row?.key).toLowerCase())).toBe(false)
    return String(row?.key)
  }
  expect(await keys()).not.toBe(await keys())
})

test('with days, a customer is new again when the latest order is older than that, and is deleted then', async () => {
  const server = await start({ newCustomers: { since: '2024-05-01', days: 30 } })
  await postShop(server.url, orderOf({ id: '1001', ago: 29 * day }))
  await postShop(server.url, orderOf({ id: '1002', ago: hour }))
  await postShop(server.url, orderOf({ id: '1003', ago: 31 * day, person: { $email: 'mary@example.com' } }))
  await postShop(server.url, orderOf({ id: '1004', ago: hour, person: { $email: 'mary@example.com' } }))
  expect(await newOnes(server, 2)).toEqual(['1004'])
  await server.close()
  const tables = openTables(server.path)
  const names = () => new DatabaseSync(server.path, { readOnly: true }).prepare('SELECT first_id FROM customers').all()
  tables.prune(Date.now())
  expect(
    names()
      .map(({ first_id }) => first_id)
      .sort(),
  ).toEqual(['1001', '1004'])
  // A clock that is ahead does not delete everything.
  tables.prune(Date.now() + 3650 * day)
  expect(names()).toHaveLength(2)
  tables.close()
})

test('newCustomers without a database is refused', () => {
  const config = { pixelId, accessToken, allowedOrigins: [shop], newCustomers }
  for (const part of [{}, { outbox: createMemoryOutbox() }])
    expect(() => createForwarder({ ...config, ...part })).toThrow('newCustomers needs a database')
})
