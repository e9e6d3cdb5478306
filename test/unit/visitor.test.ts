import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config, RelayedEvent, StandingProperties } from '../../src/types.ts'
import { need, relayIfAny } from './build.ts'
import { createDevice } from './device.ts'
import { goLive, identified, openPage, openShop, type Page, queued } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hex = expect.stringMatching(/^[\da-f]{64}$/)
const day = 86_400_000
const key = `converge.visitor`

const jane = { $email: ' Jane@Example.com ', $phone_number: '+43 (664) 123-4567', $first_name: 'Jane', $city: 'Wien' }
const janeHashed = { email: sha256('jane@example.com'), phone: sha256('+436641234567'), first_name: sha256('jane') }
const john = { $email: 'john@example.com' }
const johnHashed = sha256('john@example.com')

function open(config: Partial<Config> = {}, device = createDevice()) {
  return { ...openShop({ ...relayIfAny, ...config }, openPage({ device })), device }
}

async function run({ idle }: Page): Promise<void> {
  for (const { run } of idle.splice(0)) run()
  await vi.advanceTimersByTimeAsync(0)
}

/** The visitor's next page, with what it relays of one event. */
async function nextPage({ page, device }: ReturnType<typeof open>, config: Partial<Config> = {}) {
  need('relay')
  page.close()
  const next = open(config, device)
  next.track('Searched')
  await run(next.page)
  const [event] = next.page.posts[0]?.events ?? []
  return { ...next, user: event && personOf(event) }
}

/** The persons of the server copies, with their visitor IDs. */
function users(page: Page) {
  need('relay')
  return page.posts.flatMap(({ events }) => events).map(personOf)
}

const personOf = ({ user, visitor }: RelayedEvent) => ({ ...user, ...(visitor && { visitor }) })

describe('ttq.identify', () => {
  test('is called in the task of the event, before the event', () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: jane })
    expect(queued(page).map(([method]) => method)).toEqual(['identify', 'track'])
  })

  test("gets only hashes, in lower case, under the names that TikTok's pixel knows", () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: jane })
    const { email, phone } = janeHashed
    expect(identified(page)).toStrictEqual([{ email, phone_number: phone, external_id: hex }])
  })

  test('is called once for ten events', async () => {
    const { page, track } = open()
    for (let n = 0; n < 5; n++) track('Searched', {}, { profileProperties: jane })
    await run(page)
    goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    for (let n = 0; n < 5; n++) track('Placed Order', { id: n, ...jane })
    expect(identified(page)).toHaveLength(1)
  })

  test('is called again for a new match key, before the event that contains it', () => {
    const { page, track } = open()
    track('$page_load')
    track('Searched', {}, { profileProperties: { $email: jane.$email } })
    track('Searched')
    track('Placed Order', { id: 1, $phone_number: jane.$phone_number })
    expect(queued(page).map(([method]) => method)).toEqual([
      ...['identify', 'track'],
      ...['identify', 'track', 'track'],
      ...['identify', 'track'],
    ])
    const { email, phone } = janeHashed
    const ids = identified(page).map((person) => Object(person).external_id)
    expect(new Set(ids).size).toBe(1)
    expect(identified(page).at(-1)).toEqual({ email, phone_number: phone, external_id: hex })
  })

  test('is not called for names and places only, because the pixel never sends them', () => {
    const { page, track } = open()
    track('Searched')
    track('Searched', {}, { profileProperties: { $first_name: 'Jane', $city: 'Wien' } })
    expect(identified(page)).toHaveLength(1)
  })

  test('is never called with placeholders or junk', () => {
    const { page, track } = open()
    const junk = { $email: 'undefined', $phone_number: null, $customer_id: '0' }
    track('Searched', junk, { profileProperties: { $email: '' }, aliases: ['urn:email:undefined', 'urn:email:null'] })
    expect(identified(page)).toStrictEqual([{ external_id: hex }])
  })

  test("is called for two persons in turn: the second person's hits wait until the first person's hits have left", async () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: jane })
    track('Searched', {}, { profileProperties: john })
    await run(page)
    expect(queued(page).map(([method]) => method)).toEqual(['identify', 'track'])
    goLive(page)
    await vi.advanceTimersByTimeAsync(5000)
    expect(queued(page).map(([method]) => method)).toEqual(['identify', 'track', 'identify', 'track'])
    expect(identified(page).at(-1)).toStrictEqual({ email: johnHashed, external_id: hex })
  })

  test('causes no unhandled rejection for a second person if the ttq throws', async () => {
    const { page, track } = open()
    const rejected = vi.fn()
    process.on('unhandledRejection', rejected)
    track('Searched', {}, { profileProperties: jane })
    await run(page)
    goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    track('Searched', {}, { profileProperties: john })
    Object.assign(page.window, {
      ttq: Object.assign(page.ttq, {
        identify() {
          throw new Error('a wrapper of some other script')
        },
      }),
    })
    await vi.advanceTimersByTimeAsync(5000)
    vi.useRealTimers()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', rejected)
    expect(rejected).not.toHaveBeenCalled()
  })
})

