import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createForwarder, type ForwarderConfig } from '../../src/server/forwarder.ts'
import type { Outbox } from '../../src/server/outbox.ts'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost, type EventsApiHost, type Fault } from '../tiktok/events-api-host.ts'
import { logTo } from './log-to.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { batchOf, hash, relayed } from './relayed.ts'
import { accessToken, noon, shop, startForwarder, webhookToken } from './start-forwarder.ts'

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Request(`${shop}${path}`, { method, headers })

describe('routes', () => {
  test.each(['/events', '/relay/events', '/a/b/c/events'])('depend on the last part of the path: %s', async (path) => {
    const { fetch, outbox } = startForwarder()
    const headers = { origin: shop, 'content-type': 'text/plain' }
    const body = JSON.stringify(batchOf(relayed()))
    expect((await fetch(new Request(`${shop}${path}?a=b`, { method: 'POST', headers, body }))).status).toBe(202)
    expect(outbox.kept).toHaveLength(1)
  })

  test.each(['/', '/relay', '/event', '/events/', '/relay/constructor', '/converge.js.map'])(
    'answer 404 to %s',
    async (path) => {
      const response = await startForwarder().fetch(get(path))
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        error: expect.stringMatching(/events, webhook, converge\.js/),
        problems: [],
      })
    },
  )

  test.each([
    ['events', 'GET', 'POST, OPTIONS'],
    ['events', 'PUT', 'POST, OPTIONS'],
    ['webhook', 'GET', 'POST'],
    ['converge.js', 'POST', 'GET, HEAD'],
    ['health', 'DELETE', 'GET, HEAD'],
  ])('%s answers 405 to %s', async (name, method, allow) => {
    const response = await startForwarder().fetch(get(`/${name}`, { origin: shop }, method))
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
  })

  test('have no webhook if no token is set', async () => {
    const forwarder = createForwarder({ pixelId, accessToken, allowedOrigins: [shop], outbox: createMemoryOutbox() })
    const request = new Request(`${shop}/webhook`, { method: 'POST', body: '{}', headers: { 'x-webhook-token': '' } })
    expect((await forwarder.fetch(request)).status).toBe(404)
  })
})

