// Random sequences of what visitors, shops and strangers can send, through the forwarder and a database, against a
// simple model of what must hold. Each value that a browser sends is unique, so that the model knows where a value that an
// event got comes from. PROFILE_SEQUENCES is how many; 10,000 take about two minutes.
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { createForwarder, type Forwarder } from '../../src/server/forwarder.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import type { MergeOptions } from '../../src/store/store.ts'
import type { RelayedEvent } from '../../src/types.ts'
import { type LawDatabase, type OpenLawDatabase, storeOf } from './law-database.ts'
import { accessToken, pixelId, shop, webhookToken } from './node-requests.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const start = Date.parse('2026-03-01T12:00:00Z')
/** Milliseconds by which the server's clock may be wrong. */
const farthestClock = 25 * minute

const persons = [0, 1, 2].map((index) => ({
  email: `person${index}@example.com`,
  emailHash: sha256(`person${index}@example.com`),
  customer: `customer-${index}`,
  customerHash: sha256(`customer-${index}`),
}))
const phone = '+19171234567' // of all persons
const phoneHash = sha256(phone)
const carts = ['urn:cart_token:cart0', 'urn:cart_token:cart1', 'urn:cart_token:shared']
const junk = 'urn:cart_token:undefined'

type Action =
  | { does: 'page'; browser: number; carts: number[]; isOptedOut: boolean; keeps: boolean }
  | { does: 'post kept'; browser: number }
  | { does: 'log in'; browser: number; person: number }
  | { does: 'log out'; browser: number }
  | { does: 'deny'; browser: number }
  | { does: 'grant'; browser: number }
  | { does: 'forge'; person: number; cart: 'junk' | 'own'; hasEmail: boolean }
  | {
      does: 'shop'
      person: number
      keys: 'email' | 'customer' | 'both' | 'phone' | 'none'
      carts: number[]
      named: number | undefined
      consent: 'granted' | 'snapshot' | 'denied' | 'none'
      isRenewal: boolean
    }
  | { does: 'wait'; milliseconds: number }
  | { does: 'set clock'; milliseconds: number }
  | { does: 'deliver' }
  | { does: 'restart' }

const browser = fc.nat({ max: 1 })
const person = fc.nat({ max: 2 })
const someCarts = fc.uniqueArray(fc.nat({ max: 2 }), { maxLength: 2 })
const does = <Name extends string>(name: Name) => fc.constant(name)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ does: does('page'), browser, carts: someCarts },
      isOptedOut: fc.nat({ max: 5 }).map((n) => n === 0),
      keeps: fc.nat({ max: 4 }).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: does('post kept'), browser }) },
  { weight: 1, arbitrary: fc.record({ does: does('log in'), browser, person }) },
  { weight: 1, arbitrary: fc.record({ does: does('log out'), browser }) },
  { weight: 1, arbitrary: fc.record({ does: does('deny'), browser }) },
  { weight: 2, arbitrary: fc.record({ does: does('grant'), browser }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ does: does('forge'), person, hasEmail: fc.boolean() },
      cart: fc.constantFrom('junk' as const, 'own' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ does: does('shop'), person, carts: someCarts, isRenewal: fc.boolean() },
      keys: fc.constantFrom(
        ...(['email', 'email', 'customer', 'both', 'phone', 'none'] satisfies Extract<
          Action,
          { does: 'shop' }
        >['keys'][]),
      ),
      named: fc.option(browser, { nil: undefined, freq: 3 }),
      consent: fc.constantFrom(
        'granted' as const,
        'snapshot' as const,
        'denied' as const,
        'none' as const,
        'none' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: does('wait'), milliseconds: fc.nat({ max: 90 * second }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: does('wait'), milliseconds: fc.constantFrom(3 * hour, 20 * hour, 5 * day, 21 * day) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: does('set clock'),
      milliseconds: fc.integer({ min: -20 * minute, max: 20 * minute }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: does('deliver') }) },
  { weight: 1, arbitrary: fc.record({ does: does('restart') }) },
)

/** What the model knows of a visitor ID. */
interface Visitor {
  id: string
  /** Who was logged in with it, and when its page first posted that. */
  persons: Map<number, number>
  /** True as long as each event of its pages had Global Privacy Control. */
  isOptedOut: boolean
  /** When the page posted its denial. */
  denied: number[]
  /** The persons whom the shop has named together with it. */
  named: Set<number>
  /** The same, by when its profile learned it. */
  learned: { at: number; person: number }[]
  /** The carts that its pages posted, or that the shop named together with it. */
  carts: Set<number>
}

