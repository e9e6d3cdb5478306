// Kills a server that merges orders, again and again, while TikTok is unwell. CRASH_KILLS is how often.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { type AcceptedEvent, createEventsApiHost } from '../tiktok/events-api-host.ts'
import { killAgainAndAgain, patience, waitForUrl } from './crash-kit.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pixelId, postPage } from './node-requests.ts'
import { pageCopy, postShop, shopCopy } from './start-store.ts'

const kills = Number(process.env.CRASH_KILLS ?? 2)
const senders = 8
/** Orders with both copies acknowledged in time before a server is killed: the minimum and the maximum. */
const work = [6, 40] as const
/** Seconds. */
const mergeOrders = 3
/** Milliseconds by which both copies must have been acknowledged before the window ends, to count as in time. */
const margin = 500

type Side = 'page' | 'shop'

/**
 * A copy was acknowledged. Milliseconds since 1970: when its first request began, and when its last one was answered. A server may
 * have stored the copy and been killed before it answered, and then the order has waited since.
 */
interface Acknowledged {
  began: number
  ended: number
}

interface Order {
  id: string
  /** Milliseconds since 1970, whole seconds. */
  time: number
  value: number
  acknowledged: Partial<Record<Side, Acknowledged>>
}

/** Whether both copies were acknowledged within one window, however much was killed meanwhile. */
function isInTime({ acknowledged: { page, shop } }: Order): boolean {
  if (!page || !shop) return false
  const first = Math.min(page.began, shop.began)
  return Math.max(page.ended, shop.ended) - first < mergeOrders * 1000 - margin
}

test(`through ${kills} kills, every acknowledged order arrives and counts once, merged if both copies came in time`, {
  timeout: (kills + 2) * patience,
}, async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  const database = join(folder, 'converge.db')
  const config = writeConfig(folder, { eventsApiUrl: tiktok.url, mergeOrders })
  const start = () => startCli(['serve', '--config', config, '--database', database, '--port', '0'])

  const orders: Order[] = []
  let isOver = false
  const servers = { serving: waitForUrl(start()) }

  /** Sends a copy until it is acknowledged, as a page's relay and a shop system do. */
  async function sendCopy(order: Order, side: Side): Promise<void> {
    let began: number | undefined
    while (!isOver) {
      const { url } = await servers.serving
      began ??= Date.now()
      try {
        const status =
          side === 'page'
            ? (await postPage(url, pageCopy(order, { pixel: false }))).status
            : (await postShop(url, shopCopy(order, { total_price: order.value }))).status
        if (status === 202) {
          order.acknowledged[side] = { began, ended: Date.now() }
          return
        }
        expect(status).toBe(503)
      } catch (error) {
        // The server was killed before it answered: nothing was acknowledged. The next one is awaited.
        if (!(error instanceof TypeError)) throw error
      }
      await pause(20)
    }
  }

  async function keepOrdering(sender: number): Promise<void> {
    for (let round = 0; !isOver; round++) {
      const time = Math.floor(Date.now() / 1000) * 1000 - 5 * 60_000
      const order: Order = { id: `${sender}-${round}`, time, value: 10 + round, acknowledged: {} }
      orders.push(order)
      const sides: Side[] = round % 2 ? ['page', 'shop'] : ['shop', 'page']
      const between = (sender + round) % 7 === 6 ? mergeOrders * 1000 : Math.random() * 200
      await sendCopy(order, sides[0] ?? 'page')
      // Every fifth order has one copy only.
      if ((sender + round) % 5 === 4) continue
      await pause(between)
      await sendCopy(order, sides[1] ?? 'shop')
    }
  }

  const load = Array.from({ length: senders }, (_, sender) => keepOrdering(sender))
  await killAgainAndAgain({ tiktok, kills, start, servers, work, count: () => orders.filter(isInTime).length })
  const { child } = await servers.serving
  isOver = true
  await Promise.all(load)

  const awaited = orders.filter(({ acknowledged: { page, shop } }) => page ?? shop)
  const arrived = () => new Set(tiktok.accepted.map(({ event_id }) => event_id))
  const hasArrived = () => {
    const there = arrived()
    return awaited.every(({ id }) => there.has(id))
  }
  await tiktok.waitForAccepted(hasArrived, patience).catch(() => {}) // what is missing is named below
  child.process.kill('SIGTERM')
  expect((await child.ended).code).toBe(0)

  const store = createSqliteStore({ path: database, pixelId })
  const { waiting, dead } = await store.stats()
  await store.close()

  const eventsOf = new Map<string, AcceptedEvent[]>()
  for (const event of tiktok.accepted) eventsOf.set(event.event_id, [...(eventsOf.get(event.event_id) ?? []), event])
  const inTime = awaited.filter(isInTime)
  const isMerged = ({ user }: AcceptedEvent) => user.ttclid !== undefined && user.phone !== undefined
  const merged = awaited.filter(({ id }) => eventsOf.get(id)?.every(isMerged))
  const duplicates = tiktok.accepted.length - tiktok.counted.length
  console.log(
    `crash with merged orders: ${orders.length} orders, ${awaited.length} acknowledged, ${arrived().size} delivered, ${inTime.length} with both copies in time, ${merged.length} merged, ${duplicates} sent twice, ${tiktok.counted.length} counted, ${kills} kills`,
  )

  expect([waiting, dead]).toEqual([0, {}])
  expect(inTime.length).toBeGreaterThanOrEqual(kills * work[0])
  expect(awaited.filter(({ id }) => !eventsOf.has(id))).toEqual([])
  expect(inTime.filter((order) => !merged.includes(order))).toEqual([])
  expect(new Set(tiktok.counted.map(({ event_id }) => event_id)).size).toBe(tiktok.counted.length)
  for (const { id, time, value, acknowledged } of awaited) {
    const events = eventsOf.get(id) ?? []
    // One name and one time for each copy, however often it was sent. A page's is corrected by the clocks, as exactly as its request is quick.
    const fromShop = events.filter(({ user }) => user.phone)
    const fromPage = events.filter(({ user }) => !user.phone)
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['Purchase']))
    expect(fromShop.filter(({ event_time }) => event_time !== time / 1000)).toEqual([])
    expect(new Set(fromPage.map(({ event_time }) => event_time)).size).toBeLessThanOrEqual(1)
    for (const { event_time } of fromPage) expect(Math.abs(event_time - time / 1000)).toBeLessThan(15)
    if (acknowledged.shop)
      expect(events.some(({ user, properties }) => user.phone && properties.value === value)).toBe(true)
  }
})
