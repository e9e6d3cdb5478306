import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import { openPage, openShop, queued } from '../unit/page.ts'
import { properties } from './messy.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

// These values must not appear in plain text. They are long enough not to occur by chance.
const email = fc.stringMatching(/^[a-z]{6}[.+_][a-z\d]{6}@[a-z]{8}\.(com|co\.uk)$/)
const digits = fc.stringMatching(/^664[1-9]\d{8}$/)
const name = fc.stringMatching(/^Zq[a-z]{10}$/)

/** As people write them. */
const written = {
  email: fc.oneof(
    email,
    email.map((text) => ` ${text.toUpperCase()} `),
  ),
  phone: fc.oneof(
    digits.map((text) => `+43${text}`),
    digits.map((text) => `+43 (${text.slice(0, 3)}) ${text.slice(3, 6)} ${text.slice(6)}`),
    digits,
  ),
  name,
}
const personal = fc.oneof(written.email, written.phone, written.name)

/** Keys that no parameter is made of. */
const idleKey = fc.oneof(
  fc.constantFrom(
    'note',
    'customer',
    'email',
    'phone',
    'first_name',
    'shipping_address',
    'content_name',
    'user',
    '_id',
  ),
  fc
    .string()
    .filter(
      (key) =>
        !/^(items|.*id|sku|name|vendor|category|.*q|.*query|.*term|search_string|\$.*|referrer|__proto__)$/.test(key),
    ),
)
const aside = fc.dictionary(
  idleKey,
  fc.oneof(personal, fc.array(personal), fc.dictionary(idleKey, fc.oneof(personal, fc.array(personal)))),
)

/** The visitor's data, also with one value in the place of another. */
const profile = fc.record(
  {
    $email: fc.oneof({ weight: 3, arbitrary: written.email }, personal),
    $phone_number: fc.oneof({ weight: 3, arbitrary: written.phone }, personal),
    $first_name: personal,
    $last_name: personal,
    $zip_code: personal,
    $customer_id: personal,
    $city: fc.constantFrom('Wien', 'Graz'),
    $country_code: fc.constant('AT'),
  },
  { requiredKeys: [] },
)

const url = fc.oneof(
  fc.constant('https://www.shop.test/caps'),
  written.email.map((text) => `https://www.shop.test/reset/${text.trim()}/new`),
  written.email.map((text) => `https://www.shop.test/?q=${encodeURIComponent(text.trim())}`),
  personal.map((text) => `https://www.shop.test/a?b=1&customer_email=${encodeURIComponent(text)}`),
  personal.map((text) => `https://www.shop.test/a?phone=${encodeURIComponent(text)}&access_token=${text}`),
  personal.map((text) => `https://www.shop.test/a#id_token=${encodeURIComponent(text)}`),
)

const aliases = fc.array(
  fc.oneof(
    written.email.map((text) => `urn:email:${text}`),
    personal,
    ...['phone', 'customer_id', 'cart_token'].map((namespace) => personal.map((text) => `urn:${namespace}:${text}`)),
    personal.map((text) => `urn:${text}:1`),
  ),
)

const visit = fc.record({
  address: url,
  referrer: url,
  standing: fc.record({ eventProperties: aside, profileProperties: profile, aliases }, { requiredKeys: [] }),
  events: fc.array(
    fc.record({
      eventName: fc.constantFrom(...Object.keys(defaultMapping), 'Logged In'),
      messy: properties,
      aside,
      profile: fc.option(profile),
      item: aside,
      searched: fc.option(fc.record({ query: written.email, q: written.email }, { requiredKeys: [] })),
      urls: fc.record({ $url: url, referrer: url }, { requiredKeys: [] }),
      profileProperties: fc.option(profile),
      aliases,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  relayStatus: fc.constantFrom(202, 0, 403),
})

/** As it is, and with what an address has escaped. */
const bothWays = (text: string) =>
  `${text} ${text.replace(/(%[\da-f]{2})+/gi, (part) => Buffer.from(part.replaceAll('%', ''), 'hex').toString())}`

/** Every personal value in what a page hands in, as it might be found again. */
function needlesIn(given: unknown): string[] {
  const text = bothWays(JSON.stringify(given)).toLowerCase()
  const emails = text.match(/[a-z]{6}[.+_][a-z\d]{6}@[a-z]{8}\.(com|co\.uk)/g) ?? []
  const names = text.match(/zq[a-z]{10}/g) ?? []
  const phones = text.match(/664[-() \d]{9,}/g) ?? []
  return [...emails, ...names, ...phones.map(withoutSigns)]
}

const withoutSigns = (text: string) => text.replace(/[-() +]/g, '')

/** A text without escapes that could hide a value. */
function laidOpen(value: unknown): string {
  const text = bothWays(JSON.stringify(value)).toLowerCase()
  return `${text} ${withoutSigns(text)}`
}

test('no personal data appears in plain text in ttq, storage, the console, a post or context()', async () => {
  const consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((method) =>
    vi.spyOn(console, method).mockReturnValue(),
  )
  let looked = 0

  await fc.assert(
    fc.asyncProperty(visit, async ({ address, referrer, standing, events, relayStatus }) => {
      const page = openPage({ url: address, referrer })
      page.relayStatus = relayStatus
      const { converge, track } = openShop({ relay: '/relay' }, page)
      converge.set(standing)
      for (const { eventName, messy, aside, profile, item, searched, urls, profileProperties, aliases } of events) {
        const items = Array.isArray(messy.items) ? [...messy.items, item] : [item]
        track(
          eventName,
          { ...messy, ...aside, ...profile, ...searched, ...urls, items },
          { profileProperties, aliases, ...aside },
        )
      }
      const context = converge.context()
      for (const { run } of page.idle) run()
      await vi.advanceTimersByTimeAsync(2000)
      page.close()

      const left = laidOpen([
        queued(page),
        page.posts,
        [...page.device.stored],
        page.device.touches,
        consoles.map(({ mock }) => mock.calls),
        context,
      ])
      const named = events.map(({ messy: _, ...event }) => event)
      for (const needle of needlesIn([address, referrer, standing, named])) {
        looked++
        expect(left).not.toContain(needle)
      }
    }),
    { numRuns: 100 },
  )

  vi.restoreAllMocks()
  expect(looked).toBeGreaterThan(500)
}, 30_000)