/** Where a browser's value was seen first. */
interface Origin {
  visitor: Visitor
  /** The true time. */
  at: number
  person: number | undefined
}

interface Sent {
  kind: 'page' | 'shop' | 'forged'
  person: number | undefined
  visitor: Visitor | undefined
  own: OutboxEvent['data']['user']
  at: number
  /** True if it waits for its other copy. */
  isHeld: boolean
  consent: 'granted' | 'snapshot' | 'none'
}

interface Browser {
  visitor: Visitor
  person: number | undefined
  decision: 'granted' | 'denied' | undefined
  kept: { event: RelayedEvent; at: number }[]
}

interface World {
  time: number
  ahead: number
  database: LawDatabase
  openDatabase: OpenLawDatabase
  forwarder: Forwarder
  options: MergeOptions
  browsers: Browser[]
  /** The persons with whom the shop named each cart. */
  buyers: Set<number>[]
  visitors: Map<string, Visitor>
  origins: Map<string, Origin>
  sent: Map<string, Sent>
  last: number
  /** The newest event with a grant, from anybody. */
  lastGrant: number
  counts: { filled: number; persons: number; denied: number; limited: number }
}

const consents = ['require', 'implied'] as const

function newVisitor(world: World): Visitor {
  const visitor: Visitor = {
    id: sha256(`visitor ${++world.last}`),
    persons: new Map(),
    isOptedOut: true,
    denied: [],
    named: new Set(),
    learned: [],
    carts: new Set(),
  }
  world.visitors.set(visitor.id, visitor)
  return visitor
}

function open(world: World, consent: (typeof consents)[number]): void {
  const clock = () => world.time + world.ahead
  world.database = world.openDatabase(clock)
  const store = storeOf(world.database, (options) => {
    world.options = options
  })
  world.forwarder = createForwarder(
    { pixelId, accessToken, webhookToken, allowedOrigins: [shop], store, consent, profiles: { days: 30 } },
    {
      now: clock,
      monotonic: () => world.time,
      log: (level, message, fields) => level === 'error' && console.log(message, JSON.stringify(fields)),
    },
  )
}