describe('the relay', () => {
  test('carries the same hashes as ttq.identify, and the match keys that only the Events API accepts', async () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: { ...jane, $customer_id: 1042 } })
    await run(page)
    expect(users(page)).toStrictEqual([{ ...janeHashed, city: 'wien', external_id: sha256('1042'), visitor: hex }])
    const { email, phone: phone_number } = janeHashed
    expect(identified(page)).toStrictEqual([{ email, phone_number, external_id: sha256('1042') }])
  })

  test.each<[title: string, properties: object, options: object]>([
    ['profileProperties', {}, { profileProperties: jane }],
    ['$-properties', jane, {}],
    ['an alias', {}, { aliases: ['urn:email:Jane@Example.com'] }],
    ['a hash', { $email: janeHashed.email.toUpperCase() }, {}],
  ])('identifies the visitor by %s', async (_, properties, options) => {
    const { page, track } = open()
    track('Searched', properties, options)
    await run(page)
    expect(users(page)[0]?.email).toBe(janeHashed.email)
  })

  test('identifies two persons in one task, each with their own event', async () => {
    need('relay')
    const { page, track } = open()
    track('Searched', {}, { profileProperties: jane })
    track('Searched', {}, { profileProperties: john })
    await run(page)
    expect(page.posts).toHaveLength(1)
    const [first, second] = users(page)
    expect(first).toMatchObject(janeHashed)
    expect(second).toStrictEqual({ email: johnHashed, visitor: hex })
    expect(second?.visitor).not.toBe(first?.visitor)
  })
})

describe('the visitor', () => {
  test('is known to the events after the one that named them', async () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: jane })
    track('Searched')
    await run(page)
    expect(users(page)[1]).toEqual(users(page)[0])
    expect(users(page)[1]).toMatchObject(janeHashed)
  })

  test.each<[title: string, eventName: string, config: Partial<Config>]>([
    ['no row takes', 'Logged In', {}],
    ['is switched off', 'Started Checkout', { mapping: { events: { 'Started Checkout': false } } }],
    [
      'a filter holds back',
      'Started Checkout',
      { filters: [{ event: 'Started Checkout', any: [{ property: 'x', operator: 'is_set' }] }] },
    ],
  ])('is learned from an event that %s', async (_, eventName, config) => {
    const { page, track } = open(config)
    track(eventName, {}, { profileProperties: jane })
    track('Searched')
    await run(page)
    expect(users(page).at(-1)).toMatchObject(janeHashed)
  })

  test('is replaced by one with another email: all former data is dropped', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    shop.track('Searched', {}, { profileProperties: john })
    await run(shop.page)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ email: johnHashed, visitor: users(shop.page)[1]?.visitor })
  })

  test('is replaced by one with another customer ID', async () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: { ...jane, $customer_id: 1 } })
    track('Searched', {}, { profileProperties: { $customer_id: 2 } })
    await run(page)
    expect(users(page)[1]).toStrictEqual({ external_id: sha256('2'), visitor: hex })
  })

  test('is the same if the email differs in case only', async () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: jane })
    track('Searched', {}, { profileProperties: { $email: 'JANE@EXAMPLE.COM' } })
    await run(page)
    expect(users(page)[1]).toMatchObject(janeHashed)
    expect(identified(page)).toHaveLength(1)
  })

  test('is known on the next page, for 30 days, by hashes only', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: { ...jane, $state: 'Tirol', $country_code: 'AT' } })
    await run(shop.page)
    const text = String(shop.device.stored.get(key))
    expect(text).not.toMatch(/jane|wien|tirol|"at"|\+43/i)
    vi.setSystemTime(Date.now() + 29 * day)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ ...janeHashed, visitor: users(shop.page)[0]?.visitor })
  })

  test('is forgotten after 30 days', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    vi.setSystemTime(Date.now() + 31 * day)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ visitor: hex })
    expect(user?.visitor).not.toBe(users(shop.page)[0]?.visitor)
  })

  test('of an earlier page is not mixed with another one who comes first on this page', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    shop.page.close()
    const next = open({}, shop.device)
    next.track('Searched', {}, { profileProperties: john })
    await run(next.page)
    expect(users(next.page)).toStrictEqual([{ email: johnHashed, visitor: hex }])
    expect(users(next.page)[0]?.visitor).not.toBe(users(shop.page)[0]?.visitor)
  })

  test('has a generated ID as long as the shop names no customer, the same on each page', async () => {
    const shop = open()
    shop.track('Searched')
    await run(shop.page)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ visitor: hex })
    expect(user).toEqual(users(shop.page)[0])
    expect(user).toEqual({ visitor: shop.converge.context().visitor })
  })

  test('has an ID for the current page without storage', async () => {
    const device = createDevice()
    device.fault = 'blocked'
    const { page, track } = open({}, device)
    track('Searched')
    track('Searched')
    await run(page)
    expect(users(page)).toEqual([{ visitor: hex }, users(page)[0]])
  })

  test.each([
    'not JSON',
    '5',
    'null',
    '[]',
    '{"until":9e15}',
    '{"until":9e15,"id":null}',
    '{"until":9e15,"email":5,"id":{}}',
  ])('is unknown, without an error, if storage contains other text: %s', async (text) => {
    const device = createDevice()
    device.stored.set(key, text)
    const { page, track } = open({}, device)
    expect(track('Searched', {}, { profileProperties: john }).status).toBe('success')
    await run(page)
    expect(users(page)).toStrictEqual([{ email: johnHashed, visitor: hex }])
  })
})

