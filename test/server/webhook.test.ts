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

test('an email address in the field of a city, state or country is left out', async () => {
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
  expect(JSON.stringify(kept)).not.toMatch(/jane|doe|1234567|\b10115\b|other@/i)
})

test('a new customer’s order is two events with one ID', async () => {
  const { answer, kept } = await send({ ...order, properties: { ...order.properties, $is_new_customer: 'true' } })
  expect(answer.body.accepted).toBe(1)
  expect(kept.map(({ data }) => [data.event, data.event_id, data.properties.value])).toEqual([
    ['Purchase', 'order-1001', 94.8],
    ['NewCustomerPurchase', 'order-1001', 94.8],
  ])
})

describe('the event ID', () => {
  test.each([
    ['is kept if it is text', { event_id: ' a b ' }, ' a b '],
    ['becomes text if it is a number', { event_id: 42 }, '42'],
    ['is the order’s ID if it is missing', { event_id: null }, '1001'],
    [
      'is the number in the order’s GID if it is missing',
      { event_id: undefined, properties: { id: 'gid://shopify/Order/55' } },
      '55',
    ],
  ])('%s', async (_, more, id) => {
    expect((await send({ ...order, ...more })).data?.event_id).toBe(id)
  })

  test('is random for any other event if it is missing', async () => {
    const { kept } = await send([{ event_name: 'Searched' }, { event_name: 'Searched' }])
    const [first, second] = kept.map(({ data }) => data.event_id)
    expect(first).toMatch(/^[\da-f-]{36}$/)
    expect(first).not.toBe(second)
  })
})

describe('time', () => {
  const seconds = noon / 1000
  test.each([
    ['is read from Unix seconds', seconds - 10, seconds - 10],
    ['is read from Unix seconds with a fraction', seconds - 9.5, seconds - 10],
    ['is read from Unix seconds as text', String(seconds - 10), seconds - 10],
    ['is read from milliseconds', noon - 10_000, seconds - 10],
    ['is read from ISO 8601 in UTC', '2026-03-01T11:59:50Z', seconds - 10],
    ['is read from ISO 8601 with an offset', '2026-03-01T12:59:50.000+01:00', seconds - 10],
    ['is read from ISO 8601 with an offset without a colon', '2026-03-01T06:59:50-0500', seconds - 10],
    ['is read from ISO 8601 with a space and an offset of hours only', '2026-03-01 12:59:50+01', seconds - 10],
    ['is read with spaces around it', ' 2026-03-01T11:59:50Z ', seconds - 10],
    ['is read from milliseconds as text', String(noon - 10_000), seconds - 10],
    ['is now if it is missing', undefined, seconds],
    ['is now if it is null', null, seconds],
    ['is now if it is in the future', '2027-01-01T00:00:00Z', seconds],
  ])('%s', async (_, timestamp, expected) => {
    expect((await send({ ...order, timestamp })).data?.event_time).toBe(expected)
  })

  test.each([
    ['a row that the page sends too', {}, 47],
    [
      'a row that only the server sends',
      { mapping: { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } } },
      7 * 24,
    ],
    ['a config without a pixel', { mapping: { mode: 'server_only' } }, 7 * 24],
  ] satisfies [string, Partial<ForwarderConfig>, number][])(
    'decides when an event expires, for %s',
    async (_, config, hours) => {
      const { kept } = await send(order, config)
      expect(kept[0]?.expires).toBe(noon / 1000 - hour + hours * hour)
    },
  )
})

describe('an event that is intentionally not sent is not a problem', () => {
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

  test('of several events, those that pass the filter are sent', async () => {
    const { kept } = await send({ ...order, properties: { ...order.properties, source_name: 'pos' } }, { filters })
    expect(kept).toHaveLength(1)
  })
})

