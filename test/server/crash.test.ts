// Kills a server that takes events, again and again, while TikTok is unwell. CRASH_KILLS is how often.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { killAgainAndAgain, patience, waitForUrl } from './crash-kit.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage } from './node-requests.ts'

const kills = Number(process.env.CRASH_KILLS ?? 3)
const senders = 8
/** Events that a server acknowledges before it is killed: at least, and at most. */
const work = [15, 300] as const
const hour = 3_600_000

interface Sent {
  event: 'Purchase' | 'AddToCart'
  /** When it was tracked, in milliseconds since 1970. */
  time: number
  age: Age
}

/** `aging`: too old to be sent within 2 seconds, so that it may be set aside. `late`: too old already. */
type Age = 'fresh' | 'aging' | 'late'

const ages = {
  fresh: () => Math.floor(Math.random() * hour),
  aging: () => 47 * hour - 1000 - Math.floor(Math.random() * 1000),
  late: () => 48 * hour,
} as const satisfies Record<Age, () => number>

test(`nothing acknowledged is lost, through ${kills} kills`, { timeout: (kills + 2) * patience }, async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  const outbox = join(folder, 'outbox.db')
  const config = writeConfig(folder, { eventsApiUrl: tiktok.url })
  const start = () => startCli(['serve', '--config', config, '--outbox', outbox, '--port', '0'])

  const sent = new Map<string, Sent>()
  const acknowledged = new Map<string, Sent>()
  let isOver = false
  const servers = { serving: waitForUrl(start()) }

  async function keepSending(sender: number): Promise<void> {
    for (let round = 0; !isOver; round++) {
      const { url } = await servers.serving
      if (isOver) return
      const isOrder = round % 3 === 0
      const age: Age = isOrder ? 'fresh' : round % 20 === 1 ? 'late' : round % 20 === 11 ? 'aging' : 'fresh'
      const count = isOrder ? 1 : 1 + (round % 5)
      const ids = Array.from({ length: count }, (_, index) => `${sender}-${round}-${index}`)
      const time = Date.now() - ages[age]()
      const one: Sent = { event: isOrder ? 'Purchase' : 'AddToCart', time, age }
      for (const id of ids) sent.set(id, one)
      try {
        const answer = await (isOrder ? postOrder(url, ids[0] ?? '', time) : postPage(url, batchOf(ids, time, age)))
        const { too_late } = await answer.json()
        if (age === 'late' && answer.status === 202) expect(too_late).toHaveLength(count)
        else if (answer.status === 202 && !too_late) for (const id of ids) acknowledged.set(id, one)
        else if (age !== 'aging') expect(answer.status).toBe(503)
      } catch (error) {
        // The server was killed before it answered: nothing was acknowledged. The next one is awaited.
        if (!(error instanceof TypeError)) throw error
        await pause(5)
      }
    }
  }

  const load = Array.from({ length: senders }, (_, sender) => keepSending(sender))
  await killAgainAndAgain({ tiktok, kills, start, servers, work, count: () => acknowledged.size })
  const { child } = await servers.serving
  isOver = true
  await Promise.all(load)

  const arrived = () => new Set(tiktok.accepted.map(({ event_id }) => event_id))
  const awaited = [...acknowledged].filter(([, { age }]) => age === 'fresh').map(([id]) => id)
  const hasArrived = () => {
    const there = arrived()
    return awaited.every((id) => there.has(id))
  }
  await tiktok.waitForAccepted(hasArrived, patience).catch(() => {}) // what is missing is named below
  child.process.kill('SIGTERM')
  expect((await child.ended).code).toBe(0)

  const file = createSqliteOutbox({ path: outbox })
  const setAside = new Set(Array.from(file.dead(), ({ event_id }) => event_id))
  const { waiting } = await file.stats()
  await file.close()

  const duplicates = tiktok.accepted.length - tiktok.counted.length
  console.log(
    `crash: ${sent.size} sent, ${acknowledged.size} acknowledged, ${arrived().size} delivered, ${setAside.size} set aside for age, ${duplicates} sent twice, ${kills} kills`,
  )

  expect(acknowledged.size).toBeGreaterThanOrEqual(kills * work[0])
  expect(waiting).toBe(0)
  const there = arrived()
  const lost = [...acknowledged].filter(([id, { age }]) => !there.has(id) && !(age === 'aging' && setAside.has(id)))
  expect(lost).toEqual([])
  for (const { event_id, event_time, event } of tiktok.accepted) {
    const one = sent.get(event_id)
    expect(one).toMatchObject({ event, age: expect.stringMatching(/^(fresh|aging)$/) })
    // A page's time is corrected by the clocks, as exactly as its request is quick; a server's is its own.
    expect(Math.abs(event_time - Number(one?.time) / 1000)).toBeLessThan(15)
  }
})

function batchOf(ids: string[], time: number, age: Age) {
  const batch = pageBatch(ids, time)
  return { ...batch, events: batch.events.map((event) => ({ ...event, pixel: age !== 'fresh' })) }
}
