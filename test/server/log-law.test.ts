// Nothing that an operator reads contains a person's value, with any events and any outcomes.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { serveWithin } from '../../src/node/serve.ts'
import type { AdminSummary } from '../../src/server/admin/admin-api.ts'
import { portOf } from '../browser/network.ts'
import { type AdminClient, signedIn } from './admin-client.ts'
import { logTo } from './log-to.ts'
import { accessToken, adminToken, pixelId, postPage, shop, webhookToken } from './node-requests.ts'
import { playTikTok } from './node-server.ts'
import { newPath, soon } from './outbox-kit.ts'
import { pageCopy, postShop } from './start-store.ts'

const metricsToken = 'metrics-token-of-the-shop-and-of-nobody-else'
const letters = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: length, maxLength: length })
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'123456789'), minLength: length, maxLength: length })

const persons = fc.record({
  email: fc.tuple(letters(8), letters(6)).map(([name, host]) => `${name}@${host}.example`),
  phone: digits(9).map((number) => `+49${number}`),
  firstName: letters(9),
  lastName: letters(10),
  street: letters(11),
  zip: letters(7),
  customer: letters(12),
  city: letters(15),
  ttclid: letters(14).map((id) => `E.C.P.${id}`),
  ttp: letters(16),
  ip: fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 100, max: 255 })).map((parts) => `10.${parts.join('.')}`),
  userAgent: letters(17).map((name) => `Browser/5.0 (${name})`),
  visitor: letters(18),
  cart: letters(13),
})
type Person = typeof persons extends fc.Arbitrary<infer Value> ? Value : never

/** An ID of an event or order that names the person. A number or a word is an ID like any other. */
const ids = {
  none: (_: Person, index: number) => String(1000 + index),
  email: ({ email }: Person) => email,
  phone: ({ phone }: Person) => phone,
  'hash of the email': ({ email }: Person) => sha256(email),
  'hash of the phone number, in capitals': ({ phone }: Person) => sha256(phone).toUpperCase(),
  'email with a prefix': ({ email }: Person, index: number) => `order-${index}-${email}`,
  'hash with a prefix': ({ email }: Person, index: number) => `order-${index}-${sha256(email)}`,
  'visitor ID': ({ visitor }: Person) => sha256(visitor),
} as const
const idKinds = Object.keys(ids) as (keyof typeof ids)[]

/** Places with the person's values, in addition to the right ones. */
const places = fc.record({
  id: fc.constantFrom(...idKinds),
  name: fc.constantFrom('Placed Order', 'Searched', 'No Such Event', 'of the person', 'hash'),
  orderId: fc.constantFrom(...idKinds),
  consent: fc.constantFrom('granted', 'denied'),
  isFaulty: fc.boolean(),
  isLate: fc.boolean(),
  from: fc.constantFrom('page', 'server'),
})

type Place = typeof places extends fc.Arbitrary<infer Value> ? Value : never

const cases = fc.sample(fc.tuple(persons, places), { numRuns: 160, seed: 20260301 })

function nameOf({ email, phone }: Person, { name }: Place): string {
  if (name === 'hash') return `Order ${sha256(email)}`
  return name === 'of the person' ? `Order of ${email} ${phone}` : name
}

/** An event with a person's values wherever a careless shop may put them. */
function eventOf(person: Person, place: Place, index: number): object {
  const { email, phone, firstName, lastName, street, zip, customer, cart, city, visitor } = person
  return {
    event_name: nameOf(person, place),
    event_id: ids[place.id](person, index),
    ...(place.isFaulty && { timestamp: `${email} ${phone}` }),
    ...(place.isLate && { timestamp: Date.now() / 1000 - 60 * 3600 }),
    properties: {
      ...{ id: ids[place.orderId](person, index), total_price: 10, currency: 'EUR' },
      ...{ query: `${email} ${phone} ${sha256(email)}`, note: lastName },
      ...{ $url: `${shop}/thanks?email=${email}&street=${street}`, shipping_address: { street, zip } },
    },
    profile_properties: {
      ...{ $email: email, $phone_number: phone, $first_name: firstName, $last_name: lastName, $zip_code: zip },
      ...{ $customer_id: customer, $city: city, visitor, $consent: { marketing: place.consent } },
      ...{ $ttclid: person.ttclid, $ttp: person.ttp, $ip: person.ip, $user_agent: person.userAgent },
    },
    aliases: [`urn:cart:${cart}`, `urn:email:${email}`],
  }
}

