// What the event log of every store must do, with any engine. Each engine's own test runs it.
import { describe, expect, test } from 'vitest'
import type { Deliver, DeliveryResult, OutboxEvent } from '../../src/server/outbox.ts'
import type { EventLog, LogLine, LogPart, LogQuery } from '../../src/store/event-log.ts'
import type { PersonKeys } from '../../src/store/person.ts'
import type { Store } from '../../src/store/store.ts'
import type { TestDatabase } from './store-contract.ts'

const hour = 3_600_000
const mergeOrders = 60
const window = { mergeOrders }
const poll = { timeout: 30_000 }
const jane = 'a'.repeat(64)
const mary = 'b'.repeat(64)
const janesId = 'c'.repeat(64)
const janesPhone = 'd'.repeat(64)

type Given = Partial<Omit<OutboxEvent, 'data'>> & Partial<OutboxEvent['data']>

/** A Purchase of 94.80 EUR that Jane's browser sends, or with other fields. */
export function logged(event_id: string, given: Given = {}): OutboxEvent {
  const { expires, order = false, orderName, source = 'page', ...data } = given
  const event_time = Math.floor(Date.now() / 1000)
  const user = { email: jane, ttclid: 'click', ip: '203.0.113.7' }
  const properties = { value: 94.8, currency: 'EUR' }
  return {
    data: { event: 'Purchase', event_time, event_id, user, page: {}, properties, ...data },
    expires: expires ?? event_time + 47 * 3600,
    order,
    source,
    ...(orderName && { orderName }),
  }
}

const isOrder = { order: true, orderName: 'Placed Order' } as const
const fromShop = { ...isOrder, source: 'signed', user: { email: jane, phone: mary } } as const

export const partOf = (count: number, more: Partial<LogPart> = {}): LogPart => ({
  source: 'web',
  channel: 'page',
  eventNames: Array.from({ length: count }, () => 'Placed Order'),
  unsent: [],
  ...more,
})

const byServer = { source: 'shop', channel: 'server' } as const

async function add(store: Store, events: readonly OutboxEvent[], more: Partial<LogPart> = {}): Promise<void> {
  await store.add(events, window, { log: partOf(events.length, more) })
}

export function logOf({ log }: Store): EventLog {
  if (!log) throw new Error('This store has no log.')
  return log
}

const linesOf = (store: Store, query: LogQuery = {}): Promise<readonly LogLine[]> => logOf(store).lines(query)
const told = async (store: Store, query?: LogQuery) =>
  (await linesOf(store, query)).map(({ event_id, channel, status, reason }) =>
    [event_id, channel, status, reason].filter(Boolean).join(' '),
  )

/** Answers by event_id. */
const answering =
  (results: Record<string, DeliveryResult>, problem = 'TikTok answered code 40002: no such event'): Deliver =>
  async (events) =>
    events.map((event) => {
      const result = results[event.data.event_id] ?? 'done'
      if (result === 'done') return result
      event.problem = problem
      event.answer = { code: 40002, message: problem }
      return result
    })

const person = (more: Partial<PersonKeys>): PersonKeys => ({
  emails: [],
  phones: [],
  customerIds: [],
  orderIds: [],
  ...more,
})

