// The contract of every store. The test of each engine runs it.
import { describe, expect, test } from 'vitest'
import { type Deliver, type DeliveryResult, type OutboxEvent, OutboxFull } from '../../src/server/outbox.ts'
import type { CustomerKeys } from '../../src/store/customer-history.ts'
import type { PersonKeys } from '../../src/store/person.ts'
import type { Store } from '../../src/store/store.ts'
import { testOutbox } from './outbox-contract.ts'
import { day, purchase } from './outbox-kit.ts'

/** A database under test. */
export interface TestDatabase {
  /** Opens it, as one process does. It is closed when the test ends. */
  open(now?: () => number): Store
}

const mergeOrders = 60
const window = { mergeOrders }
const minute = 60_000
const jane = 'a'.repeat(64)
const mary = 'b'.repeat(64)

interface Parts {
  id?: string
  event?: string
  email?: string
  /** Milliseconds since 1970. */
  time?: number
}

function order(
  source: 'page' | 'signed',
  { id = '1001', event = 'Purchase', email = jane, time = Date.now() }: Parts = {},
): OutboxEvent {
  const seconds = Math.floor(time / 1000)
  const user = source === 'page' ? { email, ttclid: 'click' } : { email, phone: jane }
  return {
    data: {
      event,
      event_time: seconds,
      event_id: id,
      user,
      page: {},
      properties: { value: source === 'page' ? 1 : 2 },
    },
    expires: seconds + 47 * 3600,
    order: true,
    orderName: 'Placed Order',
    source,
  }
}

/** Gives all events the same result, and records the delivered events. */
function taking(result: (event: OutboxEvent) => DeliveryResult = () => 'done') {
  const events: OutboxEvent[] = []
  const deliver: Deliver = async (batch) => {
    events.push(...batch.map((event) => structuredClone(event)))
    return batch.map((event) => {
      const answer = result(event)
      if (answer === 'dead') event.problem = 'refused'
      return answer
    })
  }
  const told = () => events.map(({ data, source }) => `${data.event} ${data.event_id} ${source}`)
  return { events, deliver, told }
}

export async function listOf<Element>(elements: AsyncIterable<Element>): Promise<Element[]> {
  const list: Element[] = []
  for await (const one of elements) list.push(one)
  return list
}

const poll = { timeout: 30_000 }

const nobody: PersonKeys = { emails: [], phones: [], customerIds: [], orderIds: [] }
const jane1 = '1'.repeat(64)
const jane2 = '2'.repeat(64)
const mary1 = '3'.repeat(64)

/** An event of the person with these keys. */
function eventOf(
  id: string,
  user: Partial<Record<'email' | 'phone' | 'external_id', string>>,
  order_id = '',
): OutboxEvent {
  const event = purchase(id)
  const properties = order_id ? { ...event.data.properties, order_id } : event.data.properties
  return { ...event, data: { ...event.data, user, properties } }
}