function batchOf(person: Person, place: Place, index: number) {
  const time = place.isLate ? Date.now() - 60 * 3_600_000 : Date.now()
  const user = {
    ...{ email: sha256(person.email), phone: sha256(person.phone), external_id: sha256(person.customer) },
    ...{ first_name: sha256(person.firstName), city: person.city },
  }
  const url = `${shop}/${person.email}?email=${person.email}&id=${sha256(person.email)}`
  const marketing = place.consent === 'denied' ? ('denied' as const) : ('granted' as const)
  return pageCopy(
    { id: ids[place.id](person, index), time },
    {
      ...{ eventName: nameOf(person, place), user, page: { url, referrer: url }, consent: { marketing } },
      ...{ ttclid: person.ttclid, ttp: person.ttp, visitor: sha256(person.visitor), aliases: [sha256(person.cart)] },
    },
  )
}

async function startHook(texts: string[]): Promise<string> {
  const hook = createServer(async (request, response) => {
    texts.push(await text(request))
    response.end()
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void hook.close())
  return `http://127.0.0.1:${portOf(hook)}/`
}

/** Every value of the log's tables, as text. */
function rowsOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = ['log', 'log_answers', 'log_kinds', 'log_counts', 'log_orders', 'log_keys', 'log_times', 'log_blocks']
  const rows = tables.flatMap((table) => database.prepare(`SELECT * FROM ${table}`).all())
  database.close()
  return JSON.stringify(rows, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))
}

async function readAll(client: AdminClient, url: string): Promise<string> {
  const paths = ['summary', 'events?limit=999', 'events.csv', 'dead-letters', 'setup']
  const answers = await Promise.all(paths.map(async (path) => (await client.get(path)).text()))
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })
  return [...answers, await metrics.text()].join('\n')
}

test('no view, export, metric, alert or line of a log has a value of a person, or its hash', async () => {
  const texts: string[] = []
  const tiktok = await playTikTok()
  const log: string[] = []
  const path = newPath()
  const server = await serveWithin(
    { watchEvery: 50 },
    {
      ...{ pixelId, accessToken, webhookToken, adminToken, metricsToken, allowedOrigins: [shop], consent: 'implied' },
      ...{ eventsApiUrl: tiktok.url, port: 0, hostname: '127.0.0.1', mergeOrders: 0, logger: logTo(log) },
      database: { path, retryAfter: soon },
      alerts: { url: await startHook(texts), deadLetters: 1, silentHours: 1 },
      filters: [{ event: 'Searched', any: [{ property: 'query', operator: 'contains', value: 'shoes' }] }],
    },
  )
  onTestFinished(() => server.close())
  tiktok.faults.of = ({ data }) => {
    const [event] = data
    if (!event || data.length > 1) return data.length > 1 ? { code: 40002 } : {}
    // Some events are refused, with a sentence that repeats what was sent, and what TikTok may know of the person.
    if (!/[02468]/.test(event.event_id)) return {}
    const [person] = cases.find(([{ email }]) => sha256(email) === event.user.email) ?? []
    const known = person ? `${person.email} ${person.phone} ${person.phone.slice(1)}` : ''
    return { code: 40002, message: `invalid: ${known} ${JSON.stringify(event.user)} ${event.event_id}` }
  }
  for (const [index, [person, place]] of cases.entries()) {
    if (place.from === 'server') await postShop(server.url, eventOf(person, place, index))
    else await postPage(server.url, batchOf(person, place, index))
  }
  const client = await signedIn(server.url)
  await vi.waitFor(async () => expect(await client.read<AdminSummary>('summary')).toMatchObject({ waiting: 0 }), {
    timeout: 15_000,
    interval: 100,
  })
  await vi.waitFor(() => expect(texts.join()).toContain('dead letters'), { timeout: 30_000 })
  const all = [await readAll(client, server.url), ...texts, ...log, rowsOf(path)].join('\n').toLowerCase()
  expect(all).toContain('sha256:')
  const leaks = cases.flatMap(([person]) =>
    Object.entries(person).flatMap(([key, value]) =>
      Object.entries(formsOf(value)).flatMap(([form, text]) => {
        const at = all.indexOf(text.toLowerCase())
        return at < 0 ? [] : `${key}, ${form}: …${all.slice(Math.max(0, at - 50), at + text.length + 10)}…`
      }),
    ),
  )
  expect(leaks).toEqual([])
})

/** How a person's value may be written. */
const formsOf = (value: string) => ({
  'as it is': value,
  'without +': value.replace('+', ''),
  'in an address': encodeURIComponent(value),
  hash: sha256(value),
  'part of the hash': sha256(value).slice(0, 16),
})
