import { afterAll, afterEach, expect, test } from 'vitest'
import type { RelayBatch } from '../../src/types.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { type RunningWorker, startWorker, type WorkerSetup } from './start-worker.ts'

const tikTok = await createEventsApiHost()
const running: RunningWorker[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()))
  tikTok.reset()
})
afterAll(() => tikTok.close())

async function start(entry: string, setup: WorkerSetup): Promise<RunningWorker> {
  const worker = await startWorker(entry, setup)
  running.push(worker)
  return worker
}

const bindings = { EVENTS_API_URL: tikTok.url, RETRY_AFTER: { first: 1, longest: 1 } }
const startWithQueue = (maxRetries = 100) => start('test/workerd/worker.ts', { bindings, maxRetries })
const startWithout = () => start('test/workerd/worker.ts', { bindings })

const ago = (hours: number) => Math.floor(Date.now() / 1000) - hours * 3600

/** An order as a page relays it. */
function fromPage(eventID: string) {
  const batch: RelayBatch = {
    v: 1,
    sentAt: Date.now(),
    events: [
      {
        time: Date.now() - 5000,
        eventName: 'Placed Order',
        eventID,
        send: [{ event: 'Purchase', parameters: { value: 94.8, currency: 'EUR', order_id: eventID } }],
        pixel: true,
        user: {},
        page: { url: 'https://www.shop.example/thanks', referrer: '' },
        consent: { marketing: 'granted' },
      },
    ],
  }
  const headers = {
    'Content-Type': 'text/plain',
    Origin: 'https://www.shop.example',
    'CF-Connecting-IP': '203.0.113.9',
  }
  return { method: 'POST', headers, body: JSON.stringify(batch) }
}

function fromServer(events: object) {
  const headers = { 'Content-Type': 'application/json', 'X-Webhook-Token': 'a-token-of-the-forwarder' }
  return { method: 'POST', headers, body: JSON.stringify(events) }
}

const ids = (events: readonly { event_id: string }[]) => events.map(({ event_id }) => event_id).sort()

test('an event that a page relays goes through the queue to TikTok, with the IP that Cloudflare knows', async () => {
  const worker = await startWithQueue()
  expect((await worker.fetch('/events', fromPage('1'))).status).toBe(202)
  const [event] = await tikTok.waitForAccepted(1)
  expect(event).toMatchObject({
    event: 'Purchase',
    event_id: '1',
    properties: { value: 94.8 },
    user: { ip: '203.0.113.9' },
  })
})

test('while TikTok is down the queue keeps events, and they arrive as they were', async () => {
  const worker = await startWithQueue()
  tikTok.faults.next = [{ status: 503 }, { code: 50000 }]
  const event_time = ago(1)
  await worker.fetch('/webhook', fromServer({ event_name: 'Placed Order', event_id: '1', timestamp: event_time }))
  const [event] = await tikTok.waitForAccepted(1)
  expect(event).toMatchObject({ event: 'Purchase', event_id: '1', event_time })
  expect(tikTok.requests.map(({ status, code }) => [status, code])).toEqual([
    [503, undefined],
    [200, 50000],
    [200, 0],
  ])
})

test('an event that TikTok refuses for good is in the dead-letter queue with the reason, and affects no other event', async () => {
  const worker = await startWithQueue()
  const orders = ['EUR', 'EUR', 'XXX', 'EUR'].map((currency, index) => ({
    event_name: 'Placed Order',
    event_id: String(index),
    properties: { total_price: 1, currency },
  }))
  await worker.fetch('/webhook', fromServer(orders))
  const letters = await worker.waitForDeadLetters(1)
  await tikTok.waitForAccepted(3)
  expect(letters).toMatchObject([
    { data: { event: 'Purchase', event_id: '2' }, problem: expect.stringContaining('currency') },
  ])
  expect(ids(tikTok.accepted)).toEqual(['0', '1', '3'])
  expect(worker.log()).toContain('They are in the dead-letter queue')
})

test('an order that comes days late is answered with too_late and never sent', async () => {
  const worker = await startWithQueue()
  const properties = { total_price: 94.8, currency: 'EUR' }
  const late = { event_name: 'Placed Order', event_id: '1', timestamp: ago(72), properties }
  const answer = await worker.fetch('/webhook', fromServer([late, { ...late, event_id: '2', timestamp: ago(1) }]))
  expect([answer.status, await answer.json()]).toEqual([
    202,
    {
      accepted: 1,
      statuses: { skipped: 1, success: 1 },
      problems: [{ path: '[0]', message: expect.stringMatching(/^too_late: Purchase happened 72 hours ago/) }],
    },
  ])
  expect(ids(await tikTok.waitForAccepted(1))).toEqual(['2'])
  await expect.poll(worker.log).toContain('Events arrived too late and are not sent')
})

