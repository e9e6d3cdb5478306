import { describe, expect, test } from 'vitest'
import { cleanUrl } from '../../src/core/clean-url.ts'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import type { ConsentMode, Content, Decision, EventParameters, RelayedEvent } from '../../src/types.ts'
import { oldNames } from '../cases/custom-mapping.ts'
import { batchOf, hash, relayed } from './relayed.ts'
import { noon, startForwarder } from './start-forwarder.ts'

const hour = 3600
const [purchase] = relayed().send
const parameters = purchase?.parameters ?? {}

/** What the forwarder keeps of one event. */
async function keep(event: Partial<RelayedEvent>, config: Partial<ForwarderConfig> = {}, headers = {}, context = {}) {
  const { postEvents, outbox } = startForwarder(config)
  const answer = await postEvents(batchOf(relayed(event)), headers, context)
  return { answer, kept: outbox.kept, data: outbox.kept[0]?.data }
}

test('a page’s event is stored in the format of TikTok’s Events API', async () => {
  const event = {
    user: { email: hash, phone: hash, city: 'berlin' },
    ttclid: 'E.C.P.abc',
    ttp: 'ttp-1',
    locale: 'de-AT',
    page: { url: 'https://www.shop.test/thanks?id=1', referrer: 'https://www.shop.test/checkout' },
  }
  const { answer, kept } = await keep(event, {}, { 'user-agent': 'Shopper' }, { ip: '203.0.113.7' })
  expect(answer.body).toEqual({ accepted: 1, problems: [] })
  expect(kept).toEqual([
    {
      data: {
        event: 'Purchase',
        event_time: noon / 1000 - 60,
        event_id: '1001',
        user: {
          email: hash,
          phone: hash,
          city: 'berlin',
          ttclid: 'E.C.P.abc',
          ttp: 'ttp-1',
          locale: 'de-AT',
          ip: '203.0.113.7',
          user_agent: 'Shopper',
        },
        page: event.page,
        properties: parameters,
      },
      expires: noon / 1000 - 60 + 47 * hour,
      order: true,
      orderName: 'Placed Order',
      source: 'page',
    },
  ])
})

describe('the visitor ID', () => {
  const visitor = 'ab'.repeat(32)

  test.each<[title: string, event: Partial<RelayedEvent>, sent: string | undefined]>([
    ['is the external_id of a visitor without a customer ID', { user: {}, visitor }, visitor],
    ['is not sent beside a customer ID', { user: { external_id: hash }, visitor }, hash],
    ['of an older page, which posts it as external_id, is sent', { user: { external_id: visitor } }, visitor],
    ['that is not a hash is dropped, and the event is kept', { user: {}, visitor: 'jane@example.com' }, undefined],
  ])('%s', async (_, event, sent) => {
    const { answer, data } = await keep(event)
    expect(answer.body).toEqual({ accepted: 1, problems: [] })
    expect(data?.user.external_id).toBe(sent)
  })
})

test('unknown fields of a newer page are ignored', async () => {
  const { postEvents, outbox } = startForwarder()
  const batch = { ...batchOf({ ...relayed(), later: [1], aliases: ['a0'.repeat(32)] }), later: { is: 'ignored' } }
  expect((await postEvents(batch)).body).toEqual({ accepted: 1, problems: [] })
  expect(JSON.stringify(outbox.kept)).not.toMatch(/later|ignored/)
})

test('three decimals are kept in the value and in a price', async () => {
  const contents = [{ content_id: '1', content_type: 'product', price: 4.115 }] satisfies Content[]
  const parameters: EventParameters = { contents, content_type: 'product', value: 12.345, currency: 'KWD' }
  const { data } = await keep({ send: [{ event: 'Purchase', parameters }] })
  expect(data?.properties).toEqual(parameters)
})

test('one Converge event with several TikTok events counts as one', async () => {
  const send = ['Purchase', 'NewCustomerPurchase'].map((event) => ({ event, parameters }))
  const { answer, kept } = await keep({ send })
  expect(answer.body.accepted).toBe(1)
  expect(kept.map(({ data }) => [data.event, data.event_id])).toEqual([
    ['Purchase', '1001'],
    ['NewCustomerPurchase', '1001'],
  ])
})

