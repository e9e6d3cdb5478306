// An order that comes from the page and from the shop's server, over HTTP, to TikTok.
import { describe, expect, test } from 'vitest'
import type { AcceptedEvent } from '../tiktok/events-api-host.ts'
import { postPage } from './node-requests.ts'
import { newPath } from './outbox-kit.ts'
import { forgedCopy, hour, jane, pageCopy, postShop, type StoreServer, shopCopy, startStore } from './start-store.ts'

const userAgent = 'Mozilla/5.0 (visitor)'
const page = async ({ url }: StoreServer, batch = pageCopy()) => {
  const answer = await postPage(url, batch, { 'user-agent': userAgent })
  return { status: answer.status, body: await answer.json() }
}
const shop = ({ url }: StoreServer, copy = shopCopy()) => postShop(url, copy)
const hashes = /^[\da-f]{64}$/
const told = (events: AcceptedEvent[]) => events.map(({ event, properties }) => `${event} ${properties.value}`)

const success = { accepted: 1, problems: [], statuses: { success: 1 } }
const merged = { accepted: 1, problems: [], statuses: { merged: 1 } }
const conflict = { accepted: 1, problems: [], statuses: { conflict: 1 } }
const accepted = { accepted: 1, problems: [] }
const alreadySent = {
  accepted: 0,
  statuses: { skipped: 1 },
  problems: [
    { path: '', message: 'already_sent: Purchase was received before with this event_id, and is not sent again' },
  ],
}

/** What TikTok had until now: an event that came after all the others has arrived. */
async function settle(server: StoreServer): Promise<AcceptedEvent[]> {
  const id = crypto.randomUUID()
  await page(server, pageCopy({ id }, { eventName: 'Added To Cart', send: [{ event: 'AddToCart', parameters: {} }] }))
  const events = await server.tiktok.waitForAccepted((all) => all.some(({ event_id }) => event_id === id))
  return events.filter(({ event }) => event !== 'AddToCart')
}

describe('within the window, an order of page and webhook is sent as one event with the match keys of both', () => {
  test.each(['page first', 'webhook first'])('%s', async (order) => {
    const server = await startStore()
    const orderTime = Date.now() - 30_000
    const fromPage = () => page(server, pageCopy({ time: orderTime }))
    const fromShop = () => shop(server, shopCopy({ time: orderTime + 20_000 }, { total_price: 95 }))
    if (order === 'page first') {
      expect((await fromPage()).body).toEqual(accepted)
      expect(await fromShop()).toEqual({ status: 202, body: merged })
    } else {
      expect(await fromShop()).toEqual({ status: 202, body: success })
      expect((await fromPage()).body).toEqual(accepted)
    }
    const events = await settle(server)
    expect(events).toMatchObject([
      {
        event: 'Purchase',
        event_id: '1001',
        user: {
          ...{ email: jane, phone: expect.stringMatching(hashes), external_id: expect.stringMatching(hashes) },
          ...{ first_name: expect.stringMatching(hashes), last_name: expect.stringMatching(hashes) },
          ...{ zip_code: expect.stringMatching(hashes), ttclid: 'E.C.P.click', ttp: 'ttp-cookie' },
          ...{ ip: '127.0.0.1', user_agent: userAgent },
        },
        page: { url: 'https://www.shop.example/thanks' },
        properties: { value: 95, currency: 'EUR', order_id: '1001' },
      },
    ])
    // The page's time, which its clock may round.
    expect(Math.abs(Number(events[0]?.event_time) - orderTime / 1000)).toBeLessThanOrEqual(2)
    expect(events[0]?.user.external_id).not.toBe('1'.repeat(64)) // the customer's, not the visitor's
    expect(await server.health()).toMatchObject({ sent: 2, orders: { merged: 1, conflict: 0, late_twin: 0 } })
    expect(server.log.join('\n')).toContain('info merged: a page and the shop’s server sent the same order')
    expect((await shop(server)).body).toEqual(alreadySent)
    expect((await page(server)).body).toMatchObject({ accepted: 0 })
    expect(await settle(server)).toHaveLength(1)
  })
})

