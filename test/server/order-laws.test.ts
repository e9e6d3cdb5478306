// Random sequences of what can happen to orders, through the forwarder and the SQLite tables, against a model of what must
// hold. ORDER_SEQUENCES is how many; 10,000 take about a minute.
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createForwarder, type Forwarder } from '../../src/server/forwarder.ts'
import type { EventsApiEvent, OutboxEvent } from '../../src/server/outbox.ts'
import { openTables, type Tables } from '../../src/store/sqlite/outbox-tables.ts'
import type { Store } from '../../src/store/store.ts'
import type { Settled } from '../../src/store/waiting-event.ts'
import { createEventCounter } from '../tiktok/count-events.ts'
import { createFolderInMemory } from './node-folder.ts'
import { accessToken, pixelId, shop, webhookToken } from './node-requests.ts'
import { jane, pageCopy, shopCopy } from './start-store.ts'

const sequences = Number(process.env.ORDER_SEQUENCES ?? 400)
const second = 1000
const minute = 60 * second
const hour = 60 * minute
const window = 60 * second
/** Milliseconds. The hour between our limit and TikTok's is what a wrong clock may use up. */
const farthestClock = 25 * minute
const start = Date.parse('2026-03-01T12:00:00Z')

type Action =
  | { does: 'page'; order: number; isNew: boolean; after: number }
  | { does: 'forge'; order: number; how: 'far' | 'near' | 'anonymous' | 'new customer' }
  | { does: 'shop'; order: number; isNew: boolean }
  | { does: 'wait'; milliseconds: number }
  | { does: 'long wait'; hours: number }
  | { does: 'set clock'; milliseconds: number }
  | { does: 'deliver'; answer: 'taken' | 'down' | 'lost answer' | 'crash after' }
  | { does: 'restart' }

