import { describe, expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import type { RelayedEvent } from '../../src/types.ts'
import { batchOf, relayed } from './relayed.ts'
import { adminToken, noon, type StartedForwarder, shop, startForwarder } from './start-forwarder.ts'

const hour = 3_600_000

async function tooLateOf({ fetch }: StartedForwarder): Promise<number> {
  const request = new Request(`${shop}/health`, { headers: { authorization: `Bearer ${adminToken}` } })
  return (await (await fetch(request)).json()).too_late
}

describe('from a page', () => {
  const post = async (...events: Partial<RelayedEvent>[]) => {
    const forwarder = startForwarder({ adminToken })
    const answer = await forwarder.postEvents(batchOf(...events.map((event) => relayed(event))))
    return { ...forwarder, answer }
  }

  test.each([
    ['47 hours, if the pixel may have it', 47, true],
    ['168 hours, if the pixel does not have it', 168, false],
  ])('an event is late after %s', async (_, hours, pixel) => {
    const inTime = await post({ time: noon - hours * hour + 1000, pixel })
    expect([inTime.answer.body, inTime.outbox.kept.length]).toEqual([{ accepted: 1, problems: [] }, 1])

    const late = await post({ time: noon - hours * hour, pixel })
    expect([late.answer.status, late.answer.body]).toEqual([
      202,
      {
        accepted: 0,
        problems: [
          {
            path: 'events[0]',
            message: `too_late: Purchase happened ${hours} hours ago. It may be sent for ${hours} hours, because TikTok could count a later copy a second time`,
          },
        ],
        too_late: [{ event_name: 'Placed Order', event_id: '1001' }],
      },
    ])
    expect([late.outbox.kept, await tooLateOf(late)]).toEqual([[], 1])
  })

  test('a late event affects no other event, and is named in the answer', async () => {
    const late = { time: noon - 50 * hour }
    const { answer, outbox } = await post(
      { eventID: '1' },
      { eventID: '2', ...late },
      { eventID: '3' },
      { eventID: '4', ...late },
    )
    expect([answer.status, answer.body.accepted]).toEqual([202, 2])
    expect(answer.body.too_late?.map(({ event_id }) => event_id)).toEqual(['2', '4'])
    expect(answer.body.problems?.map(({ path }) => path)).toEqual(['events[1]', 'events[3]'])
    expect(outbox.kept.map(({ data }) => data.event_id)).toEqual(['1', '3'])
  })

  test('a late event with several TikTok events is named once, and each of them is counted', async () => {
    const send = ['Purchase', 'NewCustomerPurchase'].map((event) => ({ event, parameters: {} }))
    const forwarder = await post({ send, time: noon - 50 * hour })
    expect(forwarder.answer.body.too_late).toEqual([{ event_name: 'Placed Order', event_id: '1001' }])
    expect(await tooLateOf(forwarder)).toBe(2)
  })

  test('an event of an impossible age is late too', async () => {
    const { answer } = await post({ time: 0, pixel: false })
    expect(answer.body.too_late).toHaveLength(1)
  })

  test('the age of an event is the difference of two times of the page, so that a wrong clock does not matter', async () => {
    const skew = 3650 * 24 * hour
    const forwarder = startForwarder()
    const batch = { ...batchOf(relayed({ time: noon + skew - 46 * hour })), sentAt: noon + skew }
    expect((await forwarder.postEvents(batch)).body).toEqual({ accepted: 1, problems: [] })
  })
})

describe('from a server', () => {
  const order = {
    event_name: 'Placed Order',
    event_id: '1001',
    properties: { id: 1001, total_price: 5, currency: 'EUR' },
  }
  const post = async (hours: number, config: Partial<ForwarderConfig> = {}) => {
    const forwarder = startForwarder({ adminToken, ...config })
    const answer = await forwarder.postWebhook({ ...order, timestamp: (noon - hours * hour) / 1000 })
    return { ...forwarder, answer }
  }

  test.each([
    ['47 hours, if the page sends it too', 47, {}],
    ['168 hours, if only a server sends it', 168, { mapping: { mode: 'server_only' } }],
  ] satisfies [string, number, Partial<ForwarderConfig>][])('an event is late after %s', async (_, hours, config) => {
    const inTime = await post(hours - 1 / 3600, config)
    expect(inTime.answer.body).toEqual({ accepted: 1, statuses: { success: 1 }, problems: [] })

    const late = await post(hours, config)
    expect([late.answer.status, late.answer.body]).toEqual([
      202,
      {
        accepted: 0,
        statuses: { skipped: 1 },
        problems: [{ path: '', message: expect.stringMatching(/^too_late: Purchase happened \d+ hours ago/) }],
      },
    ])
    expect([late.outbox.kept, await tooLateOf(late)]).toEqual([[], 1])
  })

  test('of a late event with several rows, those that may still be sent are sent', async () => {
    const events = {
      'Placed Order': ['Purchase', { event: 'PaidOrder', forward: 'server' as const }],
    }
    const { answer, outbox, ...rest } = await post(50, { mapping: { events } })
    expect(answer.body).toMatchObject({
      accepted: 1,
      statuses: { success: 1 },
      problems: [
        {
          path: '',
          message: expect.stringMatching(/^too_late: Purchase happened 50 hours ago. It may be sent for 47/),
        },
      ],
    })
    expect(outbox.kept.map(({ data }) => data.event)).toEqual(['PaidOrder'])
    expect(await tooLateOf({ outbox, ...rest })).toBe(1)
  })
})

describe('a clock that is set while the forwarder runs', () => {
  const order = { event_name: 'Placed Order', event_id: '1001', properties: { id: 1001 }, timestamp: noon / 1000 }

  test.each([
    ['three days ahead', 72],
    ['eight days ahead', 192],
  ])('to %s loses no order: for an hour, late orders are stored and answered as skipped', async (_, hours) => {
    const clock = { ahead: 0, passed: 0 }
    const forwarder = startForwarder(
      {},
      () => noon + clock.ahead + clock.passed,
      () => clock.passed,
    )
    /** The answer, and how many events of it were kept. */
    const post = async () => {
      const before = forwarder.outbox.kept.length
      const { statuses } = (await forwarder.postWebhook(order)).body
      return [statuses, forwarder.outbox.kept.length - before]
    }
    expect(await post()).toEqual([{ success: 1 }, 1])
    clock.ahead = hours * hour
    expect(await post()).toEqual([{ skipped: 1 }, 1])
    clock.passed += hour - 1
    expect(await post()).toEqual([{ skipped: 1 }, 1])
    clock.passed += 1
    expect(await post()).toEqual([{ skipped: 1 }, 0])
    // And the other way, when it is corrected.
    clock.ahead = 0
    expect(await post()).toEqual([{ success: 1 }, 1])
  })

  test('by a minute changes nothing', async () => {
    const clock = { ahead: 0 }
    const forwarder = startForwarder({}, () => noon + 50 * hour + clock.ahead)
    await forwarder.postWebhook(order)
    clock.ahead = 60_000
    expect((await forwarder.postWebhook(order)).body.statuses).toEqual({ skipped: 1 })
  })
})

test('late events are logged once a minute for each source', async () => {
  let passed = 0
  const { postEvents, postWebhook, log } = startForwarder({}, undefined, () => passed)
  const late = batchOf(relayed({ time: noon - 50 * hour }))
  const order = { event_name: 'Placed Order', event_id: '1', timestamp: (noon - 60 * hour) / 1000 }
  for (let round = 0; round < 3; round++) await postEvents(late)
  await postWebhook(order)
  passed = 60_000
  await postEvents(late)
  const message = 'warn Events arrived too late and are not sent, because TikTok could count them a second time'
  expect(log).toEqual([
    `${message} source=web events=1 event=Purchase hours=50`,
    `${message} source=webhook events=1 event=Purchase hours=60`,
    `${message} source=web events=1 event=Purchase hours=50 more=2`,
  ])
})