describe('outside the window', () => {
  test('a webhook’s order is sent alone, and the page’s late copy is not sent', async () => {
    const server = await startStore()
    expect((await shop(server)).body).toEqual(success)
    expect(await settle(server)).toEqual([]) // it waits
    server.setClock(61_000)
    await server.tiktok.waitForAccepted((events) => told(events).includes('Purchase 94.8'))
    expect((await page(server)).body).toMatchObject({ accepted: 0, problems: [{ path: 'events[0]' }] })
    const events = await settle(server)
    expect(told(events)).toEqual(['Purchase 94.8'])
    expect(events[0]?.user).not.toHaveProperty('ttclid')
    expect(await server.health()).toMatchObject({ orders: { merged: 0, late_twin: 1 } })
    expect(server.log.join('\n')).toContain('info late twin: ')
  })

  test('a page’s order is sent alone, and the webhook’s later copy is sent at once, so that TikTok counts one', async () => {
    const server = await startStore()
    await page(server)
    expect(await settle(server)).toEqual([])
    server.setClock(61_000)
    await server.tiktok.waitForAccepted((events) => told(events).includes('Purchase 94.8'))
    expect((await shop(server, shopCopy({}, { total_price: 95 }))).body).toEqual(success)
    expect(told(await settle(server))).toEqual(['Purchase 94.8', 'Purchase 95'])
    expect(server.tiktok.counted.filter(({ event }) => event === 'Purchase')).toHaveLength(1)
  })

  test('a copy that arrives during delivery does not change the event being sent', async () => {
    const server = await startStore()
    let answer = () => {}
    server.tiktok.faults.next = [{ after: new Promise<void>((resolve) => (answer = resolve)), status: 503 }]
    await shop(server)
    server.setClock(61_000)
    await server.tiktok.waitForRequests(1)
    expect((await page(server)).body).toMatchObject({ accepted: 0 })
    answer()
    const events = await settle(server)
    expect(events).toHaveLength(1)
    expect(events[0]?.user).not.toHaveProperty('ttclid')
    const [first, second] = server.tiktok.requests
    expect(second?.body?.data[0]).toEqual(first?.body?.data[0])
  })
})

describe('a forged copy of a page', () => {
  test('that comes first does not delay the shop’s order', async () => {
    const server = await startStore()
    expect((await page(server, forgedCopy())).body).toEqual(accepted)
    expect((await shop(server)).body).toEqual(conflict)
    const events = await settle(server)
    expect(told(events)).toEqual(['Purchase 94.8'])
    expect(events[0]?.user).toMatchObject({ email: jane })
    expect(JSON.stringify(events)).not.toContain('forged')
    expect(await server.health()).toMatchObject({ orders: { conflict: 1, merged: 0 } })
    expect(server.log.join('\n')).toContain('warn conflict: ')
  })

  test('that comes second does not keep the shop’s order from waiting for its real copy and merging with it', async () => {
    const server = await startStore()
    await shop(server)
    expect((await page(server, forgedCopy())).body).toEqual(accepted)
    await page(server)
    const events = await settle(server)
    expect(told(events)).toEqual(['Purchase 94.8'])
    expect(events[0]?.user).toMatchObject({ email: jane, ttclid: 'E.C.P.click' })
    expect(await server.health()).toMatchObject({ orders: { conflict: 1, merged: 1 } })
  })

  test('that is the only one does not keep the shop’s order from being sent when it is due', async () => {
    const server = await startStore()
    await shop(server)
    await page(server, forgedCopy())
    server.setClock(60_000)
    const events = await server.tiktok.waitForAccepted(1)
    expect(told(events)).toEqual(['Purchase 94.8'])
    expect(JSON.stringify(events)).not.toContain('forged')
  })

  test('that was sent long before does not stop the shop’s order', async () => {
    const server = await startStore()
    await page(server, forgedCopy())
    server.setClock(61_000)
    await server.tiktok.waitForAccepted(1)
    expect((await shop(server)).body).toEqual(success)
    expect(told(await settle(server))).toEqual(['Purchase 0.01', 'Purchase 94.8'])
  })

  test('gets the same answer whether or not it has the email address of the order', async () => {
    const server = await startStore()
    await shop(server)
    const wrong = await page(server, pageCopy({}, { user: { email: '0'.repeat(64) } }))
    const right = await page(server, pageCopy({}, { user: { email: jane } }))
    expect(wrong).toEqual(right)
  })
})

