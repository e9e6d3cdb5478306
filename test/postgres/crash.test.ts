// Kills two forwarders and their PostgreSQL, again and again, while TikTok misbehaves. Profiles and the event log are on. In each
// round all three are killed, one after the other. CRASH_KILLS is the number of rounds.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { statusCode } from '../../src/store/line-outcome.ts'
import type { RelayBatch } from '../../src/types.ts'
import { faults, letWork, patience, type Serving, waitForUrl } from '../server/crash-kit.ts'
import { startCli, writeConfig } from '../server/node-child.ts'
import { createFolder } from '../server/node-folder.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage, webhookToken } from '../server/node-requests.ts'
import { createEventsApiHost, type Fault } from '../tiktok/events-api-host.ts'
import { hasPostgres } from './postgres-kit.ts'
import { findBinaries, startPostgres } from './postgres-server.ts'
import { runSql } from './run-sql.ts'

const binaries = hasPostgres ? await findBinaries() : undefined
const rounds = Number(process.env.CRASH_KILLS ?? 1)
const senders = 6
/** Events that are acknowledged before the next kill: at least, and at most. */
const work = rounds < 10 ? ([1000, 3000] as const) : ([5000, 9000] as const)
/** Events that a page posts at once. */
const atOnce = 20
/** The share of TikTok's answers that are bad or late. */
const MISBEHAVIOR = 0.1
const answers = faults.filter((fault): fault is Fault => fault !== 'down' && fault.hangUp !== 'at once')
/** The largest share of events that may be sent twice because of a kill. */
const MOST_DOUBLES = 0.01

/** Events of one of many visitors, with a click ID and a cart. */
function visit(ids: readonly string[], time: number): RelayBatch {
  const { events, ...batch } = pageBatch(ids, time)
  const name = `visitor ${Math.floor(Math.random() * 500)}`
  const ofVisitor = { visitor: sha256(name), aliases: [sha256(`urn:cart_token:${name}`)], ttclid: `click of ${name}` }
  return { ...batch, events: events.map((event) => ({ ...event, ...ofVisitor })) }
}

/** What the log and the profiles say after all kills. */
async function readKept(database: string) {
  const [row] = await runSql(
    database,
    `SELECT (SELECT count(*) FROM converge.profiles) AS profiles,
      (SELECT sum(count) FROM converge.totals WHERE name = 'profiles') AS counted_profiles,
      (SELECT count(*) FROM converge.log) AS lines,
      (SELECT sum(count) FROM converge.log_counts WHERE key LIKE '["line",%') AS counted_lines`,
  )
  const { profiles = 0, counted_profiles, lines = 0, counted_lines } = row ?? {}
  return {
    profiles: Number(profiles),
    countedProfiles: Number(counted_profiles),
    lines: Number(lines),
    countedLines: Number(counted_lines),
  }
}

interface Sent {
  event: 'Purchase' | 'AddToCart'
  /** When it was tracked, in milliseconds since 1970. */
  time: number
}