test('a wrong token stops all sending; its events are retried, and then in the dead-letter queue', async () => {
  const worker = await startWithQueue(2)
  tikTok.faults.always = { code: 40105 }
  expect((await worker.fetch('/events', fromPage('1'))).status).toBe(202)
  const letters = await worker.waitForDeadLetters(1)
  expect(letters).toMatchObject([{ data: { event_id: '1' } }])
  expect(letters[0]).not.toHaveProperty('problem')
  expect(tikTok.requests).toHaveLength(1)
  expect(worker.log()).toContain('Generate an access token')
  expect(worker.log()).not.toContain('an-access-token-of')
  const health = await worker.fetch('/health')
  expect([health.status, await health.json()]).toEqual([503, { status: 'stopped', waiting: 0 }])
  const headers = { Authorization: 'Bearer an-admin-token-of-32-characters-or-more' }
  expect(await (await worker.fetch('/health', { headers })).text()).toContain('40105')
})

test('a request that is too large for a queue is kept in parts', async () => {
  const worker = await startWithQueue()
  const url = `https://www.shop.example/${'a'.repeat(1500)}`
  const events = Array.from({ length: 250 }, (_, index) => ({
    event_name: 'Placed Order',
    event_id: String(index),
    properties: { total_price: 1, currency: 'EUR', $url: url },
  }))
  expect((await worker.fetch('/webhook', fromServer(events))).status).toBe(202)
  const accepted = await tikTok.waitForAccepted(250)
  expect(ids(accepted)).toEqual(ids(events))
})

test('without a queue an event is with TikTok when the page is answered', async () => {
  const worker = await startWithout()
  const answers = await Promise.all(['1', '2', '3'].map((id) => worker.fetch('/events', fromPage(id))))
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
  expect(ids(tikTok.accepted)).toEqual(['1', '2', '3'])
})

test('without a queue a page keeps its event while TikTok is down, and TikTok is left in peace', async () => {
  const worker = await startWithout()
  tikTok.faults.always = { status: 503, retryAfter: '60' }
  const first = await worker.fetch('/events', fromPage('1'))
  const second = await worker.fetch('/events', fromPage('2'))
  expect([first.status, second.status]).toEqual([503, 503])
  expect(Number(second.headers.get('Retry-After'))).toBeGreaterThan(50)
  expect(tikTok.requests).toHaveLength(1)
})

test('a page of another origin is refused', async () => {
  const worker = await startWithQueue()
  const { headers, ...rest } = fromPage('1')
  const { status } = await worker.fetch('/events', { ...rest, headers: { ...headers, Origin: 'https://evil.example' } })
  expect(status).toBe(403)
})

test('the script is served with the public config, and without a secret', async () => {
  const worker = await startWithout()
  const answer = await worker.fetch('/converge.js')
  const text = await answer.text()
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, expect.stringContaining('javascript')])
  expect(text).toMatch(
    /^Object\.assign\(window\.converge=window\.converge\|\|\{\},\{config:\{.*"pixelId":"CJQBODJC77UB4MRTGFRF"/,
  )
  expect(text).not.toContain('an-access-token')
  expect(text).not.toContain('a-token-of')
})

test('a Worker that consumes a queue which its config does not name fails, so that nothing is lost', async () => {
  const worker = await start('test/workerd/unnamed-queue.ts', { bindings, maxRetries: 0 })
  await worker.fetch('/')
  expect(await worker.waitForDeadLetters(1)).toEqual([{ left: 'behind' }])
})

const secrets = { TIKTOK_ACCESS_TOKEN: 'an-access-token-of-tiktok', CONVERGE_WEBHOOK_TOKEN: 'a-token-of-the-forwarder' }

test.each([
  ['examples/cloudflare-worker/worker.ts', { bindings: secrets }],
  ['examples/cloudflare-worker/worker-with-queue.ts', { bindings: secrets, maxRetries: 100 }],
])('%s delivers to TikTok', async (entry, setup) => {
  const worker = await start(entry, { ...setup, internet: tikTok.url })
  expect((await worker.fetch('/events', fromPage('1'))).status).toBe(202)
  await tikTok.waitForAccepted(1)
  expect(worker.asked).toEqual(['https://business-api.tiktok.com/open_api/v1.3/event/track/'])
})