async function post(
  { forwarder }: World,
  path: string,
  body: object,
  ip = '203.0.113.250',
  agent = 'shop',
): Promise<Response> {
  const headers = { origin: shop, 'x-webhook-token': webhookToken, 'user-agent': agent }
  const request = new Request(`${shop}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = await forwarder.fetch(request, { ip })
  expect([202, 400]).toContain(answer.status)
  return answer
}

function pageEvent(world: World, index: number, given: Extract<Action, { does: 'page' }>): RelayedEvent {
  const { visitor, person, decision } = world.browsers[index] ?? expect.fail()
  const id = `event-${++world.last}`
  const user =
    person === undefined
      ? {}
      : { email: persons[person]?.emailHash ?? '', external_id: persons[person]?.customerHash ?? '' }
  visitor.isOptedOut &&= given.isOptedOut
  for (const cart of given.carts) visitor.carts.add(cart)
  const ttclid = `click-${id}`
  const ttp = `ttp-${visitor.id.slice(0, 16)}`
  const own = { ...user, ttclid, ttp }
  world.sent.set(id, {
    kind: 'page',
    person,
    visitor,
    own,
    at: world.time,
    isHeld: false,
    consent: decision === 'granted' ? 'granted' : 'none',
  })
  note(world, [ttclid, ttp, `agent-${visitor.id.slice(0, 16)}`], visitor, person)
  return {
    ...{
      time: world.time,
      eventName: 'Added To Cart',
      eventID: id,
      pixel: false,
      user,
      visitor: visitor.id,
      ttclid,
      ttp,
    },
    send: [{ event: 'AddToCart', parameters: {} }],
    aliases: [...given.carts.map((cart) => sha256(carts[cart] ?? ''))],
    page: { url: `${shop}/`, referrer: '' },
    consent: decision ? { marketing: decision } : {},
    ...(given.isOptedOut && { gpc: true }),
  }
}

function note(world: World, values: string[], visitor: Visitor, person: number | undefined): void {
  for (const value of values)
    if (!world.origins.has(value)) world.origins.set(value, { visitor, at: world.time, person })
}

async function postPage(world: World, index: number, event: RelayedEvent): Promise<void> {
  const agent = `agent-${String(event.visitor).slice(0, 16)}`
  const { person, visitor } = world.sent.get(event.eventID) ?? expect.fail()
  if (person !== undefined && visitor && !visitor.persons.has(person)) visitor.persons.set(person, world.time)
  const { aliases = [], ...rest } = event
  const posted = aliases.length ? { ...rest, aliases } : rest
  await post(world, 'events', { v: 1, sentAt: world.time, events: [posted] }, `203.0.113.${index + 1}`, agent)
}

async function postShop(world: World, given: Extract<Action, { does: 'shop' }>): Promise<void> {
  const { email, emailHash, customer, customerHash } = persons[given.person] ?? expect.fail()
  const named = given.named === undefined ? undefined : world.browsers[given.named]?.visitor
  const hasEmail = given.keys === 'email' || given.keys === 'both'
  const hasCustomer = given.keys === 'customer' || given.keys === 'both'
  const id = `event-${++world.last}`
  const profile = {
    ...(hasEmail && { $email: email }),
    ...(hasCustomer && { $customer_id: customer }),
    ...((given.keys === 'phone' || given.keys === 'both') && { $phone_number: phone }),
    ...(named && { visitor: named.id }),
    ...(given.consent === 'snapshot' && { consent: { marketing: 'granted' } }),
    ...((given.consent === 'granted' || given.consent === 'denied') && { $consent: given.consent }),
  }
  const own = {
    ...(hasEmail && { email: emailHash }),
    ...(hasCustomer && { external_id: customerHash }),
    ...((given.keys === 'phone' || given.keys === 'both') && { phone: phoneHash }),
  }
  const isKnown = hasEmail || hasCustomer
  if (given.consent !== 'denied')
    world.sent.set(id, {
      ...{ kind: 'shop', person: isKnown ? given.person : undefined, visitor: named, own, at: world.time },
      isHeld: !given.isRenewal,
      consent: given.consent,
    })
  if (named && isKnown) named.named.add(given.person)
  for (const cart of given.carts) {
    named?.carts.add(cart)
    if (isKnown) world.buyers[cart]?.add(given.person)
  }
  if (given.consent === 'denied') forgetLearned(world, given)
  const answer = await post(world, 'webhook', {
    event_name: given.isRenewal ? 'Placed Recurring Subscription Order' : 'Placed Order',
    event_id: id,
    timestamp: (world.time + world.ahead) / 1000,
    properties: { id, total_price: 10, currency: 'EUR' },
    profile_properties: profile,
    aliases: [...given.carts.map((cart) => carts[cart]), junk],
  })
  // If the clock was set back, the person's denial may be newer than this grant. Then nothing is learned from the event.
  const { accepted }: { accepted?: number } = await answer.json()
  if (accepted && named && isKnown && given.isRenewal && given.consent === 'granted')
    named.learned.push({ at: world.time, person: given.person })
}

/** A denial erases the profiles of its person, and of its carts, whoever has bought with them. */
function forgetLearned(
  { visitors, buyers }: World,
  { person, carts }: { person: number; carts: readonly number[] },
): void {
  const denying = new Set([person, ...carts.flatMap((cart) => [...(buyers[cart] ?? [])])])
  for (const visitor of visitors.values())
    if (carts.some((cart) => visitor.carts.has(cart)) || visitor.learned.some((one) => denying.has(one.person)))
      visitor.learned = []
}

async function forge(world: World, given: Extract<Action, { does: 'forge' }>): Promise<void> {
  const id = `event-${++world.last}`
  const visitor = sha256(`stranger ${world.last}`)
  const victim = persons[given.person] ?? expect.fail()
  const user = given.hasEmail ? { email: victim.emailHash, external_id: victim.customerHash } : {}
  world.sent.set(id, {
    ...{ kind: 'forged', person: undefined, visitor: undefined, at: world.time, isHeld: false, consent: 'granted' },
    own: { ...user, ttclid: 'forged', ttp: 'forged' },
  })
  await post(world, 'events', {
    v: 1,
    sentAt: world.time,
    events: [
      {
        ...{ time: world.time, eventName: 'Added To Cart', eventID: id, pixel: false, user, visitor },
        ...{ send: [{ event: 'AddToCart', parameters: {} }], ttclid: 'forged', ttp: 'forged' },
        aliases: [given.cart === 'junk' ? sha256(junk) : sha256(`urn:email:${victim.email}`)],
        ...{ page: { url: `${shop}/`, referrer: '' }, consent: { marketing: 'granted' } },
      },
    ],
  })
}

/** As the delivery loop does: erases what was denied, releases what has waited, and sends what is due. */
async function deliver(world: World): Promise<void> {
  const { database, options, time, ahead } = world
  for (const event of await database.take(time + ahead, time, options)) judge(world, event)
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] => [value ?? []].flat()

/** What must hold of an event that TikTok gets now. */
function judge(world: World, { data }: OutboxEvent): void {
  const sent = world.sent.get(data.event_id) ?? expect.fail('It was never sent, or was denied by its own sender.')
  const { user } = data
  for (const [key, value] of Object.entries(sent.own)) {
    if (key === 'external_id') expect(listOf(user.external_id)).toContain(value)
    else expect(Reflect.get(user, key)).toBe(value)
  }
  // An order waits for its other copy, and its visitor's profile learns the person only then.
  if (sent.kind === 'shop' && sent.person !== undefined && (sent.isHeld || sent.consent !== 'granted'))
    sent.visitor?.learned.push({ at: world.time, person: sent.person })
  judgePerson(world, sent, user)
  judgeConsent(world, sent)
  const slack = 2 * farthestClock + hour
  const got = [user.ttclid, user.ttp, user.user_agent].filter((value) => value !== undefined)
  for (const value of got) {
    if (Object.values(sent.own).includes(value) || value === 'shop') continue
    const origin = world.origins.get(value)
    // A browser's own user agent is not among its own values.
    if (origin?.visitor === sent.visitor && sent.kind === 'page') continue
    expect(value).not.toBe('forged')
    if (!origin) throw new Error(`${value} has no origin`)
    world.counts.filled++
    if (origin.visitor.isOptedOut) {
      world.counts.limited++
      expect(data.limited_data_use).toBe(true)
    }
    judgeOrigin(sent, origin, sent.isHeld ? world.time : sent.at)
    if (value !== user.user_agent && value !== user.ttp) expect(world.time - origin.at).toBeLessThan(30 * day + slack)
    for (const denied of origin.visitor.denied) expect(denied < origin.at || denied > world.time).toBe(true)
  }
}

/** Nobody gets what only another person is known by. */
function judgePerson(world: World, sent: Sent, user: OutboxEvent['data']['user']): void {
  const whose = persons.findIndex(
    ({ emailHash, customerHash }) => user.email === emailHash || listOf(user.external_id).includes(customerHash),
  )
  for (const [index, { emailHash, customerHash }] of persons.entries()) {
    if (index === whose) continue
    if (sent.kind === 'forged') continue
    expect(user.email).not.toBe(emailHash)
    expect(listOf(user.external_id)).not.toContain(customerHash)
  }
  if (sent.person !== undefined) expect(whose).toBe(sent.person)
  const isGiven = sent.own.email !== undefined || sent.own.external_id !== undefined
  if (whose < 0 || isGiven || sent.kind === 'forged') {
    if (sent.kind === 'forged') {
      expect(user.email).toBe(sent.own.email)
      expect(user.phone).toBe(undefined)
    }
    return
  }
  world.counts.persons++
  // A page's event gets what its visitor's pages said, a source's only what a source said of the visitor that it named.
  if (sent.kind === 'page') expect([...(sent.visitor?.persons.keys() ?? [])]).toContain(whose)
  else expect([...(sent.visitor?.named ?? [])]).toContain(whose)
}

/** `filledAt` is the earliest time at which the event may have been filled. */
function judgeOrigin(sent: Sent, origin: Origin, filledAt: number): void {
  if (sent.person === undefined) return
  for (const [person, at] of origin.visitor.persons) if (at < filledAt) expect(person).toBe(sent.person)
  // With a page that names another person, the profile begins anew. Otherwise its values are of whom the profile had learned.
  if (origin.person !== undefined) {
    expect(origin.person).toBe(sent.person)
    return
  }
  const before = origin.visitor.learned.filter(({ at }) => at < origin.at)
  if (before.length) expect(before.map(({ person }) => person)).toContain(sent.person)
}

function judgeConsent(world: World, { kind, consent, visitor, at }: Sent): void {
  const isRequired = world.options.consent === 'require'
  if (kind === 'page' && isRequired) expect(consent).toBe('granted')
  if (!visitor) return
  for (const denied of visitor.denied) {
    if (denied > world.time) continue
    // A page's event was decided before the denial, because the ID ends with it. So was a cart's context.
    // Without a decision of its own, a source's event has the newest one of its person.
    if (consent === 'none' && kind === 'shop' && world.lastGrant > denied) continue
    if (kind === 'page' || consent !== 'granted') expect(`denied at ${denied}`).toBe(`sent at ${at}`)
    else expect(at).toBeGreaterThanOrEqual(denied)
  }
}

async function run(world: World, given: Action, consent: (typeof consents)[number]): Promise<void> {
  const one = 'browser' in given ? (world.browsers[given.browser] ?? expect.fail()) : undefined
  if (given.does === 'page' && one) {
    if (one.decision === 'denied' || (consent === 'require' && !one.decision)) return
    const event = pageEvent(world, given.browser, given)
    if (given.keeps) one.kept.push({ event, at: world.time })
    else await postPage(world, given.browser, event)
  } else if (given.does === 'post kept' && one) {
    for (const { event } of one.kept.splice(0)) await postPage(world, given.browser, event)
  } else if (given.does === 'log in' && one) {
    if (one.person !== undefined && one.person !== given.person) one.visitor = newVisitor(world)
    one.person = given.person
  } else if (given.does === 'log out' && one) {
    one.visitor = newVisitor(world)
    one.person = undefined
  } else if (given.does === 'deny' && one) {
    one.visitor.denied.push(world.time)
    await post(world, 'events', { v: 1, sentAt: world.time, events: [], denied: { visitor: one.visitor.id } })
    world.counts.denied++
    Object.assign(one, { decision: 'denied', visitor: newVisitor(world) })
  } else if (given.does === 'grant' && one) one.decision = 'granted'
  else if (given.does === 'forge') await forge(world, given)
  else if (given.does === 'shop') await postShop(world, given)
  else if (given.does === 'wait') world.time += given.milliseconds
  else if (given.does === 'set clock') {
    if (Math.abs(world.ahead + given.milliseconds) <= farthestClock) world.ahead += given.milliseconds
  } else if (given.does === 'deliver') await deliver(world)
  else if (given.does === 'restart') {
    await world.database.close()
    open(world, consent)
  }
  if (given.does === 'page' || (given.does === 'shop' && given.consent === 'granted')) world.lastGrant = world.time
  world.time += second
}

/** Checks the law on new databases. `sequences` is how many are tried, each of up to 24 actions. */
export function testProfileLaw(create: () => OpenLawDatabase, sequences: number): void {
  test.each(consents)(
    `law: with consent "%s", through ${sequences / 2} random sequences, no event gets what is another person’s, was denied, is too old or was forged`,
    { timeout: 60_000 + sequences * 300 },
    async (consent) => {
      const world: World = {
        ...{ time: start, ahead: 0, last: 0, lastGrant: 0 },
        ...{
          openDatabase: create(),
          database: undefined as never,
          forwarder: undefined as never,
          options: { mergeOrders: 60, consent },
        },
        ...{ browsers: [], buyers: [], visitors: new Map(), origins: new Map(), sent: new Map() },
        counts: { filled: 0, persons: 0, denied: 0, limited: 0 },
      }
      open(world, consent)
      onTestFinished(async () => world.database.close())
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 24 }), async (actions) => {
          // Whatever an earlier sequence left behind is over after 100 days.
          world.time += 100 * day
          world.ahead = 0
          await world.database.clear(world.time)
          for (const map of [world.visitors, world.origins, world.sent]) map.clear()
          world.buyers = carts.map(() => new Set())
          world.browsers = [0, 1].map(() => ({
            visitor: newVisitor(world),
            person: undefined,
            decision: undefined,
            kept: [],
          }))
          for (const one of actions) await run(world, one, consent)
          world.time += 2 * minute
          await deliver(world)
        }),
        { numRuns: Math.ceil(sequences / 2) },
      )
      console.log(`profiles (${consent}): ${JSON.stringify(world.counts)}`)
      // Few sequences may by chance have none.
      if (sequences >= 400) expect(world.counts.filled).toBeGreaterThan(sequences / 60)
      if (sequences >= 2000) expect(world.counts.persons).toBeGreaterThan(sequences / 400)
    },
  )
}
