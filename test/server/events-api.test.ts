import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { redact } from '../../src/server/redact.ts'
import { createEventsApi, type EventsApi, type EventsApiOptions } from '../../src/tiktok/events-api/client.ts'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost, type EventsApiHost, type Fault, never } from '../tiktok/events-api-host.ts'
import { logTo } from './log-to.ts'
import { accessToken, noon } from './start-forwarder.ts'

let host: EventsApiHost
let clock: number
/** The clock for pauses. It follows the wall clock, unless a test sets it. */
let monotonic: () => number
let log: string[]

beforeAll(async () => {
  host = await createEventsApiHost({ accessToken, pixelId })
})
afterAll(() => host.close())
beforeEach(() => {
  host.reset()
  clock = noon
  monotonic = () => clock
  log = []
})

function start(options: Partial<EventsApiOptions> = {}): EventsApi {
  return createEventsApi({
    pixelId,
    accessToken,
    url: host.url,
    redact,
    now: () => clock,
    monotonic: () => monotonic(),
    random: () => 1,
    log: logTo(log),
    ...options,
  })
}

function purchase(event_id: string, more: Partial<OutboxEvent> = {}): OutboxEvent {
  const event_time = noon / 1000 - 60
  const properties = { value: 1, currency: 'EUR' }
  return {
    data: { event: 'Purchase', event_time, event_id, user: {}, page: {}, properties },
    expires: event_time + 7 * 24 * 3600,
    order: true,
    ...more,
  }
}

const purchases = (count: number) => Array.from({ length: count }, (_, index) => purchase(`${index}`))

/** One that TikTok refuses. */
function broken(event_id: string): OutboxEvent {
  const event = purchase(event_id)
  return { ...event, data: { ...event.data, event: 'Not a name' } }
}

test("TikTok's path is added to an address without a path", async () => {
  expect(await start({ url: new URL(host.url).origin }).deliver([purchase('1')])).toEqual(['done'])
})

test('a call contains what TikTok requires, and the token only in one header', async () => {
  expect(await start().deliver([purchase('1')])).toEqual(['done'])

  const [request] = host.requests
  expect(request?.headers).toMatchObject({ 'access-token': accessToken, 'content-type': 'application/json' })
  expect(request?.body).toEqual({ event_source: 'web', event_source_id: pixelId, data: [purchase('1').data] })
  expect(request?.text).not.toContain(accessToken)
})

test('an accepted event has the result done and is not changed', async () => {
  const events = purchases(3)
  expect(await start().deliver(events)).toEqual(['done', 'done', 'done'])
  expect(events).toEqual(purchases(3))
})

describe('each code of TikTok', () => {
  const rows: [code: number, result: string, isSplit?: true][] = [
    [0, 'done'],
    [20001, 'done'],
    [40050, 'done'],
    [40000, 'dead', true],
    [40002, 'dead', true],
    [40061, 'dead', true],
    [40062, 'dead', true],
    [40063, 'dead', true],
    [40001, 'stop'],
    [40102, 'stop'],
    [40104, 'stop'],
    [40105, 'stop'],
    [40118, 'stop'],
    [40100, 'retry'],
    [40132, 'retry'],
    [61000, 'retry'],
    [50000, 'retry'],
    [50002, 'retry'],
    [51000, 'retry'],
    [51305, 'retry'],
    [52999, 'retry'],
    [60001, 'retry'],
    [40999, 'retry', true], // none that is known
    [-1, 'retry', true],
  ]
  test.each(rows)('%i: %s', async (code, result, isSplit) => {
    host.faults.always = { code, message: 'Said so' }
    const events = purchases(2)

    expect(await start().deliver(events)).toEqual([result, result])

    expect(host.requests.map(({ body }) => body?.data.length)).toEqual(isSplit ? [2, 1, 1] : [2])
    const problem = result === 'done' ? undefined : `TikTok answered code ${code}: Said so`
    expect(events.map((event) => event.problem)).toEqual([problem, problem])
  })
})