/** `create` makes a database that is new and empty. */
export function testEventLog(name: string, create: () => TestDatabase): void {
  describe(`the event log of ${name}`, () => {
    test('has a line for each event, from the transaction that stores the event', async () => {
      const store = create().open()
      await add(store, [logged('1')])
      expect(await linesOf(store)).toEqual([
        {
          id: expect.any(Number),
          time: expect.any(Number),
          source: 'web',
          channel: 'page',
          eventName: 'Placed Order',
          event: 'Purchase',
          event_id: '1',
          status: 'waiting',
          reason: '',
          matchKeys: ['email', 'ttclid', 'ip'],
          value: 94.8,
          currency: 'EUR',
          attempts: 0,
        },
      ])
      await store.add([logged('2')], window)
      expect(await told(store)).toEqual(['1 page waiting'])
    })

    test('says what became of each event, with the code and the sentence of TikTok', async () => {
      const store = create().open()
      await add(store, [logged('1'), logged('2'), logged('3')])
      store.start(answering({ 2: 'dead', 3: 'retry' }), window)
      await expect.poll(() => told(store, { status: 'success' }), poll).toEqual(['1 page success'])
      const refused = 'TikTok answered code 40002: no such event'
      const [third, second, first] = await linesOf(store)
      expect(first).toMatchObject({ status: 'success', attempts: 1, code: 0, message: 'OK', reason: '' })
      expect(first?.sent).toBeGreaterThanOrEqual(first?.time ?? Number.NaN)
      expect(second).toMatchObject({ status: 'failure', attempts: 1, code: 40002, message: refused, reason: refused })
      expect(third).toMatchObject({ status: 'retry', attempts: expect.any(Number), code: 40002, message: refused })
      expect(second).not.toHaveProperty('sent')
    })

    test('shows events that TikTok cannot take now as retried, with each attempt', async () => {
      const store = create().open()
      await add(store, [logged('1')])
      store.start(answering({ 1: 'retry' }, 'TikTok could not be reached'), window)
      const expected = [{ status: 'retry', reason: 'TikTok could not be reached', event_id: '1' }]
      await expect.poll(() => linesOf(store), poll).toMatchObject(expected)
      await expect.poll(async () => (await linesOf(store))[0]?.attempts, poll).toBeGreaterThan(1)
    })

    test('has the answer to each attempt of an event that was not taken at once', async () => {
      const store = create().open()
      await add(store, [logged('1'), logged('2')])
      let attempts = 0
      const deliver: Deliver = async (events) =>
        events.map((event) => {
          if (event.data.event_id === '2' || ++attempts > 2) return 'done'
          event.problem = `attempt ${attempts}`
          event.answer = { code: 50000 + attempts, message: `attempt ${attempts}` }
          return 'retry'
        })
      store.start(deliver, window)
      await expect.poll(() => told(store, { status: 'success' }), poll).toHaveLength(2)
      const [second, first] = await linesOf(store)
      expect(first?.answers).toEqual([
        { time: expect.any(Number), code: 50001, message: 'attempt 1' },
        { time: expect.any(Number), code: 50002, message: 'attempt 2' },
        { time: first?.sent, code: 0, message: 'OK' },
      ])
      expect(second).not.toHaveProperty('answers')
    })

    test('shows a dead letter that is queued again as waiting, then as sent', async () => {
      const database = create()
      const store = database.open()
      await add(store, [logged('1')])
      let result: DeliveryResult = 'dead'
      store.start(async (events) => events.map((event) => answer(event, result)), window)
      await expect.poll(() => told(store), poll).toEqual(['1 page failure refused'])
      result = 'done'
      await store.requeue('all')
      await expect.poll(() => told(store), poll).toEqual(['1 page success'])
    })

    test.each([
      ['filtered', 'filter for Placed Order: total_price greater_than'],
      ['skipped', 'paused'],
      ['no_consent', 'consent mode require'],
      ['failure', 'eventID is missing'],
    ] as const)('has a line for an event that is %s', async (status, reason) => {
      const store = create().open()
      const one = { eventName: 'Placed Order', event: '', event_id: '1', status, reason }
      await add(store, [], { ...byServer, unsent: [one] })
      expect(await linesOf(store)).toMatchObject([{ ...one, source: 'shop', channel: 'server', matchKeys: [] }])
    })

    test('has a line for an event that waits for its visitor’s decision', async () => {
      let now = Date.now()
      const store = create().open(() => now)
      const options = { ...window, consent: 'require' } as const
      store.start(answering({}), options)
      await store.add([logged('1', { source: 'signed' })], options, { log: partOf(1, byServer) })
      expect(await told(store)).toEqual(['1 server waiting'])
      now += mergeOrders * 1000 + 1000
      await expect
        .poll(() => told(store), poll)
        .toEqual(['1 server no_consent the visitor denied consent, or did not grant it'])
    })

    test('has a line for an event that arrives again', async () => {
      const store = create().open()
      await add(store, [logged('1')])
      await add(store, [logged('1')])
      expect(await told(store)).toEqual(['1 page skipped already_sent', '1 page waiting'])
    })

    test.each([
      ['page', 'signed'],
      ['signed', 'page'],
    ] as const)('has one line for both copies of an order, the copy of %s first', async (first, second) => {
      const store = create().open()
      const copies = {
        page: () => add(store, [logged('1001', { ...isOrder, properties: { value: 1, currency: 'EUR' } })]),
        signed: () => add(store, [logged('1001', fromShop)], byServer),
      }
      await copies[first]()
      await copies[second]()
      expect(await linesOf(store)).toMatchObject([
        {
          event_id: '1001',
          channel: 'merged',
          source: 'shop',
          value: 94.8,
          matchKeys: ['email', 'phone', 'ttclid', 'ip'],
        },
      ])
      const { hours } = await logOf(store).summary(0, 0)
      expect(hours.flatMap(({ orders }) => orders)).toEqual([{ currency: 'EUR', count: 1, value: 94.8 }])
      store.start(answering({}), { mergeOrders })
      await expect.poll(() => told(store), poll).toEqual(['1001 merged success'])
    })

    test('says which copies of an order are not sent, and why', async () => {
      const store = create().open()
      await add(store, [logged('1001', isOrder)])
      await add(store, [logged('1001', { ...fromShop, user: { email: mary } })], byServer)
      expect(await told(store)).toEqual(['1001 server waiting', '1001 page skipped conflict'])
      await add(store, [logged('1001', fromShop)], byServer)
      await add(store, [logged('1002', fromShop)], byServer)
      await add(store, [logged('1002', isOrder), logged('1002', { ...isOrder, event: 'NewCustomerPurchase' })])
      expect((await told(store)).slice(0, 3)).toEqual([
        '1002 page skipped left_to_source',
        '1002 merged waiting',
        '1001 server skipped already_sent',
      ])
      const { hours } = await logOf(store).summary(0, 0)
      expect(hours.flatMap(({ orders }) => orders)).toEqual([{ currency: 'EUR', count: 2, value: 189.6 }])
    })

    test('finds lines by event_id and by the ID of an order', async () => {
      const store = create().open()
      await add(store, [logged('uuid-1', { properties: { order_id: '1001' } }), logged('uuid-2'), logged('1001')])
      expect(await told(store, { id: ' 1001 ' })).toEqual(['1001 page waiting', 'uuid-1 page waiting'])
      expect(await told(store, { id: 'uuid-2' })).toEqual(['uuid-2 page waiting'])
      expect(await told(store, { id: 'uuid' })).toEqual([])
      expect((await logOf(store).find(['1001', 'uuid-2', 'none'])).map(({ event_id }) => event_id)).toEqual(
        expect.arrayContaining(['1001', 'uuid-1', 'uuid-2']),
      )
      expect(await linesOf(store, { id: '1001', status: 'success' })).toEqual([])
    })

    test('filters lines by status, event, source and time, and pages through them in both directions', async () => {
      let now = Date.parse('2026-03-01T10:30:00Z')
      const store = create().open(() => now)
      await add(store, [logged('1'), logged('2', { event: 'AddToCart' })])
      now += hour
      await add(store, [logged('3')], byServer)
      const filtered = { eventName: 'Lead', event: '', event_id: '4', status: 'filtered', reason: 'vip' } as const
      await add(store, [logged('5')], { unsent: [filtered] })
      const ids = async (query: LogQuery) => (await linesOf(store, query)).map(({ event_id }) => event_id)
      expect(await ids({})).toEqual(['5', '4', '3', '2', '1'])
      expect(await ids({ status: 'filtered' })).toEqual(['4'])
      expect(await ids({ event: 'AddToCart' })).toEqual(['2'])
      expect(await ids({ event: 'Placed Order', source: 'web' })).toEqual(['5', '2', '1'])
      expect(await ids({ source: 'shop' })).toEqual(['3'])
      expect(await ids({ to: now })).toEqual(['2', '1'])
      expect(await ids({ from: now, event: 'Purchase' })).toEqual(['5', '3'])
      const [newest, , third] = await linesOf(store)
      expect(await ids({ before: third?.id ?? 0 })).toEqual(['2', '1'])
      expect(await ids({ after: third?.id ?? 0 })).toEqual(['5', '4'])
      expect(await ids({ after: newest?.id ?? 0 })).toEqual([])
      expect(await ids({ limit: 2 })).toEqual(['5', '4'])
    })

    test('counts the lines of each hour, the value of its orders, match keys and delivery times', async () => {
      let now = Date.parse('2026-03-01T10:30:00Z')
      const store = create().open(() => now)
      const first = now
      await add(store, [logged('1', isOrder)])
      now += hour
      const more = [logged('2', isOrder), logged('2', { ...isOrder, event: 'NewCustomerPurchase' }), logged('3')]
      await add(store, more, byServer)
      now += 2000
      store.start(answering({ 3: 'dead' }), { mergeOrders: 0 })
      await expect.poll(() => told(store, { status: 'waiting' }), poll).toEqual([])
      const { hours, matchKeys, delivery, lastOrder } = await logOf(store).summary(0, 0)
      const names = ({ event, status, count, source }: (typeof hours)[0]['counts'][0]) =>
        `${source} ${event} ${status} ${count}`
      expect(hours.map(({ start, counts, orders }) => ({ start, orders, counts: counts.map(names).sort() }))).toEqual([
        {
          start: Date.parse('2026-03-01T10:00:00Z'),
          counts: ['web Purchase success 1'],
          orders: [{ currency: 'EUR', count: 1, value: 94.8 }],
        },
        {
          start: Date.parse('2026-03-01T11:00:00Z'),
          counts: ['shop NewCustomerPurchase success 1', 'shop Purchase failure 1', 'shop Purchase success 1'],
          orders: [{ currency: 'EUR', count: 1, value: 94.8 }],
        },
      ])
      expect(matchKeys).toMatchObject({
        events: 3,
        orders: 2,
        has: { email: { events: 3, orders: 2 }, phone: { events: 0 } },
      })
      expect(delivery?.p50).toBeGreaterThan(1500)
      expect(delivery?.p99).toBeGreaterThan(3_000_000)
      expect(lastOrder).toBe(first + hour)
      expect((await logOf(store).summary(first + hour, first + hour)).hours).toHaveLength(1)
    })

    test('erases the lines of a person', async () => {
      const store = create().open()
      await add(store, [
        logged('1'),
        logged('2', { user: { email: mary } }),
        logged('3', { user: { external_id: janesId } }),
        logged('4', { user: { phone: janesPhone } }),
        logged('5', { user: { email: mary }, properties: { order_id: '1005' } }),
      ])
      store.start(answering({}), window)
      await expect.poll(() => told(store, { status: 'success' }), poll).toHaveLength(5)
      expect(await store.erase(person({ emails: [jane] }))).toMatchObject({ logLines: 1 })
      expect((await linesOf(store)).map(({ event_id }) => event_id)).toEqual(['5', '4', '3', '2'])
      await store.erase(person({ customerIds: [janesId], phones: [janesPhone], orderIds: ['1005'] }))
      expect((await linesOf(store)).map(({ event_id }) => event_id)).toEqual(['2'])
    })

    test('erases the lines of a person whose events wait', async () => {
      const store = create().open()
      await add(store, [
        logged('1'),
        logged('2', { user: { email: mary } }),
        logged('3', { user: { phone: janesPhone } }),
        logged('4', { user: { external_id: jane } }), // This event is not found, but its line is.
      ])
      const janes = person({ emails: [jane], phones: [janesPhone] })
      expect(await store.erase(janes)).toMatchObject({ waiting: 2, logLines: 3 })
      expect(await told(store)).toEqual(['2 page waiting'])
      store.start(answering({}), window)
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2 })
      await expect.poll(() => told(store), poll).toEqual(['2 page success'])
    })

    test.each(['jane@example.com', ' +49 170 1234567', '0049-170-1234567', '(212) 555 0123', '212-555-0123'])(
      'shows a part of the hash of %j, which may be of a person, and finds the line by it',
      async (id) => {
        const store = create().open()
        await add(store, [logged(id, { properties: { order_id: `${id} ` } })])
        const [line] = await linesOf(store, { id })
        expect(JSON.stringify(line)).not.toContain(id.trim())
        expect(line?.event_id).toMatch(/^sha256:[\da-f]{12}$/)
      },
    )

    test('finds the line of a waiting event by the part of the hash that it shows', async () => {
      const store = create().open()
      await add(store, [logged('jane@example.com')])
      const [line] = await linesOf(store)
      expect(line?.event_id).toMatch(/^sha256:/)
      expect(await linesOf(store, { id: line?.event_id ?? '' })).toEqual([line])
    })

    test.each(['1001', '#1001', '5678901234567', 'a1b2-c3d4', 'WC-100200300'])(
      'shows %j, the ID of an order, as it is',
      async (id) => {
        const store = create().open()
        await add(store, [logged(id)])
        expect(await linesOf(store)).toMatchObject([{ event_id: id }])
      },
    )
  })
}

function answer(event: OutboxEvent, result: DeliveryResult): DeliveryResult {
  if (result !== 'done') event.problem = 'refused'
  return result
}
