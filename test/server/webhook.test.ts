import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import type { ConsentMode, Filter } from '../../src/types.ts'
import { noon, startForwarder } from './start-forwarder.ts'

const hour = 3600
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const order = {
  event_name: 'Placed Order',
  event_id: 'order-1001',
  timestamp: '2026-03-01T11:00:00Z',
  properties: {
    id: 1001,
    total_price: '94.80',
    currency: 'eur',
    $email: ' Jane@Example.com ',
    $is_new_customer: false,
    source_name: 'web',
    items: [{ product_id: 9010, variant_id: 90101, name: 'Cap', price: '19.90', quantity: 2 }],
  },
  profile_properties: { $phone_number: '+49 (170) 123-4567', $first_name: 'Jane', $city: 'Berlin', $customer_id: 77 },
  aliases: ['urn:email:other@example.com', 'urn:customer_id:77'],
}

async function send(event: unknown, config: Partial<ForwarderConfig> = {}) {
  const { postWebhook, outbox } = startForwarder(config)
  const answer = await postWebhook(event)
  return { answer, kept: outbox.kept, data: outbox.kept[0]?.data }
}

const withProfile = (profile: object, properties: object = {}) => ({
  ...order,
  properties: { ...order.properties, $email: undefined, ...properties },
  profile_properties: profile,
  aliases: [],
})

test('a server’s order runs the whole pipeline', async () => {
  const { answer, kept } = await send(order, { domain: 'www.shop.test' })
  expect([answer.status, answer.body]).toEqual([202, { accepted: 1, statuses: { success: 1 }, problems: [] }])
  expect(kept).toEqual([
    {
      data: {
        event: 'Purchase',
        event_time: noon / 1000 - hour,
        event_id: 'order-1001',
        user: {
          email: sha256('jane@example.com'),
          phone: sha256('+491701234567'),
          external_id: sha256('77'),
          first_name: sha256('jane'),
          city: 'berlin',
        },
        page: { url: 'https://www.shop.test' },
        properties: {
          contents: [{ content_id: '90101', content_type: 'product', content_name: 'Cap', price: 19.9, quantity: 2 }],
          content_type: 'product',
          num_items: 2,
          value: 94.8,
          currency: 'EUR',
          order_id: '1001',
        },
      },
      expires: noon / 1000 - hour + 47 * hour,
      order: true,
      orderName: 'Placed Order',
      source: 'signed',
    },
  ])
})

test('an e-mail address that stands in the place of a place is left out', async () => {
  const { data } = await send(withProfile({ $city: 'jane@example.com', $state: 'BE', $country_code: 'j@x.de' }))
  expect(data?.user).toEqual({ state: 'be' })
})

test('raw personal data does not reach the outbox', async () => {
  const { kept } = await send({
    ...order,
    properties: {
      ...order.properties,
      $url: 'https://www.shop.test/thanks?email=jane@example.com',
      note: 'Jane Doe, +491701234567',
      $zip_code: '10115',
    },
    profile_properties: { ...order.profile_properties, $last_name: 'Doe', $ip: '203.0.113.7' },
  })
  expect(kept).toHaveLength(1)
  expect(JSON.stringify(kept)).not.toMatch(/jane|doe|1234567|10115|other@/i)
})

test('a new customer’s order is two events of one id', async () => {
  const { answer, kept } = await send({ ...order, properties: { ...order.properties, $is_new_customer: 'true' } })
  expect(answer.body.accepted).toBe(1)
  expect(kept.map(({ data }) => [data.event, data.event_id, data.properties.value])).toEqual([
    ['Purchase', 'order-1001', 94.8],
    ['NewCustomerPurchase', 'order-1001', 94.8],
  ])
})

describe('event ids', () => {
  test.each([
    ['text stays as it is', { event_id: ' a b ' }, ' a b '],
    ['a number becomes text', { event_id: 42 }, '42'],
    ['an order without one has its own id', { event_id: null }, '1001'],
    ['so has one that is a GID', { event_id: undefined, properties: { id: 'gid://shopify/Order/55' } }, '55'],
  ])('%s', async (_, more, id) => {
    expect((await send({ ...order, ...more })).data?.event_id).toBe(id)
  })

  test('anything else without one has a random one', async () => {
    const { kept } = await send([{ event_name: 'Searched' }, { event_name: 'Searched' }])
    const [first, second] = kept.map(({ data }) => data.event_id)
    expect(first).toMatch(/^[\da-f-]{36}$/)
    expect(first).not.toBe(second)
  })
})