describe('the sales channel', () => {
  const fromWeb: Filter[] = [
    { event: '*', any: [{ property: '$sales_channel_type', operator: 'equal', value: 'web' }] },
  ]
  test.each<[title: string, properties: object, passes: boolean]>([
    ['web by default', { source_name: undefined }, true],
    ['web if it is null', { $sales_channel_type: null }, true],
    ['web if it is empty', { $sales_channel_type: ' ' }, true],
    ['web if the source is a checkout', { source_name: 'checkout' }, true],
    ['web if the event says so, whatever the source', { $sales_channel_type: 'web', source_name: 'pos' }, true],
    ['pos if Shopify names it', { source_name: 'pos' }, false],
    ['subscription_contract if Shopify names it', { source_name: 'subscription_contract' }, false],
    ['the event’s own', { $sales_channel_type: 'pos' }, false],
  ])('is %s', async (_, properties, passes) => {
    const { answer, kept } = await send(
      { ...order, properties: { ...order.properties, ...properties } },
      { filters: fromWeb },
    )
    expect(answer.body.statuses).toEqual(passes ? { success: 1 } : { filtered: 1 })
    expect(kept).toHaveLength(passes ? 1 : 0)
  })

  test.each(['pos', 'subscription_contract'])('can be used in a filter: %s', async (source_name) => {
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
])('the answer suggests a name for an event without a mapping row: %s', async (event_name, meant) => {
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

test('a body may be a list of events, or contain it in events', async () => {
  const three = [order, { ...order, event_id: '2' }, { ...order, event_name: 'Viewed Cart' }]
  for (const body of [three, { events: three }]) {
    const { answer, kept } = await send(body)
    expect(answer.body).toEqual({ accepted: 2, statuses: { success: 2, skipped: 1 }, problems: [] })
    expect(kept.map(({ data }) => data.event_id)).toEqual(['order-1001', '2'])
  }
})

test('a body may be one event', async () => {
  const { data } = await send({ event_name: 'Cancelled Subscription' })
  expect(data).toMatchObject({ event: 'CancelSubscription', user: {}, page: {}, properties: {} })
})

test('an empty list is read as an empty object, because PHP writes it so', async () => {
  const { answer, data } = await send({ ...order, profile_properties: [], aliases: [] })
  expect([answer.status, data?.event_id]).toEqual([202, order.event_id])
  expect((await send({ event_name: 'Cancelled Subscription', properties: [] })).data?.properties).toEqual({})
})

describe('consent is part of the event', () => {
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
    [
      'is read from properties with a $ prefix',
      { $ip: known.ip, $user_agent: known.user_agent, $ttclid: known.ttclid, $ttp: known.ttp },
      known,
    ],
    [
      'is read as converge.context() returns it',
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
    [
      'the click ID’s cookie may be sent as it is',
      { ttclid: `${known.ttclid}.1790000000000` },
      { ttclid: known.ttclid },
    ],
    ['an external_id in plain text is hashed', { external_id: '77' }, { external_id: sha256('77') }],
    [
      'a customer ID takes precedence over the visitor’s ID',
      { $customer_id: 1, external_id: sha256('v') },
      { external_id: sha256('1') },
    ],
    ['the locale', { $locale: 'de-AT' }, { locale: 'de-AT' }],
    ['the locale in the format of WordPress', { locale: ' pt_BR ' }, { locale: 'pt_BR' }],
    ['an invalid locale is left out', { $locale: 'jane@example.com' }, {}],
    ['invalid values are left out', { $ip: 'jane', $ttclid: 'a b', $ttp: { a: 1 }, $user_agent: null }, {}],
  ])('%s', async (_, profile, user) => {
    expect((await send(withProfile(profile))).data?.user).toEqual(user)
  })

  test.each([
    ['the event’s own takes precedence', { $locale: 'fr' }, { $locale: 'de' }, 'fr'],
    ['the profile’s is used if the event has none', { $locale: 'no locale' }, { $locale: 'de' }, 'de'],
  ])('contains one of two locales: %s', async (_, properties, profile, locale) => {
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
    ['left out if the URL is invalid', { $url: 'javascript:1' }, {}, undefined],
  ])('the page is %s', async (_, properties, profile, url) => {
    expect((await send(withProfile(profile, properties), { domain: 'shop.test' })).data?.page.url).toBe(url)
  })

  test.each(['https://Shop.test/', '.shop.test', 'shop.test:8080/a'])(
    'the shop’s page has the host of the domain, in any spelling: %s',
    async (domain) => {
      expect((await send(withProfile({}), { domain })).data?.page.url).toBe('https://shop.test')
    },
  )
})

describe('identity', () => {
  test.each([
    [
      'the event’s email takes precedence over the profile’s',
      { $email: 'a@shop.test' },
      { $email: 'b@shop.test' },
      ['urn:email:c@shop.test'],
      'a@shop.test',
    ],
    [
      'the profile’s is used if the event has none',
      { $email: null },
      { $email: 'b@shop.test' },
      ['urn:email:c@shop.test'],
      'b@shop.test',
    ],
    [
      'an alias is used if there is no other value',
      {},
      {},
      ['urn:cart_token:1', 'urn:email:C@shop.test'],
      'c@shop.test',
    ],
    ['placeholders identify nobody', { $email: 'undefined' }, {}, ['urn:email:undefined'], undefined],
    ['an empty list of aliases is valid', {}, {}, null, undefined],
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
  ])('a national phone number gets its country’s calling code: %s', async (_, profile, properties) => {
    expect((await send(withProfile(profile, properties))).data?.user.phone).toBe(sha256('+491701234567'))
  })

  test('a phone number that already has its country’s calling code gets no second one', async () => {
    const { data } = await send(withProfile({ $phone_number: '491712345678', $country_code: 'DE' }))
    expect(data?.user.phone).toBe(sha256('+491712345678'))
  })

  test('the first valid email and phone of a list are used', async () => {
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
    'is a denial under %s if the config says so, until a grant',
    async (consent) => {
      const config = { gpc: 'deny', consent } as const
      expect((await send(withProfile({ gpc: true }), config)).kept).toHaveLength(0)
      expect((await send(withProfile({ gpc: true, consent: 'denied' }), config)).kept).toHaveLength(0)
      expect((await send(withProfile({ gpc: true, consent: 'granted' }), config)).kept).toHaveLength(1)
    },
  )
})

test('a shop can set limited data use for everybody', async () => {
  expect((await send(order, { limitedDataUse: true })).data?.limited_data_use).toBe(true)
})

describe('an order without an ID', () => {
  const nameless = { ...order, event_id: null, properties: { ...order.properties, id: null } }

  test.each<[title: string, event: object]>([
    ['neither an event_id nor an id', nameless],
    [
      'a blank event_id and a blank id',
      { ...order, event_id: undefined, properties: { ...order.properties, id: ' ' } },
    ],
    ['properties without an id', { event_name: 'Placed Order', properties: { total_price: 5, currency: 'EUR' } }],
    [
      'a subscription',
      { event_name: 'Started Subscription', properties: { order_id: 1001, total_price: 5, currency: 'EUR' } },
    ],
  ])('is accepted, and the answer reports it: %s', async (_, event) => {
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

  test.each(['order_id', 'orderId', 'transaction_id'])('uses its %s, and the answer reports it', async (key) => {
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
  })

  test.each<[title: string, event: object]>([
    ['an event_id', { ...nameless, event_id: 'e-1' }],
    ['an id', { ...order, event_id: null }],
    ['another event', { event_name: 'Started Checkout', properties: { total_price: 5 } }],
  ])('has no problem with %s', async (_, event) => {
    const { answer } = await send(event)
    expect(answer.body).toEqual({ accepted: 1, statuses: { success: 1 }, problems: [] })
  })
})

describe('an order that TikTok cannot use fully is accepted, and the answer says what is wrong', () => {
  const problemsOf = async (properties: object, profile: object = {}) => {
    const event = {
      event_name: 'Placed Order',
      event_id: '1001',
      properties: { id: '1001', total_price: 5, currency: 'EUR', ...properties },
      profile_properties: { $email: 'jane@example.com', ...profile },
    }
    const { answer } = await send(event)
    expect([answer.status, answer.body.accepted]).toEqual([202, 1])
    return answer.body.problems ?? []
  }

  test.each([undefined, null, '', 'many', '1,299', Number.NaN, {}, []])('a value of %o', async (total_price) => {
    expect(await problemsOf({ total_price })).toEqual([
      { path: 'properties.total_price', message: expect.stringMatching(/^MISSING_VALUE_PARAMETER: /) },
    ])
  })

  test.each([undefined, null, '', 'EURO', '€', 978])('a currency of %o', async (currency) => {
    expect(await problemsOf({ currency })).toEqual([
      { path: 'properties.currency', message: expect.stringMatching(/^MISSING_CURRENCY_PARAMETER: /) },
    ])
  })

  test.each([
    ['phone', '$phone_number'],
    ['phone_number', '$phone_number'],
    ['first_name', '$first_name'],
    ['last_name', '$last_name'],
    ['city', '$city'],
    ['state', '$state'],
    ['zip', '$zip_code'],
    ['country', '$country_code'],
    ['customer_id', '$customer_id'],
    ['ip_address', '$ip'],
    ['user_agent', '$user_agent'],
  ])('a profile property %s, which needs another name', async (name, meant) => {
    expect(await problemsOf({}, { [name]: 'x' })).toEqual([
      { path: `profile_properties.${name}`, message: `is not read. Did you mean ${meant}?` },
    ])
    expect(await problemsOf({}, { [name]: 'x', [meant]: 'y' })).toEqual([])
  })

  test('but a free order, and one with the page’s context, have no problem', async () => {
    expect(await problemsOf({ total_price: 0 })).toEqual([])
    expect(await problemsOf({ total_price: '0,00 €', currency: 'eur' })).toEqual([])
    const context = { ttclid: 'E.C.P.1', ttp: 'a', visitor: 'v', external_id: 'c', url: '', userAgent: 'UA' }
    expect(await problemsOf({}, { ...context, consent: { marketing: 'granted' }, gpc: true })).toEqual([])
  })
})