/** `create` makes a database that is new and empty. */
export function testStore(name: string, create: () => TestDatabase): void {
  testOutbox(`${name}, used like an outbox`, () => {
    const store = create().open()
    return { add: (events) => store.add(events, window), start: (deliver) => store.start(deliver, window) }
  })

  describe(name, () => {
    test('keeps added events across a restart, and returns the version of its tables', async () => {
      const database = create()
      const former = database.open()
      expect(await former.add([purchase('1'), purchase('2')], window)).toEqual(['kept', 'kept'])
      expect(await former.schemaVersion()).toBeGreaterThan(0)
      await former.close()
      await expect(former.add([purchase('3')], window)).rejects.toThrow(OutboxFull)
      const store = database.open()
      expect(await store.stats()).toMatchObject({ waiting: 2, sent: 0, dead: {} })
      const { deliver, told } = taking()
      store.start(deliver, window)
      await expect.poll(told, poll).toEqual(['Purchase 1 undefined', 'Purchase 2 undefined'])
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2 })
    })

    test('the alerts that were posted survive a restart, and a later list replaces them', async () => {
      const database = create()
      const store = database.open(Date.now)
      expect(await store.postedAlerts?.read()).toEqual(new Map())
      await store.postedAlerts?.write(
        new Map([
          ['token', 'Nothing is sent.'],
          ['dead', 'There are 2 dead letters.'],
        ]),
      )
      await store.postedAlerts?.write(new Map([['dead', 'There are 3 dead letters.']]))
      await store.close()
      const later = database.open(Date.now)
      expect(await later.postedAlerts?.read()).toEqual(new Map([['dead', 'There are 3 dead letters.']]))
      await later.postedAlerts?.write(new Map())
      expect(await later.postedAlerts?.read()).toEqual(new Map())
    })

    test('the pause switch is shared by all processes, survives a restart, and says since when', async () => {
      const database = create()
      const [one, two] = [database.open(() => 1000), database.open(() => 2000)]
      expect(await two.pauseSwitch?.pausedSince()).toBeUndefined()
      expect(await one.pauseSwitch?.resume()).toBe(false)
      expect(await one.pauseSwitch?.pause()).toBe(true)
      expect(await two.pauseSwitch?.pausedSince()).toBe(1000)
      expect(await two.pauseSwitch?.pause()).toBe(false)
      expect(await two.pauseSwitch?.pausedSince()).toBe(1000)
      await Promise.all([one.close(), two.close()])
      const later = database.open()
      expect(await later.pauseSwitch?.pausedSince()).toBe(1000)
      expect(await later.pauseSwitch?.resume()).toBe(true)
      expect(await later.pauseSwitch?.pausedSince()).toBeUndefined()
    })

    test('two processes on one database both accept events, and each event is delivered once', async () => {
      const database = create()
      const [one, two] = [database.open(), database.open()]
      const { deliver, told } = taking()
      one.start(deliver, window)
      two.start(deliver, window)
      await Promise.all([one.add([purchase('1')], window), two.add([purchase('2')], window)])
      await expect.poll(() => told().sort(), poll).toEqual(['Purchase 1 undefined', 'Purchase 2 undefined'])
      await expect.poll(one.stats, poll).toMatchObject({ waiting: 0, sent: 2 })
    })

    test('accepts the same event and event_id once while it waits, and an order once in 90 days', async () => {
      let now = Date.now()
      const store = create().open(() => now)
      expect(await store.add([purchase('1'), purchase('1')], window)).toEqual(['kept', 'already_sent'])
      const renewal = () => purchase('2', { order: true, source: 'signed', expires: now / 1000 + 1000 })
      expect(await store.add([renewal(), renewal()], window)).toEqual(['kept', 'already_sent'])
      store.start(taking().deliver, window)
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2 })
      now += 90 * day - 1000
      expect(await store.add([renewal()], window)).toEqual(['already_sent'])
      now += 1000
      expect(await store.add([renewal()], window)).toEqual(['kept'])
    })

    test.each([
      ['page', 'signed'],
      ['signed', 'page'],
    ] as const)('merges an order whose %s copy arrives first, and delivers it at once', async (first, second) => {
      const store = create().open()
      const { deliver, events } = taking()
      store.start(deliver, window)
      expect(await store.add([order(first)], window)).toEqual(['kept'])
      expect(await store.stats()).toMatchObject({ waiting: 1 })
      expect(await store.add([order(second)], window)).toEqual(['merged'])
      await expect.poll(() => events.length, poll).toBe(1)
      expect(events).toMatchObject([
        {
          source: 'signed',
          merged: true,
          data: { user: { email: jane, phone: jane, ttclid: 'click' }, properties: { value: 2 } },
        },
      ])
      expect(await store.add([order('page'), order('signed')], window)).toEqual(['already_sent', 'already_sent'])
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 1, orders: { merged: 1, conflict: 0 } })
    })

    test('delivers an order that waits for its other copy when it is due, and never changes it afterwards', async () => {
      let now = Date.now()
      const store = create().open(() => now)
      let isDown = true
      const { deliver, events } = taking(() => (isDown ? 'retry' : 'done'))
      await store.add([order('signed')], window)
      store.start(deliver, window)
      now += mergeOrders * 1000 - 1
      await store.add([purchase('other')], window)
      await expect.poll(() => events.map(({ data }) => data.event_id), poll).toContain('other')
      expect(events.filter(({ source }) => source === 'signed')).toEqual([])
      now += 1
      await expect.poll(() => events.some(({ source }) => source === 'signed'), poll).toBe(true)
      expect(await store.add([order('page')], window)).toEqual(['late_twin'])
      isDown = false
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2, orders: { late_twin: 1, merged: 0 } })
      const bodies = events.filter(({ source }) => source === 'signed').map(({ data }) => JSON.stringify(data))
      expect(new Set(bodies).size).toBe(1)
    })

    test('an order waits in the database, so another process can merge it or deliver it when it is due', async () => {
      const database = create()
      const former = database.open()
      await former.add([order('signed', { id: '1' }), order('signed', { id: '2' })], window)
      await former.close()
      let now = Date.now()
      const store = database.open(() => now)
      const { deliver, told } = taking()
      store.start(deliver, window)
      expect(await store.add([order('page', { id: '1' })], window)).toEqual(['merged'])
      await expect.poll(told, poll).toEqual(['Purchase 1 signed'])
      now += 2 * minute
      await expect.poll(told, poll).toEqual(['Purchase 1 signed', 'Purchase 2 signed'])
    })

    test('an order whose due time is further away than its window is due, because the clock was set back', async () => {
      let now = Date.now() + 10 * minute
      const store = create().open(() => now)
      await store.add([order('signed')], window)
      now -= 10 * minute
      const { deliver, told } = taking()
      store.start(deliver, window)
      await expect.poll(told, poll).toEqual(['Purchase 1001 signed'])
    })

    test('an order does not wait if the window is 0 or the order is almost too late', async () => {
      const store = create().open()
      const { deliver, told } = taking()
      store.start(deliver, window)
      await store.add([order('signed', { id: '1' })], { mergeOrders: 0 })
      await store.add([order('signed', { id: '2', time: Date.now() - 47 * 3_600_000 + 2 * minute })], window)
      await expect.poll(told, poll).toEqual(['Purchase 1 signed', 'Purchase 2 signed'])
    })

    test('a page’s copy that contradicts the source’s is not sent, and the real one can still be merged', async () => {
      const store = create().open()
      const { deliver, events } = taking()
      store.start(deliver, window)
      expect(await store.add([order('page', { id: '1', email: mary })], window)).toEqual(['kept'])
      expect(await store.add([order('signed', { id: '1' })], window)).toEqual(['conflict'])
      await store.add([order('signed', { id: '2' })], window)
      const forged = order('page', { id: '2', time: Date.now() - 46 * 3_600_000 })
      expect(await store.add([forged], window)).toEqual(['conflict'])
      expect(await store.add([order('page', { id: '2' })], window)).toEqual(['merged'])
      await expect.poll(() => events.length, poll).toBe(2)
      expect(events.map(({ data, merged }) => [data.event_id, data.properties.value, merged])).toEqual([
        ['1', 2, undefined],
        ['2', 2, true],
      ])
      expect(await store.stats()).toMatchObject({ orders: { conflict: 2, merged: 1 } })
    })

    test('a row that only the page has is not sent after the source sent the order without it', async () => {
      const store = create().open()
      const { deliver, told } = taking()
      store.start(deliver, window)
      const both = (id: string) => [order('page', { id }), order('page', { id, event: 'NewCustomerPurchase' })]
      await store.add(both('1'), window)
      expect(await store.add([order('signed', { id: '1' })], window)).toEqual(['merged'])
      await store.add([order('signed', { id: '2' })], window)
      expect(await store.add(both('2'), window)).toEqual(['merged', 'left_to_source'])
      const late = order('page', { id: '1', event: 'NewCustomerPurchase' })
      expect(await store.add([late], window)).toEqual(['left_to_source'])
      await expect.poll(told, poll).toEqual(['Purchase 1 signed', 'Purchase 2 signed'])
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, orders: { left_to_source: 3 } })
    })

    test('a source’s order is sent after a page’s copy was sent, while TikTok remembers that copy', async () => {
      const start = Date.now()
      let now = start
      const store = create().open(() => now)
      const { deliver, told } = taking()
      store.start(deliver, window)
      const signed = (id: string) => ({
        ...order('signed', { id, time: start }),
        expires: Math.floor(start / 1000) + 7 * 86_400,
      })
      await store.add([order('page', { id: '1' }), order('page', { id: '2' })], window)
      now += 2 * minute
      await expect.poll(() => told().length, poll).toBe(2)
      now = start + 47 * 3_600_000 - 1000
      expect(await store.add([signed('1')], window)).toEqual(['kept'])
      now += 2000
      expect(await store.add([signed('2'), signed('3')], window)).toEqual(['already_sent', 'kept'])
    })

    test('lists dead letters, queues them again, and deletes them', async () => {
      const store = create().open()
      let isRefused = true
      const { deliver, told } = taking(() => (isRefused ? 'dead' : 'done'))
      store.start(deliver, window)
      await store.add([order('signed', { id: '1' }), purchase('2'), purchase('3')], { mergeOrders: 0 })
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, dead: { refused: 3 } })
      const letters = await listOf(store.deadLetters())
      expect(letters.map(({ event_id, problem, canRetry }) => [event_id, problem, canRetry])).toEqual(
        ['1', '2', '3'].map((id) => [id, 'refused', true]),
      )
      isRefused = false
      const [first, second] = letters.map(({ id }) => id)
      expect(await store.requeue([Number(first)])).toBe(1)
      expect(await store.drop([Number(second)])).toBe(1)
      await expect.poll(told, poll).toHaveLength(4)
      expect(await store.requeue('all')).toBe(1)
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2, dead: {} })
    })

    const others = [
      eventOf('other-1', { email: mary, phone: mary1, external_id: mary1 }, '2002'),
      eventOf('other-2', {}),
    ]

    test.each<[key: keyof PersonKeys, values: string[], events: OutboxEvent[]]>([
      ['emails', [jane, jane2], [eventOf('1', { email: jane, phone: mary }), eventOf('2', { email: jane2 })]],
      ['phones', [jane1, jane2], [eventOf('1', { email: mary, phone: jane1 }), eventOf('2', { phone: jane2 })]],
      [
        'customerIds',
        [jane1],
        [eventOf('1', { external_id: jane1 }), eventOf('2', { email: jane, external_id: jane1 })],
      ],
      ['orderIds', ['1001', '1'], [eventOf('1001', {}), eventOf('1', { email: mary }), eventOf('2', {}, '1001')]],
    ])(
      'erases a person’s waiting events and dead letters, by %s, and nothing of others',
      async (key, values, events) => {
        const store = create().open()
        await store.add([...others, ...events], window)
        store.start(taking(() => 'dead').deliver, window)
        const { length } = events
        await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, dead: { refused: length + 2 } })
        expect(await store.erase({ ...nobody, [key]: ['0'.repeat(64)] })).toEqual({
          waiting: 0,
          deadLetters: 0,
          sending: 0,
        })
        expect(await store.erase({ ...nobody, [key]: values })).toEqual({ waiting: 0, deadLetters: length, sending: 0 })
        expect((await listOf(store.deadLetters())).map(({ event_id }) => event_id)).toEqual(['other-1', 'other-2'])

        const waits = create().open()
        await waits.add([...others, ...events], window)
        expect(await waits.erase({ ...nobody, [key]: values })).toEqual({ waiting: length, deadLetters: 0, sending: 0 })
        expect(await waits.stats()).toMatchObject({ waiting: 2, sent: 0, dead: {} })
        const { deliver, events: sent } = taking()
        waits.start(deliver, window)
        await expect.poll(() => sent.map(({ data }) => data.event_id), poll).toEqual(['other-1', 'other-2'])
      },
    )

    test('still knows the orders of an erased person, by name and ID only', async () => {
      const store = create().open()
      const { deliver, told } = taking()
      store.start(deliver, window)
      await store.add([order('signed')], window)
      expect(await store.erase({ ...nobody, emails: [jane] })).toEqual({ waiting: 1, deadLetters: 0, sending: 0 })
      expect(await store.add([order('signed')], window)).toEqual(['already_sent'])
      expect(await store.add([order('page')], window)).toEqual(['late_twin'])
      await store.add([purchase('other')], window)
      await expect.poll(told, poll).toEqual(['Purchase other undefined'])
    })

    test.each(['done', 'retry', 'dead'] as const)(
      'an event that is erased while it is sent is not kept, and a later one is sent: TikTok answers %s',
      async (result) => {
        const store = create().open()
        const sent: string[] = []
        let answer = () => {}
        const isAnswered = new Promise<void>((resolve) => (answer = resolve))
        store.start(async (events) => {
          const ids = events.map(({ data }) => data.event_id)
          sent.push(...ids)
          if (ids.includes('1')) await isAnswered
          return ids.map((id) => (id === '1' ? result : 'done'))
        }, window)
        await store.add([eventOf('1', { email: jane })], window)
        await expect.poll(() => sent, poll).toEqual(['1'])
        expect(await store.erase({ ...nobody, emails: [jane] })).toEqual({ waiting: 1, deadLetters: 0, sending: 1 })
        // An engine may reuse the row ID of the erased event.
        await store.add([eventOf('2', { email: mary })], window)
        answer()
        await expect.poll(() => sent, poll).toEqual(['1', '2'])
        const total = result === 'done' ? 2 : 1
        await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: total, dead: {} })
        expect(await listOf(store.deadLetters())).toEqual([])
      },
    )

    test('an order that TikTok refused can be sent again by both sides', async () => {
      const store = create().open()
      let isRefused = true
      const { deliver, told } = taking(() => (isRefused ? 'dead' : 'done'))
      store.start(deliver, window)
      const both = [order('page'), order('signed')]
      expect(await store.add([both[0] ?? expect.fail()], window)).toEqual(['kept'])
      expect(await store.add([both[1] ?? expect.fail()], window)).toEqual(['merged'])
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, dead: { refused: 1 } })
      isRefused = false
      expect(await store.add([order('signed')], window)).toEqual(['kept'])
      expect(await store.add([order('page')], window)).toEqual(['merged'])
      await expect.poll(told, poll).toHaveLength(2)
    })

    /** Adds an order of Jane with a row for new customers, and returns the result of that row. */
    async function addOrderOf(
      store: Store,
      parts: Parts & { person?: CustomerKeys; keepFor?: number },
    ): Promise<unknown> {
      const { id = '1001', time = Date.now(), person = { email: jane }, keepFor } = parts
      const rows = [order('signed', { ...parts, id }), order('signed', { ...parts, id, event: 'NewCustomerPurchase' })]
      const conditional = rows.slice(1).map((event) => ({ event, customers: ['new' as const] }))
      const orders = [{ id, time, person, isCovered: true, rows: conditional }]
      const [purchase, row] = await store.add(rows, window, { history: { orders, keepFor } })
      expect(['kept', 'already_sent']).toContain(purchase)
      return row
    }

    test('sends a row for new customers with the first order of each key of a person only, across restarts', async () => {
      const database = create()
      const store = database.open()
      const start = Date.now() - 1000
      expect(await addOrderOf(store, { id: '1', time: start, person: { email: jane, phone: jane1 } })).toBe('kept')
      expect(await addOrderOf(store, { id: '2', time: start + 1 })).toBe('for_others')
      await store.close()
      const again = database.open()
      expect(await addOrderOf(again, { id: '3', time: start + 2, person: { email: mary, phone: jane1 } })).toBe(
        'for_others',
      )
      expect(await addOrderOf(again, { id: '4', time: start + 3, person: { email: jane2 } })).toBe('kept')
      // The same answers when they come again. An order whose row was sent once is not sent again.
      expect(await addOrderOf(again, { id: '1', time: start, person: { email: jane, phone: jane1 } })).toBe(
        'already_sent',
      )
      expect(await addOrderOf(again, { id: '2', time: start + 1 })).toBe('for_others')
      expect(await again.stats()).toMatchObject({ waiting: 6, customers: { new: 2, returning: 2, unknown: 0 } })
    })

    test('adds orders to the history without events, and forgets a person and those who ordered too long ago', async () => {
      let now = Date.now()
      const store = create().open(() => now)
      const old = { id: '1', time: now - 1000, person: { email: jane, customerId: jane1 }, isCovered: true, rows: [] }
      expect(await store.add([], window, { history: { orders: [old], keepFor: 40 * day } })).toEqual([])
      expect(await addOrderOf(store, { id: '2' })).toBe('for_others')
      expect(await store.erase({ ...nobody, emails: [jane] })).toMatchObject({ customers: 2 })
      expect(await addOrderOf(store, { id: '3', time: now, person: { email: mary, customerId: jane1 } })).toBe('kept')
      now += 41 * day
      expect(await addOrderOf(store, { id: '4', time: now, person: { email: mary } })).toBe('kept')
    })

    test('finds the outcomes of orders by their IDs, and the latest orders', async () => {
      let now = Date.now()
      const store = create().open(() => now)
      const later = (...events: OutboxEvent[]) => store.add(events, { mergeOrders: 0 }).finally(() => (now += 1000))
      store.start(taking(({ data }) => (data.event_id === 'dead' ? 'dead' : 'done')).deliver, { mergeOrders: 0 })
      await later(order('page', { id: 'page' }), order('page', { id: 'page', event: 'NewCustomerPurchase' }))
      await later(order('signed', { id: 'signed' }))
      await later(order('page', { id: 'both' }))
      await later(order('signed', { id: 'both' }))
      await later(order('signed', { id: 'dead' }))
      await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, dead: { refused: 1 } })
      const traces = await store.traces?.find(['page', 'signed', 'both', 'dead', 'none'])
      const words = traces?.map(({ id, page, signed, dead }) => [id, page > 0, signed > 0, ...dead])
      expect(words?.sort()).toEqual([
        ['both', true, true],
        ['dead', false, false, 'refused'],
        ['page', true, false],
        ['signed', false, true],
      ])
      expect(await store.traces?.latest(2)).toEqual(['both', 'signed'])
    })
  })
}