describe('time', () => {
  const seconds = noon / 1000
  test.each([
    ['Unix seconds', seconds - 10, seconds - 10],
    ['Unix seconds with a fraction', seconds - 9.5, seconds - 10],
    ['Unix seconds as text', String(seconds - 10), seconds - 10],
    ['milliseconds, which are understood', noon - 10_000, seconds - 10],
    ['ISO 8601 in UTC', '2026-03-01T11:59:50Z', seconds - 10],
    ['ISO 8601 with an offset', '2026-03-01T12:59:50.000+01:00', seconds - 10],
    ['ISO 8601 with an offset without a colon', '2026-03-01T06:59:50-0500', seconds - 10],
    ['ISO 8601 with hours alone, and a blank', '2026-03-01 12:59:50+01', seconds - 10],
    ['blanks around it', ' 2026-03-01T11:59:50Z ', seconds - 10],
    ['milliseconds as text', String(noon - 10_000), seconds - 10],
    ['none: now', undefined, seconds],
    ['null: now', null, seconds],
    ['the future: now', '2027-01-01T00:00:00Z', seconds],
  ])('%s', async (_, timestamp, expected) => {
    expect((await send({ ...order, timestamp })).data?.event_time).toBe(expected)
  })

  test.each([
    ['a row that the page sends too', {}, 47],
    [
      'a row for the server alone',
      { mapping: { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } } },
      7 * 24,
    ],
    ['a config without a pixel', { mapping: { mode: 'server_only' } }, 7 * 24],
  ] satisfies [string, Partial<ForwarderConfig>, number][])('%s expires accordingly', async (_, config, hours) => {
    const { kept } = await send(order, config)
    expect(kept[0]?.expires).toBe(noon / 1000 - hour + hours * hour)
  })
})

describe('an event that is not sent by design is not a problem', () => {
  const filters = [
    { event: 'Placed Order', any: [{ property: 'source_name', operator: 'not_equal' as const, value: 'web' }] },
  ]
  test.each([
    ['filtered', order, { filters }],
    ['skipped', { ...order, event_name: 'Viewed Cart' }, {}],
    ['skipped', { ...order, event_name: '$page_load' }, {}],
    ['skipped', order, { mapping: { events: { 'Placed Order': { event: 'Purchase', forward: 'client' } } } }],
    ['no_consent', order, { consent: 'require' }],
  ] satisfies [string, object, Partial<ForwarderConfig>][])('%s', async (status, event, config) => {
    const { answer, kept } = await send(event, config)
    expect([answer.status, answer.body]).toEqual([202, { accepted: 0, statuses: { [status]: 1 }, problems: [] }])
    expect(kept).toEqual([])
  })

  test('a filter lets the others through', async () => {
    const { kept } = await send({ ...order, properties: { ...order.properties, source_name: 'pos' } }, { filters })
    expect(kept).toHaveLength(1)
  })
})

describe('the sales channel', () => {
  const fromWeb: Filter[] = [
    { event: '*', any: [{ property: '$sales_channel_type', operator: 'equal', value: 'web' }] },
  ]
  test.each<[title: string, properties: object, passes: boolean]>([
    ['web where none is named', { source_name: undefined }, true],
    ['web where it is null', { $sales_channel_type: null }, true],
    ['web where it is empty', { $sales_channel_type: ' ' }, true],
    ['web where the source is a checkout', { source_name: 'checkout' }, true],
    ['web where the event says so, whatever the source', { $sales_channel_type: 'web', source_name: 'pos' }, true],
    ['the till’s where Shopify names it', { source_name: 'pos' }, false],
    ['a subscription’s where Shopify names it', { source_name: 'subscription_contract' }, false],
    ['as the event says', { $sales_channel_type: 'pos' }, false],
  ])('is %s', async (_, properties, passes) => {
    const { answer, kept } = await send(
      { ...order, properties: { ...order.properties, ...properties } },
      { filters: fromWeb },
    )
    expect(answer.body.statuses).toEqual(passes ? { success: 1 } : { filtered: 1 })
    expect(kept).toHaveLength(passes ? 1 : 0)
  })

  test.each(['pos', 'subscription_contract'])('may be asked for by a filter: %s', async (source_name) => {
    const filters: Filter[] = [
      { event: '*', any: [{ property: '$sales_channel_type', operator: 'equal', value: source_name }] },
    ]
    expect((await send({ ...order, properties: { ...order.properties, source_name } }, { filters })).kept).toHaveLength(
      1,
    )
  })
})