describe('time', () => {
  const day = 24 * hour * 1000
  test.each([
    ['is the page’s time if its clock is right', 0, 90_000, 90],
    ['is corrected if the page’s clock is a day slow', -day, 90_000, 90],
    ['is corrected if the page’s clock is ten years fast', 3650 * day, 90_000, 90],
    ['is the time of the event if the page kept it for two days', 0, 2 * day, 2 * 24 * hour],
    ['is now if the event is later than sentAt', 0, -day, 0],
    ['is cut to whole seconds', 0, 89_500, 90],
  ])('%s', async (_, skew, age, seconds) => {
    const { postEvents, outbox } = startForwarder()
    await postEvents({ ...batchOf(relayed({ time: noon + skew - age, pixel: false })), sentAt: noon + skew })
    expect(outbox.kept[0]?.data.event_time).toBe(noon / 1000 - seconds)
  })

  test.each([
    [true, 47 * hour],
    [false, 7 * 24 * hour],
  ])('decides when the copy expires, depending on whether the pixel has the event: %s', async (pixel, after) => {
    const { kept } = await keep({ pixel })
    expect(kept[0]?.expires).toBe(noon / 1000 - 60 + after)
  })
})

test('an order is counted once, any other event each time', async () => {
  expect((await keep({})).kept[0]?.order).toBe(true)
  const send = [{ event: 'AddToCart', parameters: {} }]
  expect((await keep({ eventName: 'Added To Cart', send })).kept[0]?.order).toBe(false)
})

describe('the forwarder’s own mapping decides', () => {
  const pageview = { eventName: '$page_load', send: [{ event: 'Pageview', parameters: {} }] }
  const rows: [
    title: string,
    event: Partial<RelayedEvent>,
    mapping: NonNullable<ForwarderConfig['mapping']>,
    isKept: boolean,
  ][] = [
    ['drops a page view, which only the pixel gets', pageview, {}, false],
    [
      'sends a page view if a row sends it to both',
      pageview,
      { events: { $page_load: { event: 'PageView', forward: 'client_and_server' } } },
      true,
    ],
    [
      'drops a row with forward client',
      {},
      { events: { 'Placed Order': { event: 'Purchase', forward: 'client' } } },
      false,
    ],
    [
      'sends a row with forward server',
      {},
      { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } },
      true,
    ],
    ['drops a row that is switched off', {}, { events: { 'Placed Order': false } }, false],
    ['drops a TikTok event of another row', {}, { events: { 'Placed Order': 'Subscribe' } }, false],
    ['accepts an old name of the same TikTok event', {}, { events: { 'Placed Order': 'CompletePayment' } }, true],
    [
      'sends a row with a condition, which the page has checked',
      {},
      { events: { 'Placed Order': { event: 'Purchase', when: { property: 'a', operator: 'equal', value: 1 } } } },
      true,
    ],
    ['drops an event without a row in custom mode', {}, { mode: 'custom', events: { Lead: 'Lead' } }, false],
    ['sends all rows in server_only', {}, { mode: 'server_only' }, true],
  ]
  test.each(rows)('%s', async (_, event, mapping, isKept) => {
    const { answer, kept } = await keep(event, { mapping })
    expect([answer.status, kept.length]).toEqual(isKept ? [202, 1] : [400, 0])
    if (!isKept) expect(answer.body.problems?.[0]?.path).toBe('events[0].send[0].event')
  })

  test.each(oldNames)('sends an older page’s %s as %s', async (old, current) => {
    const mapping = { events: { 'Placed Order': current } }
    const { answer, kept } = await keep({ send: [{ event: old, parameters }] }, { mapping })
    expect([answer.status, answer.body.problems]).toEqual([202, []])
    expect(kept.map(({ data }) => data.event)).toEqual([current])
  })

  test('sends an event once if an older page posts two of its names', async () => {
    const send = ['Lead', 'SubmitForm'].map((event) => ({ event, parameters }))
    const mapping = { events: { 'Placed Order': ['SubmitForm', 'Lead'] } }
    const { answer, kept } = await keep({ send }, { mapping })
    expect([answer.status, answer.body.problems]).toEqual([202, []])
    expect(kept.map(({ data }) => data.event)).toEqual(['Lead'])
  })

  test('does not repeat the page’s filters, whose properties it does not have', async () => {
    const filters = [{ event: '*', any: [{ property: 'source_name', operator: 'equal' as const, value: 'web' }] }]
    expect((await keep({}, { filters })).kept).toHaveLength(1)
  })

  test('sends the mapped ones of several TikTok events', async () => {
    const send = ['Purchase', 'Subscribe'].map((event) => ({ event, parameters }))
    const { answer, kept } = await keep({ send })
    expect(kept.map(({ data }) => data.event)).toEqual(['Purchase'])
    expect(answer.status).toBe(202)
    expect(answer.body.problems?.map(({ path }) => path)).toEqual(['events[0].send[1].event'])
  })
})

