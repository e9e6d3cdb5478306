import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { Outbox, Stats } from '../../src/server/outbox.ts'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost, type EventsApiHost, type Fault } from '../tiktok/events-api-host.ts'
import { logTo } from './log-to.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { batchOf, relayed } from './relayed.ts'
import { accessToken, adminToken, noon, shop, startForwarder } from './start-forwarder.ts'

const bearer = { authorization: `Bearer ${adminToken}` }

const sound: Stats = { waiting: 3, sent: 9, dead: { 'No permission': 2 }, oldest: 61, stopped: undefined }

const none = { email: 0, phone: 0, external_id: 0, ttclid: 0, ttp: 0, ip: 0, user_agent: 0 }

/** What /health answers where the outbox has these stats. */
async function health(stats: Partial<Stats>, headers: Record<string, string> = {}, config = {}) {
  const outbox: Outbox = { ...createMemoryOutbox(), stats: async () => ({ ...sound, ...stats }) }
  const { fetch } = startForwarder({ outbox, adminToken, ...config })
  const response = await fetch(new Request(`${shop}/health`, { headers }))
  return { status: response.status, body: await response.json(), headers: response.headers }
}

describe('without a token', () => {
  test('health contains only status, waiting and oldest', async () => {
    const { status, body, headers } = await health({})
    expect([status, body]).toEqual([200, { status: 'ok', waiting: 3, oldest: 61 }])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('health does not contain the reason of a stop', async () => {
    const { status, body } = await health({ stopped: 'TikTok answered code 40105' })
    expect([status, body]).toEqual([503, { status: 'stopped', waiting: 3, oldest: 61 }])
  })

  test.each([{}, { adminToken: undefined }])('HEAD has the status code and no body: %j', async (config) => {
    const { fetch } = startForwarder(Object(config))
    const response = await fetch(new Request(`${shop}/health`, { method: 'HEAD' }))
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('with the admin token', () => {
  test.each(['Bearer', 'bearer', 'BEARER'])('health contains the whole report, for the scheme %s', async (scheme) => {
    const { status, body } = await health(
      { stopped: 'TikTok answered code 40105' },
      { authorization: `${scheme} ${adminToken}` },
    )
    expect([status, body]).toEqual([
      503,
      {
        status: 'stopped',
        waiting: 3,
        oldest: 61,
        stopped: 'TikTok answered code 40105',
        sent: 9,
        failed: { 'No permission': 2 },
        too_late: 0,
        refused: { origin: 0, token: 0, body: 0, too_large: 0, content_type: 0, no_webhook: 0 },
        match_keys: none,
        match_keys_of_orders: none,
        match_keys_counted: { events: 0, orders: 0 },
        by_source: {
          web: { type: 'web', accepted: 0, statuses: {}, unauthorized: 0, unavailable: 0 },
          webhook: { type: 'webhook', accepted: 0, statuses: {}, unauthorized: 0, unavailable: 0 },
        },
      },
    ])
  })

  test.each([
    ['another token', `Bearer ${adminToken}x`, {}],
    ['the first half of the token', `Bearer ${adminToken.slice(0, -1)}`, {}],
    ['any token, if none is set', `Bearer ${adminToken}`, { adminToken: undefined }],
    ['the text undefined, if none is set', 'Bearer undefined', { adminToken: undefined }],
    ['the access token', `Bearer ${accessToken}`, {}],
  ])('%s is answered 401, without a report', async (_, authorization, config) => {
    const { status, body, headers } = await health({}, { authorization }, config)
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(Object.keys(body)).toEqual(['error', 'problems'])
  })

  test('an Authorization header of a proxy is ignored', async () => {
    const { status, body } = await health({}, { authorization: 'Basic YTpi' })
    expect([status, Object.keys(body)]).toEqual([200, ['status', 'waiting', 'oldest']])
  })

  test.each([
    ['x'.repeat(31), /adminToken has 31 characters\. Use at least 32/],
    ['', /adminToken has 0 characters\. Use at least 32/],
    [`${'x'.repeat(40)} y`, /adminToken must consist of ASCII letters, digits and signs, without spaces/],
    [`${'x'.repeat(40)}\n`, /adminToken must consist of/],
    ['ü'.repeat(40), /adminToken must consist of/],
    [1e40, /adminToken must consist of/],
    [null, /adminToken must consist of/],
  ])('the config is refused if its token is invalid, without repeating it: %j', (token, sentence) => {
    const start = () => createForwarder(Object({ pixelId, accessToken, allowedOrigins: [shop], adminToken: token }))
    expect(start).toThrow(sentence)
    expect(start).not.toThrow(/xxx|üü/)
  })
})

describe('the status', () => {
  const rows: [title: string, stats: Partial<Stats>, status: string, http: number][] = [
    ['ok if the oldest event has waited for 5 minutes', { oldest: 300 }, 'ok', 200],
    ['ok if nothing waits', { waiting: 0, oldest: undefined }, 'ok', 200],
    ['delayed if it has waited for longer', { oldest: 301 }, 'delayed', 200],
    ['ok if the oldest event is not due yet', { oldest: 301, overdue: 0 }, 'ok', 200],
    ['delayed if an event is overdue', { oldest: 1000, overdue: 301 }, 'delayed', 200],
    ['full if the outbox accepts no events', { full: true }, 'full', 503],
    ['full if the outbox gives a reason', { full: 'no room' }, 'full', 503],
    ['ok if the outbox reports that it is not full', { full: false }, 'ok', 200],
    ['full, even if events are delayed', { full: 'no room', oldest: 4000 }, 'full', 503],
    ['stopped after a configuration fault', { stopped: 'a fault' }, 'stopped', 503],
    ['stopped, even if the outbox is full', { stopped: 'a fault', full: 'no room', oldest: 4000 }, 'stopped', 503],
  ]
  test.each(rows)('is %s', async (_, stats, status, http) => {
    const answer = await health(stats)
    expect([answer.status, answer.body.status]).toEqual([http, status])
  })

  test.each([
    ['full', 'full', undefined],
    ['broken', 'stopped', 'The outbox could not store the events: disk I/O error at …'],
  ] as const)('if the outbox is %s and does not report it, is %s for a minute', async (fault, status, stopped) => {
    let passed = 0
    const { outbox, fetch, postEvents } = startForwarder({ adminToken }, undefined, () => passed)
    const look = async () => {
      const response = await fetch(new Request(`${shop}/health`, { headers: bearer }))
      const body = await response.json()
      return [response.status, body.status, body.stopped]
    }
    outbox.fault = fault
    await postEvents(batchOf(relayed()))
    expect(await look()).toEqual([503, status, stopped])

    // A balancer that sends nothing to a server with a 503 would never learn that there is room again.
    passed = 60_000
    expect(await look()).toEqual([200, 'ok', undefined])

    await postEvents(batchOf(relayed()))
    expect(await look()).toEqual([503, status, stopped])
    outbox.fault = 'none'
    await postEvents(batchOf(relayed()))
    expect(await look()).toEqual([200, 'ok', undefined])
  })
})

test('the reason of a full outbox is in the report for the admin token', async () => {
  expect((await health({ full: 'no room' }, bearer)).body).toMatchObject({ status: 'full', full: 'no room' })
})

test('an outbox with free space is no longer reported as full', async () => {
  const memory = createMemoryOutbox()
  const outbox: Outbox = {
    start() {},
    add: (events) => memory.add(events),
    stats: async () => ({ ...sound, full: memory.fault === 'full' }),
  }
  const { fetch, postEvents } = startForwarder({ outbox })
  const look = async () => (await (await fetch(new Request(`${shop}/health`))).json()).status
  memory.fault = 'full'
  await postEvents(batchOf(relayed()))
  expect(await look()).toBe('full')
  memory.fault = 'none'
  expect(await look()).toBe('ok')
})

describe('while TikTok', () => {
  let host: EventsApiHost
  beforeAll(async () => {
    host = await createEventsApiHost({ accessToken, pixelId })
  })
  afterAll(() => host.close())
  beforeEach(() => host.reset())

  function start() {
    const log: string[] = []
    const clock = { passed: 0 }
    const config = { pixelId, accessToken, adminToken, allowedOrigins: [shop], eventsApiUrl: host.url }
    const env = { now: () => noon + clock.passed, monotonic: () => clock.passed, random: () => 1, log: logTo(log) }
    const { fetch } = createForwarder(config, env)
    const post = (...events: unknown[]) =>
      fetch(
        new Request(`${shop}/events`, {
          method: 'POST',
          headers: { origin: shop, 'content-type': 'text/plain' },
          body: JSON.stringify(batchOf(...events)),
        }),
      )
    const look = async () => {
      const response = await fetch(new Request(`${shop}/health`, { headers: bearer }))
      return [response.status, await response.json()] as const
    }
    return { post, look, log, clock }
  }

  test.each([
    ['is down', { hangUp: 'at once' }],
    ['answers 503', { status: 503 }],
    ['answers invalid JSON', { garbage: 'x' }],
    ['answers 50000 in HTTP 200', { code: 50000 }],
    ['answers every call with an unknown code', { code: 40999 }],
  ] satisfies [string, Fault][])(
    '%s, health is delayed from the third failure until the next success',
    async (_, fault) => {
      const { post, look, log, clock } = start()
      const statuses: string[] = []
      host.faults.always = fault
      for (let round = 0; round < 4; round++) {
        await post(relayed())
        statuses.push((await look())[1].status)
        clock.passed += 60_000
      }
      host.faults.always = {}
      await post(relayed())
      statuses.push((await look())[1].status)
      expect(statuses).toEqual(['ok', 'ok', 'delayed', 'delayed', 'ok'])
      expect(log.filter((line) => line.startsWith('error TikTok failed 3 times in a row'))).toHaveLength(1)
      expect(log.at(-1)).toBe('info TikTok accepts events again')
    },
  )

  test('accepts events, health counts them as sent', async () => {
    const { post, look } = start()
    const searched = { eventName: 'Searched', send: [{ event: 'Search', parameters: {} }] }
    await post(relayed(), relayed({ ...searched, eventID: '2', ttclid: 'E.C.P.1', user: {} }))
    expect(await look()).toMatchObject([
      200,
      {
        ...{ status: 'ok', waiting: 0, sent: 2, failed: {} },
        match_keys: { email: 0.5, ttclid: 0.5, phone: 0 },
        match_keys_of_orders: { email: 1, ttclid: 0, phone: 0 },
        match_keys_counted: { events: 2, orders: 1 },
      },
    ])
  })

  test('refuses the token, health is stopped and gives the reason', async () => {
    const { post, look, log } = start()
    host.faults.next = [{ code: 40105 }]
    await post(relayed())
    expect(await look()).toMatchObject([503, { status: 'stopped', stopped: expect.stringMatching(/code 40105/) }])
    expect(log.join()).not.toContain(accessToken)
  })
})
