// The lines that the forwarder adds to the event log of its store, for each source.
import { expect, onTestFinished, test, vi } from 'vitest'
import type { LogLine } from '../../src/store/event-log.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { pixelId, postPage, shop } from './node-requests.ts'
import { shopifyOrder } from './sources/shopify-order.ts'
import { signed } from './sources/signed.ts'
import { hour, pageCopy, postShop, type StoreServer, shopCopy, startStore } from './start-store.ts'

const poll = { timeout: 30_000 }

/** Resolves with the lines, newest first, once there are so many. */
async function linesOf({ path }: StoreServer, count: number): Promise<readonly LogLine[]> {
  const store = createSqliteStore({ path, pixelId })
  onTestFinished(() => store.close())
  return vi.waitFor(async () => {
    const lines = (await store.log?.lines({ limit: 1000 })) ?? []
    expect(lines).toHaveLength(count)
    return lines
  }, poll)
}

type Config = NonNullable<Parameters<typeof startStore>[0]>

const vipOnly = { event: 'Placed Order', any: [{ property: 'vip', operator: 'is_set' as const }] }

const byServer: [words: string, config: Config, event: object, line: Partial<LogLine>][] = [
  ['is sent', {}, shopCopy(), { source: 'webhook', channel: 'server', eventName: 'Placed Order', event: 'Purchase' }],
  [
    'does not pass a filter',
    { filters: [vipOnly] },
    shopCopy(),
    { status: 'filtered', reason: 'filter for Placed Order: vip is_set' },
  ],
  [
    'has no row',
    {},
    { event_name: 'Placd Order', event_id: '1' },
    { status: 'skipped', reason: 'not_mapped', eventName: 'Placd Order' },
  ],
  [
    'is sent by the browser only',
    {},
    { event_name: '$page_load', event_id: '1' },
    { status: 'skipped', reason: 'browser_only' },
  ],
  ['has no decision about consent', { consent: 'require' }, shopCopy(), { status: 'no_consent', event: 'Purchase' }],
  [
    'has no consent',
    { consent: 'require' },
    { ...shopCopy(), profile_properties: { $consent: 'denied' } },
    { status: 'no_consent', reason: 'consent mode require' },
  ],
  [
    'is too late',
    {},
    shopCopy({ time: Date.now() - 60 * hour }),
    { status: 'skipped', reason: 'too_late', event: 'Purchase' },
  ],
  [
    'cannot be read',
    {},
    { ...shopCopy(), timestamp: 'yesterday' },
    { status: 'failure', reason: expect.stringContaining('timestamp must be') },
  ],
  ['is paused', { paused: true }, shopCopy(), { status: 'skipped', reason: 'paused', event_id: '1001' }],
  [
    'has a source that is switched off',
    { sources: { webhook: { enabled: false } } },
    shopCopy(),
    { status: 'skipped', reason: 'source_disabled' },
  ],
]

test.each(byServer)('a server’s event that %s has a line', async (_, config, event, line) => {
  const server = await startStore({ mergeOrders: 0, ...config })
  await postShop(server.url, event)
  expect(await linesOf(server, 1)).toMatchObject([line])
})

type Batch = ReturnType<typeof pageCopy>

const byPage: [words: string, config: Config, batch: Batch, line: Partial<LogLine>][] = [
  [
    'is sent',
    {},
    pageCopy(),
    { source: 'web', channel: 'page', eventName: 'Placed Order', event: 'Purchase', value: 94.8 },
  ],
  [
    'has no consent',
    { consent: 'require' },
    pageCopy({}, { consent: { marketing: 'denied' } }),
    { status: 'no_consent', eventName: 'Placed Order' },
  ],
  ['is not in the mapping', {}, pageCopy({}, { eventName: 'Other' }), { status: 'skipped', reason: 'not_mapped' }],
  [
    'is too late',
    {},
    pageCopy({ time: Date.now() - 60 * hour }),
    { status: 'skipped', reason: 'too_late', event: 'Purchase' },
  ],
  [
    'cannot be read',
    {},
    pageCopy({}, { eventID: '' }),
    { status: 'failure', reason: expect.stringContaining('eventID') },
  ],
  ['is paused', { paused: true }, pageCopy(), { status: 'skipped', reason: 'paused' }],
]

test.each(byPage)('a page’s event that %s has a line', async (_, config, batch, line) => {
  const server = await startStore({ mergeOrders: 0, ...config })
  await postPage(server.url, batch)
  expect(await linesOf(server, 1)).toMatchObject([line])
})

test('a shop system’s order has a line with the name of its source', async () => {
  const secret = 'shopify-secret'
  const server = await startStore({ mergeOrders: 0, sources: { boutique: { type: 'shopify', secret } } })
  const headers = { 'x-shopify-topic': 'orders/paid' }
  await fetch(signed(`${server.url}/webhook/boutique`, secret, shopifyOrder, headers))
  expect(await linesOf(server, 2)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ source: 'boutique', channel: 'server', eventName: 'Placed Order', event: 'Purchase' }),
    ]),
  )
})

test('refused posts, which anybody can send, add at most a hundred lines a minute to the log', async () => {
  const server = await startStore()
  const events = Array.from({ length: 60 }, () => ({ eventName: 'Placed Order', eventID: '' }))
  const headers = { origin: shop, 'content-type': 'text/plain' }
  const body = JSON.stringify({ v: 1, sentAt: Date.now(), events })
  for (let posts = 0; posts < 3; posts++) await fetch(`${server.url}/events`, { method: 'POST', headers, body })
  await postShop(server.url, shopCopy())
  expect((await linesOf(server, 101))[0]).toMatchObject({ event_id: '1001' })
})

test('log: false writes no lines', async () => {
  const server = await startStore({ log: false, mergeOrders: 0 })
  await postShop(server.url, shopCopy())
  await postShop(server.url, { event_name: 'No Such Event' })
  await server.tiktok.waitForAccepted(1)
  expect(await linesOf(server, 0)).toEqual([])
})
