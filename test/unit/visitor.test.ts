import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../src/types.ts'
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
  return { ...next, user: next.page.posts[0]?.events[0]?.user }
}

function users(page: Page) {
  need('relay')
  return page.posts.flatMap(({ events }) => events).map(({ user }) => user)
}

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

  test('is called again for a new match key, before the event that brought it', () => {
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
    expect(users(page)).toStrictEqual([{ ...janeHashed, city: 'wien', external_id: sha256('1042') }])
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
    expect(second).toStrictEqual({ email: johnHashed, external_id: hex })
    expect(second?.external_id).not.toBe(first?.external_id)
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

  test('is replaced by one with another e-mail: all former data is dropped', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    shop.track('Searched', {}, { profileProperties: john })
    await run(shop.page)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ email: johnHashed, external_id: users(shop.page)[1]?.external_id })
  })

  test('is replaced by one with another customer ID', async () => {
    const { page, track } = open()
    track('Searched', {}, { profileProperties: { ...jane, $customer_id: 1 } })
    track('Searched', {}, { profileProperties: { $customer_id: 2 } })
    await run(page)
    expect(users(page)[1]).toStrictEqual({ external_id: sha256('2') })
  })

  test('is the same if the e-mail differs in case only', async () => {
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
    expect(user).toStrictEqual({ ...janeHashed, external_id: users(shop.page)[0]?.external_id })
  })

  test('is forgotten after 30 days', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    vi.setSystemTime(Date.now() + 31 * day)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ external_id: hex })
    expect(user?.external_id).not.toBe(users(shop.page)[0]?.external_id)
  })

  test('of an earlier page is not mixed with another one who comes first on this page', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    shop.page.close()
    const next = open({}, shop.device)
    next.track('Searched', {}, { profileProperties: john })
    await run(next.page)
    expect(users(next.page)).toStrictEqual([{ email: johnHashed, external_id: hex }])
    expect(users(next.page)[0]?.external_id).not.toBe(users(shop.page)[0]?.external_id)
  })

  test('has a generated ID as long as the shop names no customer, the same on each page', async () => {
    const shop = open()
    shop.track('Searched')
    await run(shop.page)
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ external_id: hex })
    expect(user).toEqual(users(shop.page)[0])
    expect(user).toEqual({ external_id: shop.converge.context().external_id })
  })

  test('has an ID for the current page without storage', async () => {
    const device = createDevice()
    device.fault = 'blocked'
    const { page, track } = open({}, device)
    track('Searched')
    track('Searched')
    await run(page)
    expect(users(page)).toEqual([{ external_id: hex }, users(page)[0]])
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
    expect(users(page)).toStrictEqual([{ email: johnHashed, external_id: hex }])
  })
})

describe('set({ profileProperties: null })', () => {
  test('forgets the visitor for the events after it', async () => {
    const { page, converge, track } = open()
    track('Searched', {}, { profileProperties: jane })
    converge.set({ profileProperties: null })
    track('Searched')
    await run(page)
    expect(users(page)[1]).toStrictEqual({ external_id: hex })
    expect(users(page)[1]?.external_id).not.toBe(users(page)[0]?.external_id)
  })

  test('forgets the visitor for later pages, even if no event follows', async () => {
    const shop = open()
    shop.track('Searched', {}, { profileProperties: jane })
    await run(shop.page)
    shop.converge.set({ profileProperties: null })
    const { user } = await nextPage(shop)
    expect(user).toStrictEqual({ external_id: hex })
    expect(user?.external_id).not.toBe(users(shop.page)[0]?.external_id)
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
    expect(users(page)).toStrictEqual([{ external_id: hex }])
    expect(users(page)[0]?.external_id).not.toBe(users(shop.page)[0]?.external_id)
  })
})

test.each([
  ['text, which is hashed', 'customer-7', sha256('customer-7')],
  ['a hash, as it is', sha256('customer-7'), sha256('customer-7')],
])("a sandboxed page's external_id is %s", async (_, external_id, sent) => {
  const { page, device, converge, track } = open({ context: { external_id } })
  track('Searched')
  await run(page)
  expect(users(page)).toEqual([{ external_id: sent }])
  expect(converge.context().external_id).toBe(sent)
  expect(device.touches).toEqual([])
})