describe('an event waits if the answer is not TikTok’s', () => {
  const rows: [title: string, fault: Fault, problem: RegExp][] = [
    ['HTTP 500', { status: 500 }, /HTTP 500, without a code/],
    ['HTTP 503', { status: 503 }, /HTTP 503/],
    ['HTTP 429', { status: 429 }, /HTTP 429/],
    ['HTTP 404', { status: 404 }, /HTTP 404/],
    ['HTTP 500, with any code in the body', { status: 500, garbage: '{"code":40002}' }, /HTTP 500, code 40002/],
    ['HTTP 400, even with the code 0', { status: 400, garbage: '{"code":0}' }, /HTTP 400, code 0/],
    ['HTTP 200 with invalid JSON', { garbage: '<html>jane</html>' }, /without a code$/],
    ['JSON of another program', { garbage: '[1]' }, /without a code$/],
    ['an empty answer', { garbage: '' }, /without a code$/],
    ['a code that is not a number', { garbage: '{"code":null,"message":"OK"}' }, /without a code$/],
    ['a connection closed at once', { hangUp: 'at once' }, /could not be reached/],
    ['a connection closed during the answer', { hangUp: 'half-way' }, /could not be reached/],
    ['no answer within the time limit', { after: never }, /no answer within 0.2 s/],
  ]
  test.each(rows)('%s', async (_, fault, problem) => {
    host.faults.next = [fault]
    const [event] = purchases(1)
    if (!event) throw new Error('There is one.')

    expect(await start({ timeout: 200 }).deliver([event])).toEqual(['retry'])
    expect(event.problem).toMatch(problem)
  })

  test('a redirect, which would send the token to another host', async () => {
    host.faults.next = [{ status: 307, location: host.url }]
    expect(await start().deliver(purchases(1))).toEqual(['retry'])
    expect(host.requests).toHaveLength(1)
  })

  test('a refused connection', async () => {
    await host.close()
    const results = await start().deliver(purchases(2))
    await host.listen()
    expect(results).toEqual(['retry', 'retry'])
  })
})

describe('batches', () => {
  test('contain up to 1,000 events', async () => {
    expect(new Set(await start().deliver(purchases(2001)))).toEqual(new Set(['done']))
    expect(host.requests.map(({ body }) => body?.data.length)).toEqual([1000, 1000, 1])
  })

  test('stay below 1 MB, for any characters', async () => {
    const query = 'ü'.repeat(2000)
    const events = purchases(400).map((event) => ({ ...event, data: { ...event.data, properties: { query } } }))
    expect(new Set(await start().deliver(events))).toEqual(new Set(['done']))
    expect(host.requests.length).toBe(2)
    for (const { text } of host.requests) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000)
  })

  test('contain one test event each, with its code', async () => {
    const events = [
      purchase('1'),
      purchase('2', { test_event_code: 'A' }),
      purchase('3', { test_event_code: 'A' }),
      purchase('4'),
    ]
    expect(await start().deliver(events)).toEqual(['done', 'done', 'done', 'done'])
    const calls = host.requests.map(({ body }) => [body?.test_event_code, body?.data.map(({ event_id }) => event_id)])
    expect(calls).toEqual([
      [undefined, ['1', '4']],
      ['A', ['2']],
      ['A', ['3']],
    ])
  })

  test('are halved until a faulty event is alone, so that it affects no other', async () => {
    const events = purchases(1000)
    events[617] = broken('617')

    const results = await start().deliver(events)

    expect(results.filter((result) => result === 'done')).toHaveLength(999)
    expect(results[617]).toBe('dead')
    expect(host.accepted.map(({ event_id }) => event_id)).toEqual(
      purchases(1000)
        .map(({ data }) => data.event_id)
        .filter((id) => id !== '617'),
    )
    expect(host.requests.length).toBeLessThanOrEqual(21)
  })

  test('leave TikTok’s message on the faulty event', async () => {
    const events = [purchase('1'), broken('2'), purchase('3')]
    expect(await start().deliver(events)).toEqual(['done', 'dead', 'done'])
    expect(events[1]?.problem).toMatch(/^TikTok answered code 40002: body\.data\[0\]\.event: not text/)
  })

  test('that are half sent when TikTok goes down keep the other events waiting', async () => {
    host.faults.next = [{ code: 40002 }, {}, { status: 503 }]
    expect(await start().deliver(purchases(4))).toEqual(['done', 'done', 'retry', 'retry'])
    expect(host.accepted).toHaveLength(2)
  })

  test('are halved if a gateway refuses the size', async () => {
    host.faults.next = [{ status: 413 }]
    expect(await start().deliver(purchases(2))).toEqual(['done', 'done'])
  })

  test('without events cause no call', async () => {
    expect(await start().deliver([])).toEqual([])
    expect(host.requests).toHaveLength(0)
  })
})