test.runIf(binaries)(
  `two forwarders lose nothing that was acknowledged, while they and PostgreSQL are each killed ${rounds} times`,
  { timeout: (rounds * 3 + 4) * patience },
  async () => {
    const tiktok = await createEventsApiHost({ accessToken, pixelId })
    onTestFinished(() => tiktok.close())
    const postgres = await startPostgres(binaries ?? expect.fail())
    onTestFinished(() => postgres.close())
    const folder = createFolder()
    const kept = { profiles: { days: 30 }, log: { days: 30 } }
    const config = writeConfig(folder, { eventsApiUrl: tiktok.url, mergeOrders: 0, ...kept })
    const database = `${postgres.url}/postgres`
    const environment = {
      TIKTOK_ACCESS_TOKEN: accessToken,
      CONVERGE_WEBHOOK_TOKEN: webhookToken,
      CONVERGE_DATABASE_URL: database,
    }
    const start = () => waitForUrl(startCli(['serve', '--config', config, '--port', '0'], environment, folder))
    const forwarders: Promise<Serving>[] = [start(), start()]

    const sent = new Map<string, Sent>()
    const acknowledged = new Map<string, Sent>()
    let refusals = 0
    let isOver = false

    async function keepSending(sender: number): Promise<void> {
      for (let round = 0; !isOver; round++) {
        const serving = await forwarders[(sender + round) % forwarders.length]
        if (isOver || !serving) return
        const isOrder = round % 4 === 0
        const ids = Array.from({ length: isOrder ? 1 : atOnce }, (_, index) => `${sender}-${round}-${index}`)
        const time = Math.floor(Date.now() / 1000) * 1000 - Math.floor(Math.random() * 3600) * 1000
        const one: Sent = { event: isOrder ? 'Purchase' : 'AddToCart', time }
        for (const id of ids) sent.set(id, one)
        try {
          const { url } = serving
          const answer = await (isOrder ? postOrder(url, ids[0] ?? '', time) : postPage(url, visit(ids, time)))
          await answer.text()
          if (answer.status === 202) for (const id of ids) acknowledged.set(id, one)
          else {
            expect(answer.status).toBe(503)
            refusals++
            await pause(20)
          }
        } catch (error) {
          // The forwarder was killed before it answered: nothing was acknowledged. The next one is awaited.
          if (!(error instanceof TypeError)) throw error
          await pause(20)
        }
      }
    }

    // Events that a forwarder has leased when it is killed may be sent again by another one. No others may.
    const inHand = new Set<string>()
    async function killForwarder(index: number): Promise<void> {
      const { child } = (await forwarders[index]) ?? expect.fail()
      child.process.kill('SIGKILL')
      await child.ended
      const leased = 'SELECT event_id FROM converge.leases JOIN converge.waiting USING (id)'
      for (const { event_id } of await runSql(database, leased)) inHand.add(String(event_id))
      forwarders[index] = start()
    }
    async function killPostgres(): Promise<void> {
      await postgres.kill()
      await pause(Math.random() * 300)
      await postgres.start()
    }
    const kills = [() => killForwarder(0), () => killForwarder(1), killPostgres]

    // Events that TikTok accepted with an incomplete answer are sent again, also without a kill.
    const withoutAnswer = new Set<string>()
    tiktok.faults.of = ({ data }) => {
      if (isOver || Math.random() >= MISBEHAVIOR) return {}
      const fault = answers[Math.floor(Math.random() * answers.length)] ?? {}
      if (fault.hangUp === 'half-way') for (const { event_id } of data) withoutAnswer.add(event_id)
      return fault
    }

    const load = Array.from({ length: senders }, (_, sender) => keepSending(sender))
    for (let kill = 0; kill < rounds * kills.length; kill++) {
      await letWork(work, () => acknowledged.size)
      await kills[kill % kills.length]?.()
      if (kill % 7 !== 6) continue
      await tiktok.close()
      await letWork(work, () => acknowledged.size)
      await tiktok.listen()
    }
    await letWork(work, () => acknowledged.size)
    isOver = true
    await Promise.all(load)

    const arrived = new Set<string>()
    let seen = 0
    await tiktok
      .waitForAccepted((accepted) => {
        for (; seen < accepted.length; seen++) arrived.add(accepted[seen]?.event_id ?? '')
        return arrived.size >= acknowledged.size && [...acknowledged.keys()].every((id) => arrived.has(id))
      }, 2 * patience)
      .catch(() => {}) // what is missing is named below
    const waiting = async () =>
      Number((await runSql(database, 'SELECT count(*) AS count FROM converge.waiting'))[0]?.count)
    await expect.poll(waiting, { timeout: 2 * patience }).toBe(0)
    for (const forwarder of forwarders) {
      const { child } = await forwarder
      child.process.kill('SIGTERM')
      expect((await child.ended).code).toBe(0)
    }

    const there = new Set(tiktok.accepted.map(({ event_id }) => event_id))
    const seenIds = new Set<string>()
    const doubles = tiktok.accepted
      .map(({ event_id }) => event_id)
      .filter((id) => seenIds.size === seenIds.add(id).size)
    const ofKills = doubles.filter((id) => !withoutAnswer.has(id))
    const share = ofKills.length / there.size
    console.log(
      `crash with PostgreSQL: ${sent.size} sent, ${acknowledged.size} acknowledged, ${refusals} requests refused, ${there.size} delivered, ${doubles.length} sent twice, of which ${doubles.length - ofKills.length} because TikTok broke off its answer and ${ofKills.length} (${(share * 100).toFixed(2)} %) because a forwarder was killed that had them in hand, ${rounds * kills.length} kills`,
    )
    const open = `SELECT event_id FROM converge.log WHERE status NOT IN (${statusCode('success')}, ${statusCode('skipped')})`
    await expect.poll(() => runSql(database, open), { timeout: patience }).toEqual([])
    const logged = new Set(
      (await runSql(database, 'SELECT event_id FROM converge.log')).map(({ event_id }) => event_id),
    )
    const { profiles, countedProfiles, lines, countedLines } = await readKept(database)
    console.log(`crash with PostgreSQL: ${profiles} profiles, ${lines} lines of the event log`)
    expect(profiles).toBeGreaterThan(100)
    expect([countedProfiles, countedLines]).toEqual([profiles, lines])
    expect([...acknowledged.keys()].filter((id) => !logged.has(id))).toEqual([])
    expect(ofKills.filter((id) => !inHand.has(id))).toEqual([])
    expect([...acknowledged.keys()].filter((id) => !there.has(id))).toEqual([])
    for (const { event_id, event_time, event } of tiktok.accepted) {
      const one = sent.get(event_id)
      expect(one?.event).toBe(event)
      // A page's time is corrected by the clocks, as exactly as its request is quick.
      expect(Math.abs(event_time - Number(one?.time) / 1000)).toBeLessThan(15)
    }
    // One batch would be more than that of the events of few kills.
    if (rounds >= 10) expect(share).toBeLessThan(MOST_DOUBLES)
  },
)