test.each([
  ['Purchase', 'Placed Order'],
  ['AddToCart', 'Added To Cart'],
  ['order_completed', 'Placed Order'],
  ['Placed Ordr', 'Placed Order'],
])('an event that is skipped for want of a row is told the name that is meant: %s', async (event_name, meant) => {
  const message = `has no row in the mapping. Did you mean "${meant}"?`
  const one = await send({ ...order, event_name })
  expect([one.answer.status, one.answer.body]).toEqual([
    202,
    { accepted: 0, statuses: { skipped: 1 }, problems: [{ path: 'event_name', message }] },
  ])
  const several = await send({ events: [order, { ...order, event_name }] })
  expect(several.answer.body).toMatchObject({ accepted: 1, problems: [{ path: 'events[1].event_name', message }] })
  const switchedOff = await send({ ...order, event_name }, { mapping: { events: { [event_name]: false } } })
  expect(switchedOff.answer.body).toMatchObject({ problems: [] })
})

test('a custom event gets the name in its mapping row', async () => {
  const { data } = await send(
    { event_name: 'Renewed Twice', event_id: 'r', properties: { total_price: 5, currency: 'USD' } },
    { mapping: { events: { 'Renewed Twice': 'LoyalCustomer' } } },
  )
  expect(data).toMatchObject({ event: 'LoyalCustomer', properties: { value: 5, currency: 'USD' } })
})

test('several events may come as a list, or in events', async () => {
  const three = [order, { ...order, event_id: '2' }, { ...order, event_name: 'Viewed Cart' }]
  for (const body of [three, { events: three }]) {
    const { answer, kept } = await send(body)
    expect(answer.body).toEqual({ accepted: 2, statuses: { success: 2, skipped: 1 }, problems: [] })
    expect(kept.map(({ data }) => data.event_id)).toEqual(['order-1001', '2'])
  }
})

test('a bare event is enough', async () => {
  const { data } = await send({ event_name: 'Cancelled Subscription' })
  expect(data).toMatchObject({ event: 'CancelSubscription', user: {}, page: {}, properties: {} })
})

test('a shop of PHP writes [] for an object in which nothing stands', async () => {
  const { answer, data } = await send({ ...order, profile_properties: [], aliases: [] })
  expect([answer.status, data?.event_id]).toEqual([202, order.event_id])
  expect((await send({ event_name: 'Cancelled Subscription', properties: [] })).data?.properties).toEqual({})
})

describe('consent comes with the event', () => {
  const cells: [mode: ConsentMode, consent: unknown, goes: boolean][] = [
    ['always', undefined, true],
    ['always', { marketing: 'denied' }, true],
    ['always_server', undefined, true],
    ['always_server', { marketing: 'denied' }, true],
    ['implied', undefined, true],
    ['implied', {}, true],
    ['implied', [], true],
    ['implied', '[]', true],
    ['implied', 'denied', false],
    ['implied', { marketing: 'denied' }, false],
    ['implied', { analytics: 'granted' }, false],
    ['require', undefined, false],
    ['require', '', false],
    ['require', {}, false],
    ['require', [], false],
    ['require', 'granted', true],
    ['require', { marketing: 'granted' }, true],
    ['require', '{"analytics":"denied","marketing":"granted"}', true],
    ['require', { marketing: 'denied' }, false],
  ]
  test.each(cells)('%s, %j: the event is sent: %s', async (consent, $consent, goes) => {
    for (const profile of [{ $consent }, { consent: $consent }]) {
      expect((await send(withProfile(profile), { consent })).kept).toHaveLength(goes ? 1 : 0)
    }
  })

  test('the server’s request headers are not used for the visitor', async () => {
    const { postWebhook, outbox } = startForwarder({ trustProxy: true })
    await postWebhook(withProfile({}), { 'sec-gpc': '1', 'user-agent': 'curl/8', 'x-forwarded-for': '198.51.100.9' })
    expect(outbox.kept[0]?.data.user).toEqual({})
    expect(outbox.kept[0]?.data.limited_data_use).toBeUndefined()
  })
})

