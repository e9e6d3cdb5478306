import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { serveWithin } from '../../src/node/serve.ts'
import { createAlertMemory, createAlertWatch } from '../../src/server/alerts/alert-watch.ts'
import { type Cause, findCauses, type Situation } from '../../src/server/alerts/causes.ts'
import { postAlert } from '../../src/server/alerts/post-alert.ts'
import type { HealthReport } from '../../src/server/health-report.ts'
import { createSourceCounts } from '../../src/server/sources/source-counts.ts'
import { readSources } from '../../src/server/sources/sources.ts'
import { portOf } from '../browser/network.ts'
import { signedIn } from './admin-client.ts'
import { logTo } from './log-to.ts'
import { accessToken, adminToken, pixelId, shop, webhookToken } from './node-requests.ts'
import { playTikTok } from './node-server.ts'
import { newPath, soon } from './outbox-kit.ts'
import { postShop } from './start-store.ts'

const poll = { timeout: 30_000 }
const hour = 3_600_000

/** Plays the incoming webhook of a chat. It keeps the texts that it answers 200. */
async function startHook() {
  const texts: string[] = []
  const hook = { url: '', texts, statuses: [] as number[], requests: 0 }
  const server = createServer(async (request, response) => {
    hook.requests++
    const body: { text: string } = JSON.parse(await text(request))
    const status = hook.statuses.shift() ?? 200
    if (status === 200) texts.push(body.text)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  hook.url = `http://127.0.0.1:${portOf(server)}/services/the-key-of-the-hook`
  return hook
}

/** The alerts that the previous server has stored. */
interface Former {
  hook?: Awaited<ReturnType<typeof startHook>>
  path?: string
}

async function startWatched(alerts: object = {}, { hook: given, path = newPath() }: Former = {}) {
  const hook = given ?? (await startHook())
  const tiktok = await playTikTok()
  const log: string[] = []
  const config = {
    ...{ pixelId, accessToken, webhookToken, adminToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url },
    alerts: { url: hook.url, ...alerts },
  }
  const place = { port: 0, hostname: '127.0.0.1', database: { path, retryAfter: soon }, logger: logTo(log) }
  const server = await serveWithin({ watchEvery: 20 }, { ...config, ...place })
  onTestFinished(() => server.close())
  return { hook, tiktok, log, server, config, path, url: server.url }
}

function readAlerts(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('SELECT cause FROM alerts').all()
  database.close()
  return rows
}

const lead = (event_id: string) => ({ event_name: 'Subscribed To Newsletter', event_id })

describe('an alert', () => {
  test('is posted once when TikTok refuses the token, and once when that is over', async () => {
    const { hook, tiktok, url, server, config } = await startWatched()
    tiktok.faults.always = { code: 40105 }
    await postShop(url, lead('1'))
    await vi.waitFor(() => expect(hook.texts).toHaveLength(1), poll)
    expect(hook.texts[0]).toMatch(new RegExp(`^Converge for TikTok, pixel ${pixelId}: Nothing is sent\\. .*40105`))
    server.reload(config)
    tiktok.faults.always = {}
    await vi.waitFor(() => expect(hook.texts).toHaveLength(2), { timeout: 30_000 })
    expect(hook.texts[1]).toMatch(/This is over: Nothing is sent\. /)
  })

  test('is posted when there are more dead letters than allowed', async () => {
    const { hook, tiktok, url } = await startWatched({ deadLetters: 1 })
    tiktok.faults.always = { code: 40002, message: 'jane@example.com' }
    await postShop(url, lead('1'))
    await postShop(url, lead('2'))
    await vi.waitFor(() => expect(hook.texts.join()).toContain('There are 2 dead letters'), poll)
    expect(hook.texts.join()).not.toContain('jane')
  })

  test('is posted when a source is refused repeatedly', async () => {
    const { hook, url } = await startWatched()
    for (let tries = 0; tries < 4; tries++)
      await fetch(`${url}/webhook/webhook`, { method: 'POST', headers: { 'x-webhook-token': 'old' }, body: '{}' })
    const sentence = 'Requests of the source webhook are answered 401: its token or signature is wrong.'
    await vi.waitFor(() => expect(hook.texts.join()).toContain(sentence), poll)
  })

  test('is not posted again after a restart, but its end is', async () => {
    const first = await startWatched({ deadLetters: 1 })
    first.tiktok.faults.always = { code: 40002 }
    for (const id of ['1', '2']) await postShop(first.url, lead(id))
    await vi.waitFor(() => expect(first.hook.texts).toHaveLength(1), poll)
    // A server that ends between the message and this row posts it again.
    await expect.poll(() => readAlerts(first.path), poll).toHaveLength(1)
    await first.server.close()
    const { hook, url } = await startWatched({ deadLetters: 1 }, first)
    for (let tries = 0; tries < 4; tries++)
      await fetch(`${url}/webhook/webhook`, { method: 'POST', headers: { 'x-webhook-token': 'old' }, body: '{}' })
    await vi.waitFor(() => expect(hook.texts).toHaveLength(2), poll)
    expect(hook.texts[1]).toContain('are answered 401')
    await (await signedIn(url)).post('dead-letters/drop', { ids: 'all' })
    await vi.waitFor(() => expect(hook.texts).toHaveLength(3), poll)
    expect(hook.texts[2]).toContain('This is over: There are 2 dead letters')
    await expect.poll(() => readAlerts(first.path)).toEqual([])
  })

  test('is remembered before the next one is posted, which may take long', async () => {
    const hook = await startHook()
    const kept: string[][] = []
    const keptAtMessage: number[] = []
    const look = createAlertWatch({
      ...{ alerts: { url: hook.url, oldestMinutes: 30, deadLetters: 0 }, pixelId, memory: createAlertMemory() },
      readHealth: async () => ({ ...health, full: 'The outbox has reached its limit.', dead: { refused: 1 } }),
      ...{ readPause: () => undefined, eventLog: undefined, log: () => {}, now: () => 0, monotonic: () => 0 },
      sourceCounts: createSourceCounts(readSources({ pixelId, accessToken, allowedOrigins: [shop] })),
      posted: { read: async () => new Map(), write: async (sentences) => void kept.push([...sentences.keys()]) },
      fetch: (input, init) => {
        keptAtMessage.push(kept.length)
        return fetch(input, init)
      },
    })
    await look()
    expect(hook.texts).toHaveLength(2)
    expect(keptAtMessage).toEqual([0, 1])
    expect(kept).toEqual([['full'], ['full', 'dead']])
  })

  test('that a restart hides is over only after ten minutes, because TikTok may not have answered yet', async () => {
    const hook = await startHook()
    const posted = new Map([['token', 'Nothing is sent.']])
    let time = 0
    const look = createAlertWatch({
      ...{
        alerts: { url: hook.url, oldestMinutes: 30, deadLetters: 100 },
        pixelId,
        memory: createAlertMemory(),
        fetch,
      },
      ...{ readHealth: async () => health, readPause: () => undefined, eventLog: undefined, log: () => {} },
      sourceCounts: createSourceCounts(readSources({ pixelId, accessToken, allowedOrigins: [shop] })),
      posted: { read: async () => posted, write: async () => posted.clear() },
      ...{ now: () => time, monotonic: () => time },
    })
    for (time of [0, 300_000, 599_999]) await look()
    expect(hook.texts).toEqual([])
    time = 600_000
    await look()
    expect(hook.texts).toEqual([expect.stringContaining('This is over: Nothing is sent.')])
    expect(posted.size).toBe(0)
  })

  test('is tried again if its address does not work, and the address is not logged', async () => {
    const { hook, tiktok, log, url } = await startWatched({ deadLetters: 0.5 })
    hook.statuses = [500, 500, 500]
    tiktok.faults.always = { code: 40002 }
    await postShop(url, lead('1'))
    await vi.waitFor(() => expect(hook.texts).toHaveLength(1), { timeout: 30_000 })
    expect(hook.requests).toBe(4)
    expect(log.join()).toContain('An alert could not be posted')
    expect(log.join()).not.toContain('the-key-of-the-hook')
  })

  test('gives up after three attempts', async () => {
    const hook = await startHook()
    hook.statuses = [500, 404, 503, 200]
    const waits: number[] = []
    const posting = postAlert('text', { url: hook.url, fetch, pause: async (wait) => void waits.push(wait) })
    await expect(posting).rejects.toThrow('it was answered HTTP 503')
    expect(waits).toEqual([1000, 5000])
    expect(hook.requests).toBe(3)
  })
})

const health: HealthReport = { status: 'ok', waiting: 0, sent: 0, dead: {}, oldest: undefined, stopped: undefined }
const count = (unauthorized: number, unavailable: number) => ({
  ...{ type: 'webhook' as const, accepted: 0, statuses: {}, unauthorized, unavailable },
})
const disk = { used: 500, log: 100, limit: 1000, free: 1e12 }

const situation = (given: Partial<Omit<Situation, 'health'>> & { health?: Partial<HealthReport> }): Situation => ({
  alerts: { url: '', oldestMinutes: 30, deadLetters: 100, silentHours: 24 },
  sources: {},
  before: {},
  lastOrder: undefined,
  isPaused: false,
  now: 100 * hour,
  ...given,
  health: { ...health, ...given.health },
})

describe('an alert has a cause', () => {
  const cases: [words: string, cause: Cause | undefined, given: Parameters<typeof situation>[0]][] = [
    ['nothing is wrong', undefined, {}],
    ['TikTok refuses the token', 'token', { health: { stopped: 'TikTok answered code 40105: no (revoked).' } }],
    ['the database is lost', 'broken', { health: { stopped: 'The outbox file was deleted.' } }],
    ['no event is accepted', 'full', { health: { full: 'The outbox has reached its limit.', disk } }],
    ['the outbox is at 90 %', undefined, { health: { disk: { ...disk, used: 1000 } } }],
    ['the outbox is over 90 %', 'outbox', { health: { disk: { ...disk, used: 1001 } } }],
    ['the disk has little space', 'disk', { health: { disk: { ...disk, free: 1e8 } } }],
    ['the oldest event waits for 30 minutes', undefined, { health: { overdue: 1800 } }],
    ['the oldest event waits for longer', 'oldest', { health: { overdue: 1801 } }],
    ['the oldest event of an outbox waits for longer', 'oldest', { health: { oldest: 1801 } }],
    ['an order waits for its other copy', undefined, { health: { oldest: 5000, overdue: 0 } }],
    ['there are 100 dead letters', undefined, { health: { dead: { one: 60, other: 40 } } }],
    ['there are more dead letters', 'dead', { health: { dead: { one: 60, other: 41 } } }],
    ['the last order came 24 hours ago', undefined, { lastOrder: 76 * hour }],
    ['the last order came earlier', 'silent', { lastOrder: 75 * hour }],
    ['the last order came earlier, but the intake is paused', undefined, { lastOrder: 0, isPaused: true }],
    ['a source is refused twice', undefined, { sources: { erp: count(12, 0) }, before: { erp: count(10, 0) } }],
    [
      'a source is refused three times',
      'source:erp',
      { sources: { erp: count(13, 0) }, before: { erp: count(10, 0) } },
    ],
    ['a source is answered 503 three times', 'source:erp', { sources: { erp: count(0, 3) } }],
  ]
  test.each(cases)('if %s: %s', (_, cause, given) => {
    expect([...findCauses(situation(given)).keys()]).toEqual(cause ? [cause] : [])
  })
})