const newCustomer = [
  { event: 'Purchase', parameters: { value: 94.8, currency: 'EUR' } },
  { event: 'NewCustomerPurchase', parameters: { value: 94.8, currency: 'EUR' } },
]

test.each(['page first', 'webhook first', 'page after the webhook’s copy was sent'])(
  'a row that only the page has is not sent if the shop’s server sent the order without it: %s',
  async (order) => {
    const server = await startStore()
    const fromPage = () => page(server, pageCopy({}, { send: newCustomer }))
    if (order === 'page first') await fromPage()
    await shop(server)
    if (order.startsWith('page after')) {
      server.setClock(61_000)
      await server.tiktok.waitForAccepted(1)
    }
    if (order !== 'page first') await fromPage()
    expect(told(await settle(server))).toEqual(['Purchase 94.8'])
    expect(await server.health()).toMatchObject({ orders: { left_to_source: 1 } })
  },
)

test('a row that only the shop’s server has is sent with the page’s context', async () => {
  for (const order of ['page first', 'webhook first']) {
    const server = await startStore()
    if (order === 'page first') await page(server)
    await shop(server, shopCopy({}, { $is_new_customer: true }))
    if (order !== 'page first') await page(server)
    const events = await settle(server)
    expect(told(events).sort()).toEqual(['NewCustomerPurchase 94.8', 'Purchase 94.8'])
    for (const { user } of events) expect(user).toMatchObject({ email: jane, ttclid: 'E.C.P.click' })
  }
})

describe('an event does not wait', () => {
  test.each([
    ['without a signed source', () => startStore({ isSigned: false })],
    ['with mergeOrders: 0', () => startStore({ mergeOrders: 0 })],
    ['with an outbox instead of a database', () => startStore({ outbox: newPath(), mergeOrders: 60 })],
  ])('%s', async (name, start) => {
    const server = await start()
    await page(server)
    await server.tiktok.waitForAccepted(1)
    if (name.startsWith('without')) return
    expect((await shop(server)).body).toEqual(success)
    expect(told(await server.tiktok.waitForAccepted(2))).toEqual(['Purchase 94.8', 'Purchase 94.8'])
  })

  test('if it is not an order', async () => {
    const server = await startStore()
    expect(await settle(server)).toEqual([])
  })
})

test('a renewal, which no page sends, is sent at once, and only once in 90 days', async () => {
  const server = await startStore()
  const renewal = { ...shopCopy(), event_name: 'Placed Recurring Subscription Order' }
  expect((await shop(server, renewal)).body).toEqual(success)
  await server.tiktok.waitForAccepted(1)
  expect((await shop(server, renewal)).body).toMatchObject({ accepted: 0, statuses: { skipped: 1 } })
})

test('an order that is almost too late does not wait for its other copy', async () => {
  const server = await startStore()
  await shop(server, shopCopy({ time: Date.now() - 47 * hour + 200_000 }))
  expect(told(await server.tiktok.waitForAccepted(1))).toEqual(['Purchase 94.8'])
})

test('an order does not wait longer than its window if the clock is set back', async () => {
  const server = await startStore()
  server.setClock(2 * hour)
  await shop(server)
  server.setClock(0)
  expect(told(await server.tiktok.waitForAccepted(1))).toEqual(['Purchase 94.8'])
})

test('an order waits for its other copy in the database, so that another process can deliver it when it is due', async () => {
  const former = await startStore()
  await shop(former)
  await former.close()
  expect(former.tiktok.accepted).toEqual([])
  const server = await startStore({ database: { path: former.path } })
  expect((await page(server)).body).toEqual(accepted)
  const events = await settle(server)
  expect(told(events)).toEqual(['Purchase 94.8'])
  expect(events[0]?.user).toMatchObject({ email: jane, ttclid: 'E.C.P.click' })
})

test('an order that TikTok refused for good can be sent again by both sides', async () => {
  const server = await startStore()
  server.tiktok.faults.always = { code: 40002 }
  await shop(server)
  await page(server)
  await expect
    .poll(server.health)
    .toMatchObject({ waiting: 0, failed: { 'TikTok answered code 40002: Played code 40002': 1 } })
  server.tiktok.faults.always = {}
  await page(server)
  expect((await shop(server)).body).toEqual(merged)
  expect(told(await settle(server))).toEqual(['Purchase 94.8'])
})