describe('an unknown code', () => {
  test('affects no other event, and its event waits', async () => {
    host.faults.next = [{ code: 40999 }, {}, { code: 40999 }, { code: 40999, message: 'Odd' }, {}]
    const events = purchases(4)
    const api = start()
    expect(await api.deliver(events)).toEqual(['done', 'done', 'retry', 'done'])
    expect(events.map(({ problem }) => problem)).toEqual([
      undefined,
      undefined,
      'TikTok answered code 40999: Odd',
      undefined,
    ])
    expect(log).toEqual([
      'warn TikTok answered with a code that is not known here. The event is kept and retried problem="TikTok answered code 40999: Odd"',
    ])

    expect(await api.deliver(purchases(1))).toEqual(['done'])
  })

  test('for every event means that TikTok is down: events are not tried one by one', async () => {
    host.faults.always = { code: 40999 }
    const api = start()
    expect(new Set(await api.deliver(purchases(2001)))).toEqual(new Set(['retry']))
    expect(host.requests).toHaveLength(12)
    expect(new Set(await api.deliver(purchases(2001)))).toEqual(new Set(['retry']))
    expect(host.requests).toHaveLength(12)
  })

  test('is isolated among 1,000 events, at any position', async () => {
    for (const index of [0, 617, 999]) {
      host.reset()
      const events = purchases(1000)
      host.faults.of = ({ data }) => (data.some(({ event_id }) => event_id === `${index}`) ? { code: 40999 } : {})
      const results = await start().deliver(events)
      expect(results.flatMap((result, at) => (result === 'done' ? [] : [[result, at]]))).toEqual([['retry', index]])
    }
  })
})

