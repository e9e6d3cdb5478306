import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { GET, OPTIONS, POST } from '../../examples/next-route-handler/app/api/converge/[...path]/route.ts'
import type { RelayBatch } from '../../src/types.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'

const tikTok = await createEventsApiHost({ accessToken: 'an-access-token-of-tiktok', pixelId: 'CJQBODJC77UB4MRTGFRF' })
beforeAll(() => {
  vi.stubEnv('TIKTOK_ACCESS_TOKEN', 'an-access-token-of-tiktok')
  vi.stubEnv('CONVERGE_WEBHOOK_TOKEN', 'a-token-of-the-forwarder')
  // The example names no address, so that it asks for TikTok's own: that host is here.
  const fetchOutside = globalThis.fetch
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    fetchOutside(url.replace('https://business-api.tiktok.com/open_api/v1.3/event/track/', tikTok.url), init),
  )
})
beforeEach(() => tikTok.reset())
afterAll(async () => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  await tikTok.close()
})

/** What Next.js may call, with `{ params }` behind the request. */
const handlers: Record<string, (request: Request) => Promise<Response>> = { GET, OPTIONS, POST }

function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> | undefined {
  const request = new Request(`https://www.shop.example/api/converge/${path}`, { method, ...init })
  return handlers[method]?.(request)
}

function fromPage(origin: string): RequestInit {
  const batch: RelayBatch = {
    v: 1,
    sentAt: Date.now(),
    events: [
      {
        time: Date.now(),
        eventName: 'Added To Cart',
        eventID: 'a-1',
        send: [{ event: 'AddToCart', parameters: { value: 19.9, currency: 'EUR' } }],
        pixel: true,
        user: {},
        page: { url: 'https://www.shop.example/cap', referrer: '' },
        consent: { marketing: 'granted' },
      },
    ],
  }
  const headers = { 'Content-Type': 'text/plain', Origin: origin, 'X-Real-IP': '203.0.113.9' }
  return { headers, body: JSON.stringify(batch) }
}

test("TikTok has a page's event before the route answers", async () => {
  const answer = await ask('POST', 'events', fromPage('https://www.shop.example'))
  expect(answer?.status).toBe(202)
  expect(tikTok.accepted).toMatchObject([{ event: 'AddToCart', event_id: 'a-1', user: { ip: '203.0.113.9' } }])
})

test('a page of another origin is refused', async () => {
  const answer = await ask('POST', 'events', fromPage('https://evil.example'))
  expect(answer?.status).toBe(403)
  expect(tikTok.requests).toEqual([])
})

test('a preflight of the shop’s page is answered', async () => {
  const answer = await ask('OPTIONS', 'events', { headers: { Origin: 'https://www.shop.example' } })
  expect(answer?.headers.get('Access-Control-Allow-Origin')).toBe('https://www.shop.example')
})

test('a server posts to the webhook with its token', async () => {
  const body = JSON.stringify({
    event_name: 'Cancelled Subscription',
    event_id: 'c-1',
    profile_properties: { $consent: 'granted' },
  })
  const headers = { 'Content-Type': 'application/json' }
  const anonymous = await ask('POST', 'webhook', { headers, body })
  const known = await ask('POST', 'webhook', {
    headers: { ...headers, 'X-Webhook-Token': 'a-token-of-the-forwarder' },
    body,
  })
  expect([anonymous?.status, known?.status]).toEqual([401, 202])
  expect(tikTok.accepted).toMatchObject([{ event: 'CancelSubscription', event_id: 'c-1' }])
})

test('the script comes with the config, and posts back to the same route', async () => {
  const text = await (await ask('GET', 'converge.js'))?.text()
  expect(text).toContain('isServed:true') // the script takes the relay from its own address, which is this route's
  expect(text).not.toContain('an-access-token')
})
