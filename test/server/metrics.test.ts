import { describe, expect, test, vi } from 'vitest'
import { serve } from '../../src/node/index.ts'
import { createMetrics } from '../../src/node/metrics.ts'
import { postPage } from './node-requests.ts'
import { newPath } from './outbox-kit.ts'
import { pageCopy, postShop, shopCopy, startStore } from './start-store.ts'

const metricsToken = 'metrics-token-of-the-shop-and-of-nobody-else'
const poll = { timeout: 30_000 }

const read = (url: string, token = metricsToken) =>
  fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })

/** The samples of a name, by their labels. */
function samplesOf(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

describe('metrics', () => {
  test('count events that came in, that TikTok accepted or refused, and that wait', async () => {
    const { url, tiktok } = await startStore({ metricsToken, mergeOrders: 0 })
    await postShop(url, shopCopy())
    await postPage(url, pageCopy({ id: '1002' }))
    await postShop(url, { event_name: 'No Such Event' })
    await tiktok.waitForAccepted(2)
    tiktok.faults.always = { code: 40002 }
    await postShop(url, { event_name: 'Subscribed To Newsletter', event_id: 'lead-1' })
    await vi.waitFor(async () => {
      const text = await (await read(url)).text()
      expect(samplesOf(text, 'converge_events_received_total')).toEqual({
        '{source="webhook",event="Purchase"}': 1,
        '{source="web",event="Purchase"}': 1,
        '{source="webhook",event="CompleteRegistration"}': 1,
      })
      expect(samplesOf(text, 'converge_events_unsent_total')).toEqual({ '{source="webhook",status="skipped"}': 1 })
      expect(samplesOf(text, 'converge_events_sent_total')).toEqual({ '{event="Purchase"}': 2 })
      expect(samplesOf(text, 'converge_events_dead_total')).toEqual({
        '{event="CompleteRegistration",code="40002"}': 1,
      })
      expect(samplesOf(text, 'converge_match_keys_total')).toMatchObject({
        '{event="Purchase",key="email"}': 2,
        '{event="Purchase",key="phone"}': 1,
      })
      expect(samplesOf(text, 'converge_delivery_seconds_count')).toEqual({ '{event="Purchase"}': 2 })
      expect(samplesOf(text, 'converge_events_waiting')).toEqual({ '': 0 })
      expect(samplesOf(text, 'converge_dead_letters')).toEqual({ '': 1 })
      expect(samplesOf(text, 'converge_status')).toMatchObject({ '{status="ok"}': 1, '{status="full"}': 0 })
      expect(samplesOf(text, 'converge_disk_bytes')).toMatchObject({ '{kind="limit"}': 1e9 })
      expect(text.trimEnd().endsWith('# EOF')).toBe(true)
    }, poll)
  })

  test('are in the format OpenMetrics, and are not stored by a proxy', async () => {
    const { url } = await startStore({ metricsToken })
    const { status, headers } = await read(url)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each(['', 'wrong', `${metricsToken}x`])('are answered 401 with the token %j', async (token) => {
    const { url } = await startStore({ metricsToken })
    expect((await read(url, token)).status).toBe(401)
  })

  test('do not exist without a token of their own', async () => {
    const { url } = await startStore()
    expect((await read(url)).status).toBe(404)
  })

  test('count an outbox, too', async () => {
    const { url, tiktok } = await startStore({ metricsToken, outbox: newPath() })
    await postShop(url, shopCopy())
    await tiktok.waitForAccepted(1)
    const sent = async () => samplesOf(await (await read(url)).text(), 'converge_events_sent_total')
    await vi.waitFor(async () => expect(await sent()).toEqual({ '{event="Purchase"}': 1 }), poll)
  })

  test('have at most a hundred event names, whatever waited from earlier mappings', async () => {
    const metrics = createMetrics()
    const part = { source: 'web', unsent: [] }
    const events = Array.from({ length: 200 }, (_, index) => ({
      data: { event: `Event-${index}`, event_time: 1, event_id: '1', user: {}, page: {}, properties: {} },
      expires: 2,
      order: false,
    }))
    metrics.countReceived(part, events)
    const health = { status: 'ok', waiting: 0, sent: 0, dead: {}, oldest: undefined, stopped: undefined } as const
    const { text } = await metrics.expose({ health, sources: {} })
    const samples = samplesOf(text, 'converge_events_received_total')
    expect(Object.keys(samples)).toHaveLength(101)
    expect(samples['{source="web",event="other"}']).toBe(100)
  })
})

describe('a port of its own for the operator’s page', () => {
  test('has only the page, and the main port has everything else', async () => {
    const config = { pixelId: 'CJQBODJC77UB4MRTGFRF', accessToken: 'token', allowedOrigins: ['https://shop.example'] }
    const adminToken = 'admin-token-of-the-shop-and-of-nobody-else'
    const places = { port: 0, hostname: '127.0.0.1', database: newPath(), admin: { port: 0 }, logger: () => {} }
    const server = await serve({ ...config, ...places, adminToken })
    try {
      const { url, adminUrl = '' } = server
      expect(adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/admin$/)
      const statusOf = async (address: string) => (await fetch(address)).status
      expect(await statusOf(adminUrl)).toBe(200)
      expect(await statusOf(`${adminUrl}/api/summary`)).toBe(401)
      expect(await statusOf(adminUrl.replace('admin', 'health'))).toBe(404)
      expect(await statusOf(`${url}/admin`)).toBe(404)
      expect(await statusOf(`${url}/health`)).toBe(200)
    } finally {
      await server.close()
    }
  })

  test.each([-1, 70_000, 1.5])('cannot be %j', async (port) => {
    const config = { pixelId: 'CJQBODJC77UB4MRTGFRF', accessToken: 'token', allowedOrigins: ['https://shop.example'] }
    const started = serve({ ...config, port: 0, database: newPath(), admin: { port } })
    await expect(started).rejects.toThrow(`converge-tiktok: admin.port is ${port}, not a number from 0 to 65535`)
  })
})