describe('other origins', () => {
  test('an allowed page can read the answer', async () => {
    const { headers } = await startForwarder().postEvents(batchOf(relayed()))
    expect(headers.get('access-control-allow-origin')).toBe(shop)
    expect(headers.get('vary')).toBe('origin')
  })

  test('an allowed page can read a refusal too', async () => {
    const { postEvents, outbox, fetch } = startForwarder()
    const answers = [
      await postEvents('not JSON'),
      await postEvents('{}', { 'content-type': 'text/csv' }),
      await postEvents(' '.repeat(2_000_000)),
      await fetch(get('/relay/events', { origin: shop })),
    ]
    outbox.fault = 'full'
    answers.push(await postEvents(batchOf(relayed())))
    expect(answers.map(({ status, headers }) => [status, headers.get('access-control-allow-origin')])).toEqual(
      [400, 415, 413, 405, 503].map((status) => [status, shop]),
    )
  })

  test('an allowed page can read an unexpected error, so that it retries', async () => {
    const { postEvents } = startForwarder({}, () => {
      throw new Error('no clock')
    })
    const answer = await postEvents(batchOf(relayed()))
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([500, shop])
  })

  test('another page can read nothing', async () => {
    const { status, headers } = await startForwarder().postEvents(batchOf(relayed()), { origin: 'https://evil.test' })
    expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([403, null, 'origin'])
  })

  test('a sandboxed page has the origin null, which a config may allow', async () => {
    const { postEvents } = startForwarder({ allowedOrigins: [shop, 'null'] })
    const { status, headers } = await postEvents(batchOf(relayed()), { origin: 'null' })
    expect([status, headers.get('access-control-allow-origin')]).toEqual([202, 'null'])
  })

  test('an allowed page’s preflight is answered', async () => {
    const response = await startForwarder().fetch(get('/events', { origin: shop }, 'OPTIONS'))
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-methods')).toBe('POST')
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type')
  })

  test('another page’s preflight is refused', async () => {
    const response = await startForwarder().fetch(get('/events', { origin: 'https://evil.test' }, 'OPTIONS'))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  test('a request without an Origin header is refused', async () => {
    const body = JSON.stringify(batchOf(relayed()))
    const request = new Request(`${shop}/events`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
    expect((await startForwarder().fetch(request)).status).toBe(403)
  })
})

describe('the script', () => {
  const secret = { trustProxy: true, allowTest: true, eventsApiUrl: 'https://tiktok.test/secret-url' }

  async function configIn(response: Response): Promise<Record<string, unknown>> {
    const [line = ''] = (await response.text()).split('\n')
    const [, json = ''] = /\{config:(.*),isServed:true\}\);$/.exec(line) ?? []
    return JSON.parse(json)
  }

  test('converge.js begins with the public config, without secrets', async () => {
    const config: Partial<ForwarderConfig> = {
      ...secret,
      consent: 'require',
      filters: [{ event: '*', any: [{ property: 'a', operator: 'equal', value: '</script>' }] }],
      beforeSend: (event) => event,
    }
    const response = await startForwarder(config).fetch(get('/relay/converge.js'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    const text = await response.clone().text()
    expect(text).not.toMatch(/secret|<\/script>/)
    expect(await configIn(response)).toEqual({
      pixelId,
      consent: 'require',
      filters: config.filters,
      cookies: false,
    })
  })

  test('contains nothing of the request’s host, scheme or path, because it is cacheable', async () => {
    const { fetch } = startForwarder()
    const first = await (await fetch(get('/converge.js'))).text()
    const headers = { host: 'evil.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' }
    for (const url of ['http://evil.test/r/converge.js', 'https://127.0.0.1/a/b/converge.js?x=1']) {
      const response = await fetch(new Request(url, { headers }))
      expect(await response.text()).toBe(first)
      expect(response.headers.get('vary')).toBeNull()
    }
  })

  test('keeps the config’s own relay', async () => {
    const { fetch } = startForwarder({ relay: 'https://t.shop.test' })
    expect(await configIn(await fetch(get('/converge.js')))).toMatchObject({ relay: 'https://t.shop.test' })
  })

  test('contains the mapping with TikTok’s current event names, otherwise unchanged', async () => {
    const when = { property: 'vip', operator: 'is_set' } as const
    const events = { A: 'CompletePayment', B: ['Lead', { event: 'SubmitForm', when }], C: false } as const
    const { fetch } = startForwarder({ mapping: { mode: 'custom', events } })
    expect((await configIn(await fetch(get('/converge.js')))).mapping).toEqual({
      mode: 'custom',
      events: { A: ['Purchase'], B: ['Lead', { event: 'Lead', when }], C: false },
    })
  })

  test('contains the host of the domain, in any spelling of the config', async () => {
    const { fetch } = startForwarder({ domain: 'https://WWW.Shop.test:443/a' })
    expect(await configIn(await fetch(get('/converge.js')))).toMatchObject({ domain: 'www.shop.test' })
  })

  test.each(['converge.js', 'consent.js', 'inspector.js'])(
    '%s is cacheable, and its hash is its ETag',
    async (name) => {
      const { fetch } = startForwarder()
      const first = await fetch(get(`/${name}`))
      const etag = first.headers.get('etag') ?? ''
      expect(first.headers.get('cache-control')).toBe('public, max-age=600')
      expect(etag).toMatch(/^"[\da-f]{64}"$/)
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
        const again = await fetch(get(`/${name}`, { 'if-none-match': known }))
        expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
      }
      expect((await fetch(get(`/${name}`, { 'if-none-match': '"other"' }))).status).toBe(200)
    },
  )

  test('has another ETag for another config', async () => {
    const first = await startForwarder().fetch(get('/converge.js'))
    const second = await startForwarder({ consent: 'require' }).fetch(get('/converge.js'))
    expect(first.headers.get('etag')).not.toBe(second.headers.get('etag'))
  })

  test('has no body for HEAD', async () => {
    const response = await startForwarder().fetch(get('/converge.js', {}, 'HEAD'))
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('the outbox', () => {
  test('is started once, and has every event before the answer', async () => {
    const { outbox, postEvents } = startForwarder()
    await postEvents(batchOf(relayed()))
    await postEvents(batchOf(relayed({ eventID: '2' })))
    expect(outbox.started).toHaveLength(1)
    expect(outbox.kept.map(({ data }) => data.event_id)).toEqual(['1001', '2'])
  })

  test.each([
    ['full', 'The outbox is full. Send the events again later.'],
    ['broken', 'The outbox could not store the events. Send the events again later.'],
  ] as const)('asks the sender to retry if it is %s', async (fault, error) => {
    const { outbox, postEvents, postWebhook, log } = startForwarder()
    outbox.fault = fault
    const order = { event_name: 'Placed Order', event_id: '1', properties: { id: 1 } }
    for (const answer of [await postEvents(batchOf(relayed())), await postWebhook(order)]) {
      expect([answer.status, answer.headers.get('retry-after'), answer.body.error]).toEqual([503, '60', error])
    }
    expect(log).toHaveLength(1)
    expect(log[0]).not.toContain('jane')

    outbox.fault = 'none'
    expect((await postEvents(batchOf(relayed()))).status).toBe(202)
  })

  test('sends its events to TikTok', async () => {
    const host = await createEventsApiHost({ accessToken, pixelId })
    const { outbox, postEvents } = startForwarder({ eventsApiUrl: host.url })
    await postEvents(batchOf(relayed()))
    expect(await outbox.started[0]?.(outbox.kept)).toEqual(['done'])
    await host.close()
    expect(host.accepted).toHaveLength(1)
    expect(host.requests[0]?.body?.event_source_id).toBe(pixelId)
  })
})

describe('without an outbox', () => {
  let host: EventsApiHost
  beforeAll(async () => {
    host = await createEventsApiHost({ accessToken, pixelId })
  })
  afterAll(() => host.close())
  beforeEach(() => host.reset())

  function start(now = () => noon) {
    const log: string[] = []
    const config = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: host.url }
    const forwarder = createForwarder(config, { now, random: () => 1, log: logTo(log) })
    const post = (...events: unknown[]) =>
      forwarder.fetch(
        new Request(`${shop}/events`, {
          method: 'POST',
          headers: { origin: shop, 'content-type': 'text/plain' },
          body: JSON.stringify(batchOf(...events)),
        }),
      )
    return { forwarder, post, log }
  }

  test('TikTok has the event before the page gets an answer', async () => {
    const response = await start().post(relayed())
    expect([response.status, await response.json()]).toEqual([202, { accepted: 1, problems: [] }])
    expect(host.accepted).toHaveLength(1)
  })

  test.each([
    ['down', { hangUp: 'at once' }],
    ['answering 503', { status: 503 }],
    ['answering 429', { status: 429 }],
    ['answering invalid JSON', { garbage: 'x' }],
    ['answering 50000 in HTTP 200', { code: 50000 }],
    ['closing the connection early', { hangUp: 'half-way' }],
    ['refusing the token', { code: 40105 }],
  ] satisfies [string, Fault][])('the page is asked to retry if TikTok is %s', async (_, fault) => {
    host.faults.always = fault
    const response = await start().post(relayed())
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('Retry-After has the length of the pause for TikTok', async () => {
    host.faults.always = { status: 429, retryAfter: '77' }
    expect((await start().post(relayed())).headers.get('retry-after')).toBe('77')
  })

  test('an event that TikTok refuses for good is reported, and the others are sent', async () => {
    host.faults.next = [{ code: 40002 }, {}, { code: 40002, message: 'No such thing' }]
    const response = await start().post(relayed(), relayed({ eventID: '2' }))
    expect([response.status, await response.json()]).toEqual([
      202,
      { accepted: 1, problems: [{ path: 'events[1]', message: 'TikTok answered code 40002: No such thing' }] },
    ])
  })

  test('a Worker stays alive until TikTok has answered', async () => {
    const { forwarder } = start()
    const works: Promise<unknown>[] = []
    const body = JSON.stringify(batchOf(relayed()))
    const headers = { origin: shop, 'content-type': 'text/plain' }
    const request = new Request(`${shop}/events`, { method: 'POST', body, headers })
    await forwarder.fetch(request, { waitUntil: (work) => works.push(work) })
    expect(works).toHaveLength(1)
    await works[0]
    expect(host.accepted).toHaveLength(1)
  })
})

test('an unexpected error is answered 500, and its text is only logged', async () => {
  const outbox: Outbox = {
    ...createMemoryOutbox(),
    stats: () => Promise.reject(new Error(`jane@example.com ${hash} ${accessToken} in /secret/path`)),
  }
  const { fetch, log } = startForwarder({ outbox })
  const response = await fetch(get('/health'))
  expect(response.status).toBe(500)
  expect(await response.text()).not.toMatch(/jane|secret/)
  expect(log).toHaveLength(1)
  expect(log[0]).not.toMatch(/jane|secret-access|b5a2c9/)
})

describe('an invalid config throws a sentence', () => {
  const sound = { pixelId, accessToken, allowedOrigins: [shop] }
  const rows: [title: string, config: object, sentence: RegExp][] = [
    [
      'no access token',
      { accessToken: undefined },
      /^converge-tiktok: accessToken is missing or not a valid token\. Generate one/,
    ],
    ['an empty access token', { accessToken: '' }, /accessToken is missing/],
    ['an access token with a line break', { accessToken: 'secret\n' }, /accessToken is missing or not a valid token/],
    ['no origins', { allowedOrigins: undefined }, /allowedOrigins is undefined, not a list of the shop's origins/],
    ['an empty list of origins', { allowedOrigins: [] }, /allowedOrigins is \[\]/],
    [
      'an origin with a path',
      { allowedOrigins: [`${shop}/`] },
      /allowedOrigins is "https:\/\/www\.shop\.test\/", not an origin/,
    ],
    ['an origin without https://', { allowedOrigins: ['www.shop.test'] }, /not an origin/],
    ['an asterisk as origin', { allowedOrigins: ['*'] }, /not an origin/],
    [
      'an Events API without HTTPS',
      { eventsApiUrl: 'http://tiktok.test/' },
      /eventsApiUrl is "http:\/\/tiktok\.test\/", not an https/,
    ],
    ['an empty webhook token', { webhookToken: '' }, /webhookToken is empty/],
    ['a wrong pixel ID', { pixelId: 'abc' }, /pixelId is "abc"/],
    ['filters that are not a list', { filters: {} }, /filters is \{\}, not a list/],
    ['a mapping that is null', { mapping: null }, /mapping is null, not an object/],
    ['a mode in place of the mapping', { mapping: 'custom' }, /mapping is "custom", not an object/],
    ['events in a list', { mapping: { events: ['Lead'] } }, /mapping\.events is \["Lead"\], not an object/],
    ['a misspelled consent mode', { consent: 'required' }, /consent is "required", not .*require/],
    ['a misspelled answer to GPC', { gpc: 'denied' }, /gpc is "denied", not .*deny/],
    [
      'a misspelled consent platform',
      { consentFrom: ['gogle'] },
      /consentFrom is \["gogle"\], not a list of shopify, google/,
    ],
    ['a consent platform outside of a list', { consentFrom: 'google' }, /consentFrom is "google", not a list/],
    ['a domain with a space', { domain: 'shop test' }, /domain is "shop test", not a domain, such as shop\.example/],
    ['a misspelled option', { consnt: 'require' }, /the forwarder has no option consnt\. Did you mean consent\?/],
    [
      'a misspelled option of the forwarder',
      { trustproxy: true },
      /has no option trustproxy\. Did you mean trustProxy\?/,
    ],
    ['an empty relay', { relay: '' }, /relay is "", not a URL, such as https:/],
    ['a boolean option that is text', { trustProxy: 'false' }, /trustProxy is "false", not true or false/],
    [
      'a misspelled forwarding mode',
      { mapping: { events: { Lead: { event: 'Lead', forward: 'both' } } } },
      /mapping\.events\.Lead\.forward is "both", not .*client_and_server/,
    ],
  ]
  test.each(rows)('%s', (_, config, sentence) => {
    const start = () => createForwarder(Object({ ...sound, ...config }))
    expect(start).toThrow(sentence)
    expect(start).not.toThrow(/secret/)
  })

  test('a loopback Events API may use HTTP, and server_only needs no relay on a forwarder', () => {
    for (const host of ['127.0.0.1:1', 'localhost:1', '[::1]:1'])
      expect(() => createForwarder({ ...sound, eventsApiUrl: `http://${host}/` })).not.toThrow()
    expect(() => createForwarder({ ...sound, mapping: { mode: 'server_only' } })).not.toThrow()
  })
})