describe('set({ profileProperties: null })', () => {
  test('forgets the visitor for the events after it', async () => {
    const { page, converge, track } = open()
    track('Searched', {}, { profileProperties: jane })
    converge.set({ profileProperties: null })
    track('Searched')
    await run(page)
    expect(users(page)[1]).toStrictEqual({ visitor: hex })
    expect(users(page)[1]?.visitor).not.toBe(users(page)[0]?.visitor)
  })

  test('forgets the visitor for later pages, even if no event follows', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    shop.converge.set({ profileProperties: null })
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ visitor: hex })
    expect(user?.visitor).not.toBe(users(shop.page)[0]?.visitor)
  })

  test('forgets the visitor of an earlier page', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    shop.page.close()
    const { page, converge, track } = open({}, shop.device)
    converge.set({ profileProperties: null })
    track('Searched')
    await run(page)
    expect(users(page)).toStrictEqual([{ visitor: hex }])
    expect(users(page)[0]?.visitor).not.toBe(users(shop.page)[0]?.visitor)
  })
})

test.each<[title: string, given: NonNullable<Config['context']>, sent: object]>([
  ['a text, which is hashed', { visitor: 'visitor-7' }, { visitor: sha256('visitor-7') }],
  ['a hash, which is kept', { visitor: sha256('visitor-7') }, { visitor: sha256('visitor-7') }],
  ['the external_id of an earlier version', { external_id: 'visitor-7' }, { visitor: sha256('visitor-7') }],
  [
    'given beside a customer ID',
    { visitor: 'visitor-7', external_id: '1042' },
    { visitor: sha256('visitor-7'), external_id: sha256('1042') },
  ],
])("a sandboxed page's visitor ID may be %s", async (_, context, sent) => {
  const { page, device, converge, track } = open({ context })
  track('Searched')
  await run(page)
  expect(users(page)).toEqual([sent])
  expect(converge.context()).toMatchObject(sent)
  expect(device.touches).toEqual([])
})

