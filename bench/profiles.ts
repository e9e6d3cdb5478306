// Profiles in the forwarder's database: how fast one of a million is found, and how many bytes each takes. Also the intake rate
// with profiles and the event log, against the rate without. In one process, without HTTP, so that the share of the database is
// large.

import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createForwarder } from '../src/server/forwarder.ts'
import { keyOf, type Profile, type ProfileKey } from '../src/store/profile.ts'
import { createProfileRows } from '../src/store/sqlite/profile-rows.ts'
import { openOutboxFile } from '../src/store/sqlite/sqlite-schema.ts'
import { createSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { type BenchOptions, interleave, quantile, type Report, type Row, spreadOf } from './report.ts'
import { pixelId, shop } from './server-requests.ts'

const userAgent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15'
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A visitor with a click ID and a cart. Every tenth has placed an order. */
function profileOf(number: number): { profile: Profile; keys: ProfileKey[] } {
  const at = Date.now()
  const visitor = hashOf(`visitor ${number}`)
  const context = {
    ...{ at, clicked: at, located: at, locale: 'de-AT', ip: '203.0.113.7', user_agent: userAgent },
    ...{ ttclid: `E.C.P.${randomBytes(60).toString('base64url')}`, ttp: '2aBcDeFgHiJkLmNoPqRsTuVwXyZ' },
  }
  const email = hashOf(`person${number}@example.com`)
  const signed = number % 10 ? undefined : { at, email, phone: hashOf(`phone ${number}`) }
  const keys = [keyOf('visitor', visitor), keyOf('alias', hashOf(`urn:cart_token:${number}`))]
  if (signed) keys.push(keyOf('email', email), keyOf('phone', signed.phone))
  return { profile: { visitor, granted: at, context, ...(signed && { signed }), aliases: 1 }, keys }
}

function fill(database: DatabaseSync, count: number): void {
  const rows = createProfileRows(database)
  const chunk = 10_000
  for (let first = 0; first < count; first += chunk) {
    const written = new Map<number, Profile>()
    const linked: { key: ProfileKey; id: number }[] = []
    for (let number = first; number < Math.min(count, first + chunk); number++) {
      const { profile, keys } = profileOf(number)
      const id = -(number - first + 1)
      written.set(id, profile)
      for (const key of keys) linked.push({ key, id })
    }
    rows.startReading()
    database.exec('BEGIN')
    const none = { removed: new Set<number>(), unlinked: [], shared: new Set<never>(), touched: new Set<never>() }
    rows.apply({ ...none, written, linked, denied: new Map() }, Date.now())
    database.exec('COMMIT')
  }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** Microseconds of lookups by visitor ID and by cart, each with reading what the profile says. */
function timeLookups(database: DatabaseSync, count: number, lookups: number): number[] {
  const reader = createProfileRows(database).startReading()
  return Array.from({ length: lookups }, (_, index) => {
    const number = Math.floor(Math.random() * count)
    const isCart = index % 2 === 0
    const key = isCart
      ? keyOf('alias', hashOf(`urn:cart_token:${number}`))
      : keyOf('visitor', hashOf(`visitor ${number}`))
    const started = performance.now()
    const [id = 0] = reader.owners(key).ids
    const found = reader.read(id)
    const took = (performance.now() - started) * 1000
    if (!found) throw new Error('A profile of the bench was not found.')
    return took
  })
}

const events = 20

function requestOf(visitor: string, number: number): Request {
  const now = Date.now()
  const parameters = { value: 94.8, currency: 'EUR', content_type: 'product', num_items: 6 }
  const body = JSON.stringify({
    v: 1,
    sentAt: now,
    events: Array.from({ length: events }, (_, index) => ({
      ...{ time: now, eventName: 'Started Checkout', eventID: `${number}-${index}`, pixel: true },
      send: [{ event: 'InitiateCheckout', parameters }],
      user: {},
      visitor,
      aliases: [hashOf(`urn:cart_token:${visitor}`)],
      page: { url: `${shop}/checkout`, referrer: `${shop}/cart` },
      ...{ ttp: '2aBcDeFgHiJkLmNoPqRsTuVwXyZ', ttclid: 'E.C.P.click', locale: 'de-AT' },
      consent: { analytics: 'granted', marketing: 'granted' },
    })),
  })
  const headers = { origin: shop, 'user-agent': userAgent }
  return new Request(`${shop}/events`, { method: 'POST', headers, body })
}

let lastRequest = 0

/** Events per second that a forwarder stores. Each visitor posts `posts` requests. */
async function measureIntake(folder: string, requests: number, isOn: boolean, posts: number): Promise<number> {
  const path = join(folder, `${++lastRequest}.db`)
  const store = createSqliteStore({ path, pixelId, log: () => {} })
  const off = { profiles: false, log: false } as const
  const forwarder = createForwarder(
    { pixelId, accessToken: 'token', allowedOrigins: [shop], store: { ...store, start: () => {} }, ...(!isOn && off) },
    { log: () => {} },
  )
  const waiting = Array.from({ length: requests }, (_, index) => {
    const visitor = hashOf(`intake ${lastRequest} ${Math.floor(index / posts)}`)
    return requestOf(visitor, ++lastRequest)
  })
  const started = performance.now()
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let request = waiting.pop(); request; request = waiting.pop()) {
        const answer = await forwarder.fetch(request, { ip: '203.0.113.7' })
        if (answer.status !== 202) throw new Error(`The forwarder answered ${answer.status}.`)
      }
    }),
  )
  const rate = (requests * events) / ((performance.now() - started) / 1000)
  await store.close()
  for (const end of ['', '-wal', '-shm', '-lock']) rmSync(path + end, { force: true })
  return rate
}

