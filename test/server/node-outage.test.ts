import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, shop } from './node-requests.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

async function heldBytes(): Promise<number> {
  // What a finalizer lets go of is free one round later.
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await setImmediate()
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

test("memory does not grow during a long outage; afterwards the oldest events are sent first, within TikTok's limits", {
  timeout: 60_000,
}, async () => {
  const tiktok = await createEventsApiHost()
  onTestFinished(() => tiktok.close())
  await tiktok.close()
  const path = join(createFolder(), 'outbox.db')
  const config = { pixelId, accessToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url }
  const log = () => {}

  const outbox = createSqliteOutbox({ path, retryAfter: { first: 10, longest: 200 }, log })
  const forwarder = createForwarder({ ...config, outbox }, { log })
  const ids = Array.from({ length: 20_000 }, (_, index) => String(index))
  const page = { url: `${shop}/${'cap/'.repeat(300)}`, referrer: '' }
  const post = async (some: string[]) => {
    const batch = pageBatch(some)
    const request = new Request('https://forwarder.example/events', {
      method: 'POST',
      headers: { origin: shop, 'content-type': 'text/plain' },
      body: JSON.stringify({ ...batch, events: batch.events.map((event) => ({ ...event, page })) }),
    })
    const { status } = await forwarder.fetch(request, { ip: '203.0.113.7' })
    expect(status).toBe(202)
  }
  let early = 0
  for (let at = 0; at < ids.length; at += 100) {
    await post(ids.slice(at, at + 100))
    if (at === 4000) early = await heldBytes()
  }
  const growth = (await heldBytes()) - early
  const kept = (await outbox.stats()).waiting
  await outbox.close()
  expect(kept).toBe(20_000)
  console.log(`outage: 16,000 more events waiting, ${Math.round(growth / 1024)} kB more memory`)
  expect(growth).toBeLessThan(12_000_000) // a batch on its way at most, of 30 MB of events

  await tiktok.listen()
  const later = createSqliteOutbox({ path, log })
  onTestFinished(() => later.close())
  createForwarder({ ...config, outbox: later }, { log })
  const accepted = await tiktok.waitForAccepted(20_000)
  const order = accepted.map(({ event_id }) => Number(event_id))
  expect([...order].sort((a, b) => a - b)).toEqual(ids.map(Number))
  // Four batches of 1,000 are on their way together, and any of them may be the first to arrive.
  expect(Math.max(...order.map((id, place) => Math.abs(id - place)))).toBeLessThan(4000)
  const times = tiktok.requests.map(({ at }) => at)
  const seconds = Math.max(1, (Math.max(...times) - Math.min(...times)) / 1000)
  expect(times.length / seconds).toBeLessThan(500) // TikTok allows 1,000
})