describe('the forwarder checks consent', () => {
  const modes: [mode: ConsentMode, unknown: boolean, granted: boolean, denied: boolean][] = [
    ['always', true, true, true],
    ['always_server', true, true, true],
    ['implied', true, true, false],
    ['require', false, true, false],
  ]
  const cells = modes.flatMap(([mode, unknown, granted, denied]): [ConsentMode, Decision | undefined, boolean][] => [
    [mode, undefined, unknown],
    [mode, 'granted', granted],
    [mode, 'denied', denied],
  ])
  test.each(cells)('%s, %s: the server copy is sent: %s', async (consent, marketing, goes) => {
    const { answer, kept } = await keep({ consent: { marketing } }, { consent })
    expect([answer.status, kept.length]).toEqual(goes ? [202, 1] : [400, 0])
    if (!goes) expect(answer.body.problems?.[0]?.path).toBe('events[0].consent')
  })

  test('the default mode is always', async () => {
    expect((await keep({ consent: { marketing: 'denied' } })).kept).toHaveLength(1)
  })

  test('a decision without marketing denies it', async () => {
    expect((await keep({ consent: { analytics: 'granted' } }, { consent: 'implied' })).kept).toHaveLength(0)
  })

  test('always_server without a grant sends only what track() was given', async () => {
    const event = { ttclid: 'E.C.P.abc', ttp: 'ttp-1', locale: 'de' }
    const bare = await keep(
      { ...event, consent: {} },
      { consent: 'always_server' },
      { 'user-agent': 'U' },
      { ip: '1.2.3.4' },
    )
    expect(bare.data?.user).toEqual({ email: hash })
    const granted = await keep(event, { consent: 'always_server' }, { 'user-agent': 'U' }, { ip: '1.2.3.4' })
    expect(granted.data?.user).toMatchObject({ ...event, ip: '1.2.3.4', user_agent: 'U' })
  })
})

describe('Global Privacy Control', () => {
  const gpc = { 'sec-gpc': '1' }
  test.each([
    ['limits data use by default', {}, gpc, true],
    ['limits data use with gpc: limit', { gpc: 'limited_data_use' }, gpc, true],
    ['has no effect with gpc: ignore', { gpc: 'ignore' }, gpc, undefined],
    ['counts only if the header is 1', {}, { 'sec-gpc': '0' }, undefined],
    ['is not needed if the shop limits data use for everybody', { limitedDataUse: true, gpc: 'ignore' }, {}, true],
  ] satisfies [string, Partial<ForwarderConfig>, object, true | undefined][])(
    '%s',
    async (_, config, headers, limited) => {
      expect((await keep({}, config, headers)).data?.limited_data_use).toBe(limited)
    },
  )

  test.each([
    ['denies if there is no decision', undefined, 0],
    ['does not override a grant', 'granted', 1],
    ['does not override a denial', 'denied', 0],
  ] as const)('with gpc: deny %s', async (_, marketing, count) => {
    const { kept } = await keep({ consent: { marketing } }, { consent: 'implied', gpc: 'deny' }, gpc)
    expect(kept).toHaveLength(count)
  })

  test.each(['always', 'always_server', 'implied', 'require'] as const)(
    'with gpc: deny stops the server copy under %s, by header or as posted by the page',
    async (consent) => {
      const config = { gpc: 'deny', consent } as const
      expect((await keep({ consent: {} }, config, gpc)).kept).toHaveLength(0)
      expect((await keep({ consent: { marketing: 'denied' }, gpc: true }, config, {})).kept).toHaveLength(0)
      expect((await keep({ consent: { marketing: 'granted' }, gpc: true }, config, {})).kept).toHaveLength(1)
    },
  )

  test('limits data use as posted by the page, without a header', async () => {
    expect((await keep({ gpc: true }, {}, {})).kept[0]?.data.limited_data_use).toBe(true)
    expect((await keep({ gpc: true }, { gpc: 'ignore' }, {})).kept[0]?.data.limited_data_use).toBeUndefined()
  })
})