describe('the page context', () => {
  const known = { ttclid: 'E.C.P.abc', ttp: 'ttp-1', ip: '203.0.113.7', user_agent: 'Shopper' }
  test.each([
    ['by its $ names', { $ip: known.ip, $user_agent: known.user_agent, $ttclid: known.ttclid, $ttp: known.ttp }, known],
    [
      'as converge.context() gave it',
      {
        ttclid: known.ttclid,
        ttp: known.ttp,
        userAgent: 'Shopper',
        external_id: sha256('visitor'),
        consent: {},
        url: '',
      },
      { ttclid: known.ttclid, ttp: known.ttp, user_agent: 'Shopper', external_id: sha256('visitor') },
    ],
    ['an external_id in the clear is hashed', { external_id: '77' }, { external_id: sha256('77') }],
    [
      'a customer’s id wins over the visitor’s',
      { $customer_id: 1, external_id: sha256('v') },
      { external_id: sha256('1') },
    ],
    ['the locale', { $locale: 'de-AT' }, { locale: 'de-AT' }],
    ['the locale, as WordPress writes it', { locale: ' pt_BR ' }, { locale: 'pt_BR' }],
    ['a locale that is none is left out', { $locale: 'jane@example.com' }, {}],
    ['what is unfit is left out', { $ip: 'jane', $ttclid: 'a b', $ttp: { a: 1 }, $user_agent: null }, {}],
  ])('%s', async (_, profile, user) => {
    expect((await send(withProfile(profile))).data?.user).toEqual(user)
  })

  test.each([
    ['the event’s own wins', { $locale: 'fr' }, { $locale: 'de' }, 'fr'],
    ['the profile’s fills in', { $locale: 'no locale' }, { $locale: 'de' }, 'de'],
  ])('of two locales %s', async (_, properties, profile, locale) => {
    expect((await send(withProfile(profile, properties))).data?.user.locale).toBe(locale)
  })

  test.each([
    [
      'the event’s own URL',
      { $url: 'https://www.shop.test/a' },
      { url: 'https://www.shop.test/b' },
      'https://www.shop.test/a',
    ],
    ['the context’s', {}, { url: 'https://www.shop.test/b' }, 'https://www.shop.test/b'],
    ['the shop’s', {}, {}, 'https://shop.test'],
    ['none that is none', { $url: 'javascript:1' }, {}, undefined],
  ])('the page is %s', async (_, properties, profile, url) => {
    expect((await send(withProfile(profile, properties), { domain: 'shop.test' })).data?.page.url).toBe(url)
  })

  test.each(['https://Shop.test/', '.shop.test', 'shop.test:8080/a'])(
    'the shop’s page is its host, however its domain is written: %s',
    async (domain) => {
      expect((await send(withProfile({}), { domain })).data?.page.url).toBe('https://shop.test')
    },
  )
})

describe('identity', () => {
  test.each([
    [
      'the event’s e-mail wins over the profile’s',
      { $email: 'a@shop.test' },
      { $email: 'b@shop.test' },
      ['urn:email:c@shop.test'],
      'a@shop.test',
    ],
    ['the profile’s fills in', { $email: null }, { $email: 'b@shop.test' }, ['urn:email:c@shop.test'], 'b@shop.test'],
    ['an alias fills in', {}, {}, ['urn:cart_token:1', 'urn:email:C@shop.test'], 'c@shop.test'],
    ['junk is nobody', { $email: 'undefined' }, {}, ['urn:email:undefined'], undefined],
    ['no aliases are none', {}, {}, null, undefined],
  ])('%s', async (_, properties, profile, aliases, email) => {
    const { data } = await send({ ...withProfile(profile, properties), aliases })
    expect(data?.user.email).toBe(email && sha256(email))
  })

  test('a value that is already hashed is accepted', async () => {
    const { data } = await send(withProfile({ $email: sha256('x').toUpperCase(), $phone_number: sha256('y') }))
    expect(data?.user).toEqual({ email: sha256('x'), phone: sha256('y') })
  })

  test.each([
    ['in the profile', { $phone_number: '0170 1234567', $country_code: 'DE' }, {}],
    ['in the event, with the profile’s country', { $country_code: 'de' }, { $phone_number: '0170/1234567' }],
  ])('a national phone number gets its country’s prefix: %s', async (_, profile, properties) => {
    expect((await send(withProfile(profile, properties))).data?.user.phone).toBe(sha256('+491701234567'))
  })

  test('a phone number that begins with its country’s calling code gets no second one', async () => {
    const { data } = await send(withProfile({ $phone_number: '491712345678', $country_code: 'DE' }))
    expect(data?.user.phone).toBe(sha256('+491712345678'))
  })

  test('of lists of e-mails and phones, the first valid ones count', async () => {
    const $email = [null, 'jane', 'me@x.com', 'other@x.com']
    const $phone_number = ['', '12', '0171 2345678 ext. 9', '+49 30 901820']
    const known = { email: sha256('me@x.com'), phone: sha256('+491712345678') }
    const profile = { $email, $phone_number, $country_code: 'DE' }
    expect((await send(withProfile(profile, { $email: undefined }))).data?.user).toEqual({ ...known, country: 'de' })
    expect((await send(withProfile({}, profile))).data?.user).toEqual({ ...known, country: 'de' })
  })

  test('a national phone number without a country is left out', async () => {
    expect((await send(withProfile({ $phone_number: '0170 1234567' }))).data?.user).toEqual({})
  })
})