describe('pauses after failures', () => {
  test('double from 1 s to a minute, without a call before they end', async () => {
    host.faults.always = { code: 50000 }
    const api = start()
    const waits: number[] = []
    for (let round = 0; round < 12; round++) {
      expect(await api.deliver(purchases(1))).toEqual(['retry'])
      expect(await api.deliver(purchases(1))).toEqual(['retry'])
      expect(host.requests).toHaveLength(round + 1)
      waits.push(api.retryAfter())
      clock += api.retryAfter() * 1000
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60])
  })

  test('are random, so that many forwarders do not retry at the same time', async () => {
    host.faults.always = { status: 503 }
    const waits: number[] = []
    for (const random of [0, 0.5, 1]) {
      const api = start({ random: () => random })
      for (let round = 0; round < 4; round++) {
        await api.deliver(purchases(1))
        if (round < 3) clock += 10_000
      }
      waits.push(api.retryAfter())
      clock += 600_000
    }
    expect(waits).toEqual([4, 6, 8])
  })

  test.each([
    ['in seconds', '90', 90],
    ['as a date', new Date(noon + 120_000).toUTCString(), 120],
    ['unless it is shorter than our own pause', '0', 1],
    ['only if it is a time', 'soon', 1],
    ['up to an hour', '99999999', 3600],
  ])('respect Retry-After %s', async (_, retryAfter, wait) => {
    host.faults.always = { status: 429, retryAfter, date: new Date(noon).toUTCString() }
    const api = start()
    await api.deliver(purchases(1))
    expect(api.retryAfter()).toBe(wait)

    clock += wait * 1000 - 1
    await api.deliver(purchases(1))
    expect(host.requests).toHaveLength(1)
    clock += 1
    await api.deliver(purchases(1))
    expect(host.requests).toHaveLength(2)
  })

  test('end with a success', async () => {
    host.faults.next = [{ code: 50000 }, { code: 50000 }]
    const api = start()
    for (let round = 0; round < 3; round++) {
      await api.deliver(purchases(1))
      clock += 10_000
    }
    host.faults.next = [{ code: 50000 }]
    await api.deliver(purchases(1))
    expect(api.retryAfter()).toBe(1)
  })

  test('are logged once at the third failure, and once when they end', async () => {
    host.faults.next = [{ status: 503 }, { status: 503 }, { status: 503 }, { status: 503 }]
    const api = start()
    const counts: number[] = []
    for (let round = 0; round < 6; round++) {
      await api.deliver(purchases(1))
      counts.push(log.length)
      clock += 60_000
    }
    expect(counts).toEqual([0, 0, 1, 1, 2, 2])
    expect(log).toEqual([
      'error TikTok failed 3 times in a row. Events are kept and retried problem="TikTok answered HTTP 503, without a code"',
      'info TikTok accepts events again',
    ])
  })

  test('count calls that fail at the same time as one failure', async () => {
    host.faults.always = { code: 50000 }
    const api = start()
    await Promise.all(purchases(5).map((event) => api.deliver([event])))
    expect(host.requests).toHaveLength(5)
    expect(api.retryAfter()).toBe(1)
  })

  test.each([
    ['a minute back', -60_000],
    ['an hour back', -3_600_000],
    ['a day back', -24 * 3_600_000],
    ['an hour ahead', 3_600_000],
    ['a day ahead', 24 * 3_600_000],
  ])('do not change if the system clock is set %s', async (_, shift) => {
    host.faults.always = { code: 50000 }
    let passed = 0
    monotonic = () => passed
    const api = start()
    await api.deliver(purchases(1))
    clock += shift
    expect(api.retryAfter()).toBe(1)
    passed = 999
    await api.deliver(purchases(1))
    expect(host.requests).toHaveLength(1)
    passed = 1000
    await api.deliver(purchases(1))
    expect(host.requests).toHaveLength(2)
  })

  test('after a configuration fault do not depend on the system clock either', async () => {
    host.faults.next = [{ code: 40105 }]
    let passed = 0
    monotonic = () => passed
    const api = start()
    await api.deliver(purchases(1))
    clock -= 3_600_000
    passed = 60_000
    expect(await api.deliver(purchases(1))).toEqual(['done'])
  })

  test('compare a date in Retry-After with the Date header of the answer, not with our clock', async () => {
    const theirs = noon + 8 * 24 * 3_600_000
    const [retryAfter, date] = [theirs + 120_000, theirs].map((time) => new Date(time).toUTCString())
    host.faults.always = { status: 429, retryAfter: String(retryAfter), date: String(date) }
    const api = start()
    await api.deliver(purchases(1))
    expect(api.retryAfter()).toBe(120)
  })
})