describe('the visitor’s IP', () => {
  const forwarded = { 'x-forwarded-for': '6.6.6.6, 198.51.100.9' }
  test.each([
    ['is the platform’s', {}, {}, '203.0.113.7', '203.0.113.7'],
    ['ignores a forged X-Forwarded-For', {}, forwarded, '203.0.113.7', '203.0.113.7'],
    ['is unknown if only X-Forwarded-For has it', {}, forwarded, undefined, undefined],
    [
      'behind a trusted proxy is the last address of X-Forwarded-For',
      { trustProxy: true },
      forwarded,
      '10.0.0.1',
      '198.51.100.9',
    ],
    ['is the platform’s if the proxy wrote none', { trustProxy: true }, {}, '203.0.113.7', '203.0.113.7'],
    ['may be IPv6', {}, {}, '2001:db8::7', '2001:db8::7'],
    ['may be IPv6 in brackets, with a port', {}, {}, '[2001:db8::7]:443', '2001:db8::7'],
    ['loses its port', {}, {}, '203.0.113.7:5123', '203.0.113.7'],
    ['is IPv4 on an IPv6 socket too', {}, {}, '::ffff:203.0.113.7', '203.0.113.7'],
    ['is left out if it is not a valid address', {}, {}, '203.0.113.777', undefined],
    ['is left out if a part of it could be octal', {}, {}, '203.0.113.010', undefined],
    ['is left out if it only looks like IPv6', {}, {}, '::::', undefined],
    [
      'is left out if it is not an address',
      { trustProxy: true },
      { 'x-forwarded-for': 'jane@example.com' },
      undefined,
      undefined,
    ],
  ] satisfies [string, Partial<ForwarderConfig>, object, string | undefined, string | undefined][])(
    '%s',
    async (_, config, headers, ip, expected) => {
      expect((await keep({}, config, headers, { ip })).data?.user.ip).toBe(expected)
    },
  )
})

describe('page URLs', () => {
  test.each([
    ['https://www.shop.test/a?ref=1&email=jane@example.com&x=2', /^https:\/\/www\.shop\.test\/a\?ref=1.*x=2$/],
    ['https://www.shop.test/a?u=jane%40example.com', /^https:\/\/www\.shop\.test\/a\?/],
    ['https://www.shop.test/reset?token=secret', /^https:\/\/www\.shop\.test\/reset\?/],
    ['https://www.shop.test/orders/jane@example.com/1', /^https:\/\/www\.shop\.test\/orders\//],
    ['https://www.shop.test/a?key=secret#phone=017012345', /^https:\/\/www\.shop\.test\/a\?/],
  ])('the personal parts of %s are removed', async (url, clean) => {
    const { data } = await keep({ page: { url, referrer: url } })
    expect(data?.page.url).toMatch(clean)
    expect(data?.page.referrer).toBe(data?.page.url)
    expect(JSON.stringify(data?.page)).not.toMatch(/jane|secret|0170/)
  })

  test.each(['?keyword=cap&page=2', '?utm_term=cap#key-facts', '#email', '/token/'])(
    '%s has no personal parts and is kept',
    async (rest) => {
      const url = `https://www.shop.test/a${rest}`
      expect((await keep({ page: { url, referrer: '' } })).data?.page.url).toBe(url)
    },
  )

  test.each(['apikey', 'api_key', 'accessToken', 'customer[email]', 'PHONE', 'phone_number'])(
    'the value of %s is removed',
    async (name) => {
      const url = `https://www.shop.test/a?x=1&${name}=01234`
      expect((await keep({ page: { url, referrer: '' } })).data?.page.url).toBe('https://www.shop.test/a?x=1&')
    },
  )

  test('a long one is read quickly, whatever it contains', () => {
    const url = `https://www.shop.test/?${'token'.repeat(200_000)}`
    expect(cleanUrl(url)).toBe(url)
  })

  test.each(['', 'javascript:alert(1)', 'about:srcdoc', '/a', 'https://'])('%j is not a page URL', async (url) => {
    expect((await keep({ page: { url, referrer: url } })).data?.page).toEqual({})
  })

  test('a long one is cut', async () => {
    const { data } = await keep({ page: { url: `https://www.shop.test/?q=${'a'.repeat(5000)}`, referrer: '' } })
    expect(data?.page.url).toHaveLength(2000)
  })
})

test('a test code is honored only if the config allows it, and does not replace the real order', async () => {
  const { kept } = await keep({ test: 'TEST-123' }, { allowTest: true })
  expect(kept).toMatchObject([{ test_event_code: 'TEST-123', order: false }])
  const ignored = await keep({ test: 'TEST123' })
  expect(ignored.kept[0]?.test_event_code).toBeUndefined()
  expect(ignored.kept[0]?.order).toBe(true)
})