const order = fc.nat({ max: 1 })
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('page' as const),
      order,
      isNew: fc.boolean(),
      after: fc.nat({ max: 400 * second }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('forge' as const),
      order,
      how: fc.constantFrom('far' as const, 'near' as const, 'anonymous' as const, 'new customer' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('shop' as const), order, isNew: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('wait' as const), milliseconds: fc.nat({ max: 70 * second }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('long wait' as const), hours: fc.integer({ min: 1, max: 30 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('set clock' as const),
      milliseconds: fc.integer({ min: -20 * minute, max: 20 * minute }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('deliver' as const),
      answer: fc.constantFrom(
        'taken' as const,
        'taken' as const,
        'down' as const,
        'lost answer' as const,
        'crash after' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ does: 'restart' as const }) },
)

interface World {
  /** The true time, in milliseconds since 1970. */
  time: number
  /** By how much the server's clock is ahead. */
  ahead: number
  wasClockSet: boolean
  path: string
  tables: Tables
  forwarder: Forwarder
  counter: ReturnType<typeof createEventCounter>
  sequence: number
  orders: Order[]
}

/** What the model knows of an order of this sequence. */
interface Order {
  id: string
  placed: number
  /** By the row's name: when a webhook's copy was acknowledged as to be sent, and that TikTok had it. */
  promised: Map<string, number>
  sent: Set<string>
  /** Whether its answer said that both copies are one event. */
  isMerged: boolean
  counted: EventsApiEvent[]
  accepted: { event: EventsApiEvent; source: OutboxEvent['source'] }[]
  /** Whether anybody posted something else than the two sides. */
  isForged: boolean
}

const moneyOf = (order: number) => 10 + order

function open(world: World): void {
  const clock = () => world.time + world.ahead
  world.tables = openTables(world.path, pixelId)
  const absent = () => Promise.reject(new Error('The law does without it.'))
  const store: Store = {
    add: async (events, { mergeOrders }) => {
      const kept = events.map((event) => ({ event, body: JSON.stringify(event) }))
      return world.tables.add([{ kept, mergeOrders }], clock())[0] ?? []
    },
    start: () => {},
    stats: absent,
    deadLetters: () => expect.fail(),
    requeue: absent,
    drop: absent,
    erase: absent,
    schemaVersion: absent,
    close: absent,
  }
  world.forwarder = createForwarder(
    { pixelId, accessToken, webhookToken, allowedOrigins: [shop], store },
    { now: clock, monotonic: () => world.time, log: () => {} },
  )
}

async function post({ forwarder }: World, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { origin: shop, 'x-webhook-token': webhookToken, 'content-type': 'application/json' }
  const request = new Request(`${shop}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = await forwarder.fetch(request)
  expect(answer.status).toBe(202)
  return answer.json()
}

const rows = (value: number, isNew: boolean) =>
  ['Purchase', ...(isNew ? ['NewCustomerPurchase'] : [])].map((event) => ({
    event,
    parameters: { value, currency: 'EUR' },
  }))

async function postPage(world: World, one: Order, time: number, parts: Parameters<typeof pageCopy>[1]): Promise<void> {
  const batch = pageCopy({ id: one.id, time }, { ...parts })
  await post(world, 'events', { ...batch, sentAt: world.time })
}

async function postShop(world: World, one: Order, index: number, isNew: boolean): Promise<void> {
  const body = shopCopy({ id: one.id, time: one.placed }, { total_price: moneyOf(index), $is_new_customer: isNew })
  const { statuses, problems } = await post(world, 'webhook', body)
  const names = rows(0, isNew).map(({ event }) => event)
  const skipped = names.filter((name) =>
    JSON.stringify(problems).match(`(already_sent|too_late): ([^"]*, )?${name}\\b`),
  )
  const taken = names.filter((name) => !skipped.includes(name))
  const [status] = Object.keys(Object(statuses))
  // It is never answered as sent when it is not, and never as skipped when it is.
  expect(status === 'skipped').toBe(taken.length === 0)
  expect(['success', 'merged', 'conflict', 'skipped']).toContain(status)
  if (status === 'merged') one.isMerged = true
  for (const name of taken) if (!one.promised.has(name)) one.promised.set(name, world.time)
  // Only events that were accepted before, or that TikTok could count twice, are skipped.
  for (const name of skipped) {
    const isOld = world.time + world.ahead - one.placed > 46 * hour
    expect(one.promised.has(name) || isOld).toBe(true)
  }
}

const forgeries = {
  far: (time: number) => ({ time: time - 46 * hour, user: { email: '9'.repeat(64) }, isNew: false }),
  near: (time: number) => ({ time, user: { email: '9'.repeat(64) }, isNew: false }),
  anonymous: (time: number) => ({ time, user: {}, isNew: false }),
  'new customer': (time: number) => ({ time, user: { email: '9'.repeat(64) }, isNew: true }),
} as const

function deliver(world: World, answer: Extract<Action, { does: 'deliver' }>['answer']): number {
  const { tables } = world
  const now = world.time + world.ahead
  while (tables.setAsideLate(now, () => false));
  tables.release(now, window)
  const batch = tables.due(now, minute, () => false)
  if (batch.length === 0) return 0
  if (answer === 'down') return batch.length
  for (const { event } of batch) acceptEvent(world, event)
  if (answer === 'lost answer') return batch.length
  if (answer === 'crash after') {
    restart(world)
    return batch.length
  }
  tables.settle(
    batch.map(({ id, event_id }): Settled => ({ id, event_id, outcome: 'done' })),
    now,
  )
  return batch.length
}

function acceptEvent(world: World, { data, source }: OutboxEvent): void {
  const one = world.orders.find(({ id }) => id === data.event_id) ?? expect.fail(`${data.event_id} is of no order`)
  // What was handed out once is the same ever after.
  const before = one.accepted.filter((other) => other.event.event === data.event && other.source === source)
  for (const { event } of before) expect(data).toEqual(event)
  one.accepted.push({ event: data, source })
  if (source === 'signed') {
    one.sent.add(data.event)
    expect(data.properties.value).toBe(moneyOf(world.orders.indexOf(one)))
    expect(data.user.email).toBe(jane)
    const slack = world.wasClockSet ? farthestClock / second : 2
    expect(Math.abs(data.event_time - one.placed / second)).toBeLessThanOrEqual(300 + slack)
  }
  if (world.counter.counts(data, world.time)) one.counted.push(data)
}

function restart(world: World): void {
  world.tables.close()
  open(world)
}

/** Until nothing waits any more, while TikTok takes everything. */
function deliverAll(world: World): void {
  for (let round = 0; round < 20 && deliver(world, 'taken'); round++);
}

/** Lets a quarter of an hour pass while TikTok takes everything. */
function deliverForAWhile(world: World): void {
  deliverAll(world)
  for (let round = 0; round < 15; round++) {
    world.time += window + second
    deliverAll(world)
  }
}

/** An accepted order is sent when its window ends, at any wall clock time, unless it had expired before. */
function expectSent(world: World): void {
  for (const one of world.orders)
    for (const [name, at] of one.promised) if (at - one.placed < 46 * hour) expect([...one.sent]).toContain(name)
}

async function run(world: World, action: Action): Promise<void> {
  const one = 'order' in action ? (world.orders[action.order] ?? expect.fail()) : undefined
  if (action.does === 'page' && one) {
    const time = Math.max(one.placed - action.after, 0)
    await postPage(world, one, Math.min(time, world.time), { send: rows(moneyOf(action.order), action.isNew) })
  } else if (action.does === 'forge' && one) {
    one.isForged = true
    const { time, user, isNew } = forgeries[action.how](world.time)
    await postPage(world, one, time, { send: rows(0.01, isNew), user, ttclid: 'forged' })
  } else if (action.does === 'shop' && one) await postShop(world, one, action.order, action.isNew)
  else if (action.does === 'wait') world.time += action.milliseconds
  else if (action.does === 'long wait') {
    // Nothing that was acknowledged waits through it: TikTok is well, and windows are over.
    deliverForAWhile(world)
    expectSent(world)
    world.time += action.hours * hour
  } else if (action.does === 'set clock') {
    if (Math.abs(world.ahead + action.milliseconds) <= farthestClock) {
      world.ahead += action.milliseconds
      world.wasClockSet = true
    }
  } else if (action.does === 'deliver') deliver(world, action.answer)
  else if (action.does === 'restart') restart(world)
}

function judge(world: World): void {
  deliverForAWhile(world)
  expectSent(world)
  const { waiting } = world.tables.stats(world.time)
  expect(waiting).toBe(0)
  for (const one of world.orders) {
    const counts = (name: string) => one.counted.filter(({ event }) => event === name).length
    // An order is counted once, if nobody posted forged copies of it days before.
    if (!one.isForged)
      for (const name of ['Purchase', 'NewCustomerPurchase']) expect(counts(name)).toBeLessThanOrEqual(1)
    if (one.isMerged && one.sent.size) {
      const signed = one.accepted.filter(({ source }) => source === 'signed')
      expect(signed.some(({ event }) => event.user.ttclid !== undefined && event.user.phone !== undefined)).toBe(true)
    }
  }
}

test(`in ${sequences} random sequences, a signed source’s order is always sent in time, with its own value and identity, and counts once`, {
  timeout: 60_000 + sequences * 30,
}, async () => {
  const world: World = {
    ...{
      time: start,
      ahead: 0,
      wasClockSet: false,
      path: join(createFolderInMemory(), 'converge.db'),
      sequence: 0,
      orders: [],
    },
    ...{ tables: undefined as never, forwarder: undefined as never, counter: createEventCounter() },
  }
  open(world)
  onTestFinished(() => world.tables.close())
  const counts = { merged: 0, conflict: 0, late_twin: 0, left_to_source: 0 }
  let promised = 0
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 14 }), async (actions) => {
      world.sequence++
      world.time += 200 * hour
      world.ahead = 0
      world.wasClockSet = false
      world.orders = [0, 1].map((index) => ({
        ...{
          id: `${world.sequence}-${index}`,
          placed: world.time - index * minute,
          isMerged: false,
          isForged: false,
        },
        ...{ promised: new Map(), sent: new Set(), counted: [], accepted: [] },
      }))
      try {
        for (const one of actions) await run(world, one)
        judge(world)
        promised += world.orders.reduce((sum, { promised }) => sum + promised.size, 0)
      } finally {
        // What a sequence that failed has left behind is not the next one's.
        world.ahead = 0
        world.time += 200 * hour
        while (world.tables.setAsideLate(world.time, () => false));
      }
    }),
    { numRuns: sequences },
  )
  Object.assign(counts, world.tables.stats(world.time).orders)
  console.log(`orders: ${sequences} sequences, ${promised} orders of webhooks, all sent; ${JSON.stringify(counts)}`)
  expect(counts.merged).toBeGreaterThan(sequences / 20)
  expect(counts.conflict).toBeGreaterThan(sequences / 100)
  expect(counts.late_twin).toBeGreaterThan(sequences / 100)
  expect(counts.left_to_source).toBeGreaterThan(sequences / 100)
})