describe('a configuration fault', () => {
  test.each([40001, 40102, 40104, 40105, 40118])(
    'of code %i stops all calls, and the log says once what to do',
    async (code) => {
      host.faults.always = { code, message: `Token ${accessToken} is bad` }
      const api = start()
      expect(await api.deliver(purchases(2))).toEqual(['stop', 'stop'])
      expect(await api.deliver(purchases(2))).toEqual(['stop', 'stop'])
      expect(host.requests).toHaveLength(1)

      expect(log).toHaveLength(1)
      expect(log[0]).toMatch(
        /^error Nothing can be sent to TikTok: .*Events are kept\. .*access token in TikTok Events Manager.* problem="TikTok answered code 4\d+: /,
      )
      expect(log[0]).not.toContain(accessToken)
      expect(api.stats().stopped).toContain(`code ${code}`)

      clock += 60_000
      expect(await api.deliver(purchases(2))).toEqual(['stop', 'stop'])
      expect(host.requests).toHaveLength(2)
      expect(log).toHaveLength(1)
    },
  )

  test('is retried after a minute, so that a fix at TikTok needs no restart', async () => {
    host.faults.next = [{ code: 40001 }]
    const api = start()
    await api.deliver(purchases(1))
    clock += 59_999
    expect(await api.deliver(purchases(1))).toEqual(['stop'])
    clock += 1
    expect(await api.deliver(purchases(1))).toEqual(['done'])
    expect(api.stats().stopped).toBeUndefined()
    expect(log).toHaveLength(2)
    expect(log[1]).toBe('info TikTok accepts events again')
  })

  test('in the middle of a batch keeps the other events', async () => {
    host.faults.next = [{}, { code: 40105 }]
    const results = await start().deliver(purchases(2001))
    expect(results.map((result) => result[0]).join('')).toBe('d'.repeat(1000) + 's'.repeat(1001))
    expect(host.requests).toHaveLength(2)
  })
})

describe('time', () => {
  test('an expired event becomes a dead letter and is never sent', async () => {
    const late = purchase('1', { expires: noon / 1000 })
    expect(await start().deliver([late, purchase('2')])).toEqual(['dead', 'done'])
    expect(late.problem).toMatch(/^Too late: TikTok has forgotten its event_id/)
    expect(host.accepted.map(({ event_id }) => event_id)).toEqual(['2'])
  })

  test('an event can expire while TikTok is down', async () => {
    host.faults.always = { status: 503 }
    const api = start()
    const event = purchase('1', { expires: noon / 1000 + 0.5 })
    expect(await api.deliver([event])).toEqual(['retry'])
    clock += 500
    expect(await api.deliver([event])).toEqual(['dead'])
    expect(host.requests).toHaveLength(1)
  })

  test('a retry has the same event_time', async () => {
    host.faults.next = [{ status: 503 }]
    const api = start()
    const event = purchase('1')
    await api.deliver([event])
    clock += 600_000
    await api.deliver([event])
    expect(host.accepted.map(({ event_time }) => event_time)).toEqual([noon / 1000 - 60])
  })
})

describe('log lines', () => {
  test('a problem contains no email address, phone number, hash or token', async () => {
    const hash = 'a'.repeat(64)
    host.faults.always = { code: 40002, message: `jane@example.com, +49 170 1234567, ${hash}, ${accessToken} are bad` }
    const [event] = purchases(1)
    if (!event) throw new Error('There is one.')
    await start().deliver([event])
    for (const text of [event.problem, ...log]) {
      expect(text).toContain('are bad')
      expect(text).not.toMatch(/jane|1234567|aaaa|secret/)
    }
  })

  test('a problem is logged once, and counted each time', async () => {
    host.faults.always = { code: 40002, message: 'No' }
    const api = start()
    await api.deliver(purchases(3))
    expect(log).toEqual([
      'warn An event was set aside as a dead letter and will not be sent problem="TikTok answered code 40002: No" event=Purchase',
    ])
    expect(api.stats()).toMatchObject({ sent: 0, dead: { 'TikTok answered code 40002: No': 3 } })
  })

  test('a partly accepted batch is logged once for each problem', async () => {
    const partly = { code: 20001, message: 'One was passed over' }
    host.faults.next = [partly, partly]
    const api = start()
    await api.deliver(purchases(2))
    await api.deliver(purchases(3))
    expect(log).toEqual([
      'warn TikTok accepted a batch only in part events=2 problem="TikTok answered code 20001: One was passed over"',
    ])
  })
})