describe('Global Privacy Control from converge.context()', () => {
  test.each([true, 'true'])('limits data use by default: %j', async (gpc) => {
    expect((await send(withProfile({ gpc }))).data?.limited_data_use).toBe(true)
    expect((await send(withProfile({ $gpc: gpc }))).data?.limited_data_use).toBe(true)
  })

  test.each([false, 'false', undefined, 1, ''])('counts only if it is true: %j', async (gpc) => {
    expect((await send(withProfile({ gpc }), { gpc: 'deny' })).data?.limited_data_use).toBeUndefined()
  })

  test('is ignored if the config says so', async () => {
    expect((await send(withProfile({ gpc: true }), { gpc: 'ignore' })).data?.limited_data_use).toBeUndefined()
  })

  test.each(['always', 'always_server', 'implied', 'require'] as const)(
    'is a denial under %s where the config says so, until a grant',
    async (consent) => {
      const config = { gpc: 'deny', consent } as const
      expect((await send(withProfile({ gpc: true }), config)).kept).toHaveLength(0)
      expect((await send(withProfile({ gpc: true, consent: 'denied' }), config)).kept).toHaveLength(0)
      expect((await send(withProfile({ gpc: true, consent: 'granted' }), config)).kept).toHaveLength(1)
    },
  )
})

test('limited data use may be the shop’s for all', async () => {
  expect((await send(order, { limitedDataUse: true })).data?.limited_data_use).toBe(true)
})

describe('an order without an id', () => {
  const nameless = { ...order, event_id: null, properties: { ...order.properties, id: null } }

  test.each<[title: string, event: object]>([
    ['neither an event_id nor an id', nameless],
    ['blank ones', { ...order, event_id: undefined, properties: { ...order.properties, id: ' ' } }],
    ['properties without it', { event_name: 'Placed Order' }],
    ['a subscription', { event_name: 'Started Subscription', properties: { order_id: 1001 } }],
  ])('is taken, and the answer tells of it: %s', async (_, event) => {
    const { answer, kept } = await send(event)
    expect(kept).toHaveLength(1)
    expect([answer.status, answer.body]).toEqual([
      202,
      {
        accepted: 1,
        statuses: { success: 1 },
        problems: [{ path: 'properties.id', message: expect.stringMatching(/^MISSING_ORDER_ID: .*event_id/) }],
      },
    ])
  })

  test.each(['order_id', 'orderId', 'transaction_id'])(
    'is named by its %s, and the answer tells of that',
    async (key) => {
      const event = { ...nameless, properties: { ...nameless.properties, [key]: 'O-7' } }
      const { answer, data } = await send({ events: [order, event] })
      expect(answer.body).toMatchObject({
        accepted: 2,
        problems: [
          { path: `events[1].properties.${key}`, message: expect.stringMatching(/^MISSING_ORDER_ID: .*\.id\.$/) },
        ],
      })
      expect(data?.event_id).toBe('order-1001')
      const { data: alone } = await send(event)
      expect([alone?.event_id, alone?.properties.order_id]).toEqual(['O-7', 'O-7'])
    },
  )

  test.each<[title: string, event: object]>([
    ['an event_id', { ...nameless, event_id: 'e-1' }],
    ['an id', { ...order, event_id: null }],
    ['another event', { event_name: 'Started Checkout', properties: { total_price: 5 } }],
  ])('has no problem with %s', async (_, event) => {
    const { answer } = await send(event)
    expect(answer.body).toEqual({ accepted: 1, statuses: { success: 1 }, problems: [] })
  })
})