const without = 'without profiles and log'
/** The upper quartile: other programs only make a run slower. */
const bestRate = (rates: readonly number[]): number => quantile(rates, 0.75)

const rateRow = (name: string, rates: readonly number[], floor: readonly number[]): Row => ({
  ...{ name, value: bestRate(rates), unit: 'events/s', spread: spreadOf(rates) },
  ratios: { without: bestRate(rates) / bestRate(floor) },
})

export async function measureProfiles({ quick }: BenchOptions): Promise<Report[]> {
  const folder = mkdtempSync(join(tmpdir(), 'converge-bench-'))
  try {
    const count = quick ? 20_000 : 1_000_000
    const path = join(folder, 'profiles.db')
    const database = openOutboxFile(path)
    const empty = statSync(path).size
    fill(database, count)
    const bytes = (statSync(path).size - empty) / count
    const times = timeLookups(database, count, quick ? 1000 : 20_000).sort((one, other) => one - other)
    database.close()
    const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
    const requests = quick ? 100 : 1000
    const samples = await interleave(
      {
        [without]: () => measureIntake(folder, requests, false, 3),
        'with both, three requests a visitor': () => measureIntake(folder, requests, true, 3),
        'with both, only new visitors': () => measureIntake(folder, requests, true, 1),
      },
      quick ? 1 : 7,
    )
    return [
      {
        title: `${count.toLocaleString('en')} profiles`,
        about: [
          'Each has a click ID, a cart and a user agent; every tenth has an email and a phone number.',
          'A lookup finds a random one by its visitor ID or cart, and reads it.',
        ],
        rows: [
          { name: 'lookup', value: at(0.5), unit: 'µs', also: { p99: `${Math.round(at(0.99))} µs` } },
          { name: 'file, per profile', value: Math.round(bytes), unit: 'B' },
        ],
      },
      {
        title: 'Intake with profiles and the event log',
        about: [`Requests of ${events} events of one visitor, in one process, without HTTP.`],
        rows: [...samples].map(([name, rates]) => rateRow(name, rates, samples.get(without) ?? [])),
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
