// delivery: 'drain', for platforms that stop the process between requests.
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { POST } from '../../examples/next-route-handler/app/api/converge/[...path]/route.ts'
import { GET as drainRoute } from '../../examples/next-route-handler/app/api/converge-drain/route.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { tasks } from '../examples/next-server.ts'
import { accessToken, pageBatch, pixelId, shop, webhookToken } from '../server/node-requests.ts'
import { playTikTok } from '../server/node-server.ts'
import { newPath, numbered } from '../server/outbox-kit.ts'
import { createDatabase, hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'

const url = `${serverUrl}/postgres`
const post = (ids: string[], origin = shop) =>
  new Request(`${origin}/api/converge/events`, {
    method: 'POST',
    headers: { origin, 'content-type': 'text/plain' },
    body: JSON.stringify(pageBatch(ids)),
  })

describe.runIf(hasPostgres)('with delivery: drain', () => {
  async function start(config: Partial<ForwarderConfig> = {}) {
    const tiktok = await playTikTok()
    const store = openStore(url, { schema: newSchema() })
    const common = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url }
    const forwarder = createForwarder({ ...common, store, delivery: 'drain', ...config }, { log: () => {} })
    const waited: Promise<unknown>[] = []
    const waitUntil = (work: Promise<unknown>) => void waited.push(work)
    return { tiktok, store, forwarder, waited, waitUntil }
  }

  test('a request is answered once its events are stored, and they are sent under waitUntil', async () => {
    const { tiktok, store, forwarder, waited, waitUntil } = await start()
    tiktok.faults.always = { after: 200 }
    expect((await forwarder.fetch(post(['1', '2']), { waitUntil })).status).toBe(202)
    expect(tiktok.accepted).toEqual([])
    await Promise.all(waited)
    expect(tiktok.accepted.map(({ event_id }) => event_id)).toEqual(['1', '2'])
    expect(await store.stats()).toMatchObject({ waiting: 0, sent: 2 })
  })

  test('nothing is sent by itself, and drain() sends all that waits', async () => {
    const { tiktok, forwarder, store } = await start()
    await store.add(numbered(2500), { mergeOrders: 0 })
    expect((await forwarder.fetch(post(['1']))).status).toBe(202)
    expect(tiktok.requests).toEqual([])
    expect(await forwarder.drain()).toEqual({ isEmpty: true })
    expect(tiktok.counted).toHaveLength(2501)
    expect(await forwarder.drain({ seconds: 5 })).toEqual({ isEmpty: true })
  })

  test('drain() ends in time, and leaves the events to the next one', async () => {
    const { tiktok, forwarder, store } = await start()
    await store.add(numbered(3), { mergeOrders: 0 })
    tiktok.faults.always = { after: new Promise(() => {}) }
    const began = performance.now()
    expect(await forwarder.drain({ seconds: 1 })).toEqual({ isEmpty: false })
    expect(performance.now() - began).toBeLessThan(10_000) // that long one call may take otherwise
    tiktok.reset()
    await expect.poll(async () => (await forwarder.drain({ seconds: 5 })).isEmpty && tiktok.counted.length).toBe(3)
  })

  test('drains that overlap send each event once', async () => {
    const { tiktok, forwarder, store } = await start()
    const other = await start({ store })
    await store.add(numbered(50), { mergeOrders: 0 })
    await Promise.all([forwarder.drain(), forwarder.drain(), other.forwarder.drain(), forwarder.drain()])
    expect([...tiktok.accepted, ...other.tiktok.accepted]).toHaveLength(50)
  })

  test('a store that cannot drain is refused, and a forwarder that sends by itself has nothing to drain', async () => {
    const store = createSqliteStore({ path: newPath(), pixelId })
    onTestFinished(() => store.close())
    await expect(start({ store })).rejects.toThrow(/delivery is drain, which needs a store that can drain/)
    const { forwarder } = await start({ delivery: 'loop' })
    await expect(forwarder.drain()).rejects.toThrow(/drain\(\) is only for delivery: 'drain'/)
  })
})

describe.runIf(hasPostgres)('the example of a Next.js route handler', () => {
  beforeEach(async () => {
    const tiktok = await playTikTok()
    vi.stubEnv('TIKTOK_ACCESS_TOKEN', accessToken)
    vi.stubEnv('CONVERGE_WEBHOOK_TOKEN', webhookToken)
    vi.stubEnv('CRON_SECRET', 'secret-of-the-timer')
    vi.stubEnv('DATABASE_URL', await createDatabase())
    const fetchOutside = globalThis.fetch
    vi.stubGlobal('fetch', (given: string, init: RequestInit) =>
      fetchOutside(given.replace('https://business-api.tiktok.com/open_api/v1.3/event/track/', tiktok.url), init),
    )
    accepted = tiktok.accepted
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
  })
  let accepted: { event_id: string }[] = []

  test('keeps events in PostgreSQL, sends them after its answer, and its timer route needs the secret', async () => {
    const answer = await POST(post(['1'], 'https://www.shop.example'))
    expect(answer.status).toBe(202)
    await Promise.all(tasks)
    expect(accepted.map(({ event_id }) => event_id)).toEqual(['1'])
    const ask = (authorization: string) =>
      drainRoute(new Request('https://www.shop.example/api/converge-drain', { headers: { authorization } }))
    expect((await ask('Bearer wrong')).status).toBe(401)
    expect(await (await ask('Bearer secret-of-the-timer')).json()).toEqual({ isEmpty: true })
  })
})
