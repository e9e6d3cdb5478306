import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from '../../src/node/index.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import type { RelayBatch } from '../../src/types.ts'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage, shop, webhookToken } from './node-requests.ts'
import { answering, day, newPath, open, purchase } from './outbox-kit.ts'

const hour = 3_600_000

async function startServer(): Promise<{ url: string; tiktok: EventsApiHost }> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const config = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url }
  const server = await serve({ ...config, port: 0, hostname: '127.0.0.1', outbox: newPath() })
  onTestFinished(() => server.close())
  return { url: server.url, tiktok }
}

/** A page's copy of an order, worth what its sender says. */
function pageOrder(id: string, value: number, pixel = false): RelayBatch {
  const batch = pageBatch([id])
  const send = [{ event: 'Purchase', parameters: { value, currency: 'EUR', order_id: id } }]
  return { ...batch, events: batch.events.map((event) => ({ ...event, eventName: 'Placed Order', send, pixel })) }
}

const valuesOf = (tiktok: EventsApiHost) => tiktok.accepted.map(({ properties }) => properties.value)

test.each(['already sent', 'waiting'])(
  'a forged order of a page does not block the real order of a webhook: it was %s',
  async (when) => {
    const { url, tiktok } = await startServer()
    if (when === 'waiting') tiktok.faults.always = { status: 503 }
    expect(await (await postPage(url, pageOrder('1001', 0.01))).json()).toEqual({ accepted: 1, problems: [] })
    if (when === 'waiting') await tiktok.waitForRequests(1)
    else await tiktok.waitForAccepted(1)
    const answer = await postOrder(url, '1001', Date.now())
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: 1, statuses: { success: 1 }, problems: [] }])
    tiktok.faults.always = {}
    await tiktok.waitForAccepted(2)
    expect(valuesOf(tiktok)).toEqual([0.01, 94.8])
  },
)

test('a repeated order of a webhook is answered skipped, never success', async () => {
  const { url, tiktok } = await startServer()
  await postOrder(url, '1001', Date.now())
  await tiktok.waitForAccepted(1)
  const answer = await postOrder(url, '1001', Date.now())
  const message = 'already_sent: Purchase was received before with this event_id, and is not sent again'
  expect([answer.status, await answer.json()]).toEqual([
    202,
    { accepted: 0, statuses: { skipped: 1 }, problems: [{ path: '', message }] },
  ])
  const page = await postPage(url, pageOrder('1001', 0.01))
  expect([page.status, await page.json()]).toEqual([202, { accepted: 0, problems: [{ path: 'events[0]', message }] }])
})

test('a request with several orders lists the repeated ones as skipped, each with its path', async () => {
  const { url } = await startServer()
  await postOrder(url, '1', Date.now())
  const order = (id: string) => ({
    event_name: 'Placed Order',
    event_id: id,
    properties: { id, total_price: 1, currency: 'EUR' },
  })
  const answer = await fetch(`${url}/webhook`, {
    method: 'POST',
    headers: { 'x-webhook-token': webhookToken, 'content-type': 'application/json' },
    body: JSON.stringify({ events: ['1', '2', '2', '3'].map(order) }),
  })
  expect(await answer.json()).toMatchObject({
    accepted: 2,
    statuses: { success: 2, skipped: 2 },
    problems: [{ path: 'events[0]' }, { path: 'events[2]' }],
  })
})

const order = (source: 'page' | 'signed', more: Partial<OutboxEvent> = {}) =>
  purchase('1001', { order: true, source, ...more })

const seconds = (time: number) => Math.floor(time / 1000)

test('a waiting event of a page does not block a signed event of the same name and ID', async () => {
  for (const isOrder of [true, false]) {
    const outbox = open(newPath())
    for (const source of ['page', 'signed'] as const) {
      expect(await outbox.add([order(source, { order: isOrder })])).toEqual([])
      const again = order(source, { order: isOrder })
      expect(await outbox.add([again])).toEqual([again])
    }
    const late = order('page', { order: isOrder })
    expect(await outbox.add([late])).toEqual([late])
    expect(await outbox.stats()).toMatchObject({ waiting: 2 })
  }
})

test('a signed order is sent in addition to a page’s copy for 47 hours after the order, while TikTok remembers its ID', async () => {
  const start = Date.now()
  let now = start
  const outbox = open(newPath(), { now: () => now })
  const { batches, deliver } = answering(() => 'done')
  const signed = (event_id: string, time: number) => {
    const event = order('signed', { expires: seconds(time) + 7 * 86_400 })
    return { ...event, data: { ...event.data, event_id, event_time: seconds(time) } }
  }
  const fromPage = (event_id: string) => {
    const event = order('page')
    return { ...event, data: { ...event.data, event_id } }
  }
  await outbox.add([fromPage('in time'), fromPage('too late')])
  now = start + 46 * hour
  expect(await outbox.add([signed('in time', start)])).toEqual([])
  now = start + 47 * hour
  const late = signed('too late', start)
  expect(await outbox.add([late])).toEqual([late])
  // Posted days before the order: an id that somebody has guessed.
  now = start + 5 * day
  expect(await outbox.add([signed('too late', now)])).toEqual([])
  // If no page has sent it, it may be sent until its own expiry.
  expect(await outbox.add([signed('alone', start)])).toEqual([])
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  // The signed copy of `in time` would be late by now, beside the page's.
  expect(batches.flat().sort()).toEqual(['alone', 'in time', 'too late', 'too late'])
})

test('a copy that TikTok refused can be sent again, and the other source’s copy still counts as received', async () => {
  for (const [refused, other] of [
    ['page', 'signed'],
    ['signed', 'page'],
  ] as const) {
    const outbox = open(newPath())
    await outbox.add([order('page')])
    await outbox.add([order('signed')])
    outbox.start(async (events) => events.map(({ source }) => (source === refused ? 'dead' : 'done')))
    await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 1 })
    const again = order(other)
    expect(await outbox.add([again])).toEqual([again])
    if (refused === 'signed') expect(await outbox.add([order('signed')])).toEqual([])
  }
})

test('the outbox forgets old orders, but none because the clock was a year ahead for a moment', async () => {
  const start = Date.now()
  let now = start
  const path = newPath()
  const outbox = open(path, { now: () => now })
  const expires = seconds(start) + 800 * 86_400
  const named = (event_id: string) => {
    const event = purchase(event_id, { order: true, source: 'page', expires })
    return { ...event, data: { ...event.data, event_id } }
  }
  await outbox.add([named('old')])
  now += 91 * day
  await outbox.add([named('new')])
  now += 365 * day
  outbox.start(async (events) => events.map(() => 'done'))
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  await outbox.close()
  const reader = new DatabaseSync(path, { readOnly: true })
  expect(reader.prepare('SELECT event_id FROM orders').all()).toEqual([{ event_id: 'new' }])
  reader.close()
})

test('an order is remembered for 90 days, from any sender', async () => {
  let now = Date.now()
  const outbox = open(newPath(), { now: () => now })
  const fresh = (source: 'page' | 'signed') => {
    const event = order(source, { expires: seconds(now) + 1000 })
    return { ...event, data: { ...event.data, event_time: seconds(now) } }
  }
  const { deliver } = answering(() => 'done')
  outbox.start(deliver)
  await outbox.add([fresh('signed')])
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 1 })
  now += 90 * day - 1000
  for (const source of ['page', 'signed'] as const) expect(await outbox.add([fresh(source)])).toHaveLength(1)
  now += 1000
  for (const source of ['page', 'signed'] as const) expect(await outbox.add([fresh(source)])).toEqual([])
})