describe('aliases', () => {
  const cart = 'urn:cart_token:Abc'
  const cartHashed = sha256(cart)

  async function relayedAliases(page: Page) {
    need('relay')
    await run(page)
    return page.posts.flatMap(({ events }) => events).map(({ aliases }) => aliases)
  }

  test('are posted as SHA-256 of the whole urn, with the namespace in lower case', async () => {
    const { page, track } = open()
    track('Searched', {}, { aliases: ['URN:Cart_Token:Abc', ' urn:cookie:1:2 '] })
    expect(await relayedAliases(page)).toEqual([[cartHashed, sha256('urn:cookie:1:2')]])
  })

  test.each([
    [
      'placeholders',
      ['urn:cart_token:undefined', 'urn:cart_token:null', 'urn:cart_token:', 'urn:cart_token: ', 'urn:x:0'],
    ],
    ['texts that are no aliases', ['', 'abc', 'urn:', 'urn::', 'urn:cart_token', 'cart_token:abc']],
    ['values of other types', [null, undefined, 5, {}, [], true]],
    ['nothing', []],
    ['no list', 5],
  ])('are left out if they are %s', async (_, aliases) => {
    const { page, track } = open()
    track('Searched', {}, { aliases })
    expect(await relayedAliases(page)).toEqual([undefined])
  })

  test('with the namespaces email, phone and customer_id are match keys only', async () => {
    const { page, track } = open()
    const aliases = ['urn:email:Jane@Example.com', 'urn:Phone:+43 664 1234567', 'urn:customer_id:1042']
    track('Searched', {}, { aliases })
    expect(await relayedAliases(page)).toEqual([undefined])
    const { email, phone } = janeHashed
    expect(users(page)).toEqual([{ email, phone, external_id: sha256('1042'), visitor: hex }])
  })

  test('do not replace the match keys of profileProperties', async () => {
    const { page, track } = open()
    const aliases = ['urn:email:john@example.com', 'urn:phone:+436640000000', 'urn:customer_id:2']
    track('Searched', {}, { profileProperties: { ...jane, $customer_id: 1042 }, aliases })
    await run(page)
    expect(users(page)).toMatchObject([{ ...janeHashed, external_id: sha256('1042') }])
  })

  test('are at most 10, each once, those of the call before those from set', async () => {
    const { page, converge, track } = open()
    const urns = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => `urn:${name}:${index + 1}`)
    converge.set({ aliases: urns('standing', 8) })
    track('Searched', {}, { aliases: [...urns('own', 4), ...urns('own', 4)] })
    track('Searched', {}, { aliases: urns('own', 1000) })
    expect(await relayedAliases(page)).toEqual([
      [...urns('own', 4), ...urns('standing', 6)].map(sha256),
      urns('own', 10).map(sha256),
    ])
  })

  test('from set are on every later event of the page, newest first; those of a call only on its event', async () => {
    const { page, converge, track } = open()
    converge.set({ aliases: [cart] })
    track('Searched', {}, { aliases: ['urn:cookie:1'] })
    converge.set({ eventProperties: { a: 1 } })
    converge.set({ aliases: ['urn:cookie:2'] })
    track('Searched')
    expect(await relayedAliases(page)).toEqual([
      [sha256('urn:cookie:1'), cartHashed],
      [sha256('urn:cookie:2'), cartHashed],
    ])
  })

  test.each<[title: string, forget: StandingProperties]>([
    ['set({ profileProperties: null })', { profileProperties: null }],
    ['another person', { profileProperties: john }],
  ])('from set end with %s', async (_, forget) => {
    const { page, converge, track } = open()
    converge.set({ profileProperties: jane, aliases: [cart] })
    track('Searched')
    converge.set(forget)
    track('Searched')
    converge.set({ ...forget, aliases: ['urn:cookie:2'] })
    track('Searched')
    expect(await relayedAliases(page)).toEqual([[cartHashed], undefined, [sha256('urn:cookie:2')]])
  })

  test('never appear in plain text, neither in a post nor in storage', async () => {
    const { page, converge, track, device } = open()
    // No hash contains these letters.
    converge.set({ aliases: ['urn:cart_token:Klm'] })
    track('Searched', {}, { aliases: ['urn:cookie:Xyz'] })
    await relayedAliases(page)
    page.close()
    expect(JSON.stringify(page.posts) + [...device.stored.values()].join()).not.toMatch(
      /klm|xyz|urn:|cart_token|cookie/i,
    )
  })

  test('are not on a server copy that is sent without a grant', async () => {
    const { page, track } = open({ consent: 'always_server' })
    track('Searched', {}, { aliases: [cart] })
    expect(await relayedAliases(page)).toEqual([undefined])
    expect(users(page)).toEqual([{}])
  })
})
