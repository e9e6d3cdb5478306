// What happens to a server while its PostgreSQL is down, paused, full, or ends its sessions.
import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type ForwarderServer, type ServeConfig, serve } from '../../src/node/serve.ts'
import { logTo } from '../server/log-to.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage, shop, webhookToken } from '../server/node-requests.ts'
import { playTikTok } from '../server/node-server.ts'
import { createSmallDisk, fillDisk } from '../server/small-disk.ts'
import type { EventsApiHost } from '../tiktok/events-api-host.ts'
import { hasPostgres } from './postgres-kit.ts'
import { findBinaries, type PostgresServer, startPostgres } from './postgres-server.ts'
import { runSql } from './run-sql.ts'

const binaries = hasPostgres ? await findBinaries() : undefined
const poll = { timeout: 30_000, interval: 50 }
let last = 0

interface Started {
  server: ForwarderServer
  tiktok: EventsApiHost
  log: string[]
  url: string
}

describe.runIf(binaries)('while PostgreSQL', () => {
  let postgres: PostgresServer
  beforeAll(async () => {
    postgres = await startPostgres(binaries ?? expect.fail())
  })
  afterAll(() => postgres.close())

  /** A server on a new database of its own. */
  async function start(config: Partial<ServeConfig> = {}): Promise<Started> {
    const name = `outage_${++last}`
    await runSql(`${postgres.url}/postgres`, `CREATE DATABASE ${name}`)
    const url = `${postgres.url}/${name}`
    return { ...(await startOn(url, config)), url }
  }

  async function startOn(database: string, config: Partial<ServeConfig> = {}): Promise<Omit<Started, 'url'>> {
    const tiktok = await playTikTok()
    const log: string[] = []
    const server = await serve({
      ...{ pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url, mergeOrders: 0 },
      ...{ port: 0, hostname: '127.0.0.1', database, logger: logTo(log), ...config },
    })
    onTestFinished(() => server.close())
    return { server, tiktok, log }
  }

  const arrived = (tiktok: EventsApiHost) => [...new Set(tiktok.accepted.map(({ event_id }) => event_id))].sort()
  const health = async ({ server }: Pick<Started, 'server'>) => {
    const answer = await fetch(`${server.url}/health`)
    const body: { status?: string } = await answer.json()
    return [answer.status, body.status]
  }

  test('is down, senders get 503, and all acknowledged events are sent once it is back', async () => {
    const started = await start()
    const { server, tiktok, log } = started
    tiktok.faults.always = { status: 503 } // they must wait in the database
    expect((await postPage(server.url, pageBatch(['1']))).status).toBe(202)
    expect((await postOrder(server.url, '2', Date.now())).status).toBe(202)
    await postgres.kill()
    tiktok.faults.always = {}
    for (const answer of [await postPage(server.url, pageBatch(['3'])), await postOrder(server.url, '4', Date.now())]) {
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('60')
    }
    expect(await health(started)).toEqual([503, 'stopped'])
    await expect.poll(() => log.join('\n'), poll).toContain('the database cannot be used')
    await postgres.start()
    await expect.poll(async () => (await postPage(server.url, pageBatch(['5']))).status, poll).toBe(202)
    await expect.poll(() => arrived(tiktok), poll).toEqual(['1', '2', '5'])
    await expect.poll(() => health(started), poll).toEqual([200, 'ok'])
    await expect.poll(() => log.join('\n'), poll).toContain('the database works again')
  })

  test('is down when a server starts, the server starts, and accepts events once it is back', async () => {
    const { url } = await start()
    await postgres.kill()
    const { server, log } = await startOn(url)
    expect(log.join('\n')).toContain('the database cannot be reached')
    expect((await postPage(server.url, pageBatch(['1']))).status).toBe(503)
    await postgres.start()
    await expect.poll(async () => (await postPage(server.url, pageBatch(['2']))).status, poll).toBe(202)
  })

  test('does not answer, senders get 503 instead of waiting forever', async () => {
    const { server, tiktok } = await start()
    expect((await postPage(server.url, pageBatch(['1']))).status).toBe(202)
    await expect.poll(() => arrived(tiktok), poll).toEqual(['1'])
    postgres.pause()
    try {
      const began = performance.now()
      const answers = await Promise.all([
        postPage(server.url, pageBatch(['2'])),
        postOrder(server.url, '3', Date.now()),
        fetch(`${server.url}/health`),
      ])
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
      expect(performance.now() - began).toBeLessThan(25_000)
    } finally {
      postgres.resume()
    }
    await expect.poll(async () => (await postPage(server.url, pageBatch(['4']))).status, poll).toBe(202)
    await expect.poll(() => arrived(tiktok), poll).toContain('4')
  })

  test('ends all sessions repeatedly, nothing acknowledged is lost', async () => {
    const { server, tiktok, url } = await start()
    const acknowledged: string[] = []
    let isOver = false
    async function keepSending(sender: number): Promise<void> {
      for (let round = 0; !isOver; round++) {
        const id = `${sender}-${round}`
        const answer = await (round % 3
          ? postPage(server.url, pageBatch([id]))
          : postOrder(server.url, id, Math.floor(Date.now() / 1000) * 1000))
        expect([202, 503]).toContain(answer.status)
        if (answer.status === 202) acknowledged.push(id)
        await answer.text()
      }
    }
    const senders = [1, 2, 3].map(keepSending)
    for (let round = 0; round < 10; round++) {
      const goal = acknowledged.length + 20
      await expect.poll(() => acknowledged.length, poll).toBeGreaterThan(goal)
      await runSql(
        `${postgres.url}/postgres`,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [new URL(url).pathname.slice(1)],
      )
    }
    isOver = true
    await Promise.all(senders)
    await expect.poll(() => acknowledged.filter((id) => !arrived(tiktok).includes(id)), poll).toEqual([])
    console.log(
      `ended sessions: ${acknowledged.length} acknowledged, ${tiktok.accepted.length - tiktok.counted.length} sent twice`,
    )
  })

  test('has no space left, senders get 503, and events are accepted again once there is space', async (context) => {
    const folder = createSmallDisk(context, 40_000_000)
    const [uid, gid] = execFileSync('stat', ['-c', '%u:%g', `${postgres.folder}/data`], { encoding: 'utf8' })
      .trim()
      .split(':')
    execFileSync('chown', [`${uid}:${gid}`, folder])
    chmodSync(folder, 0o700)
    const name = `outage_${++last}`
    await runSql(`${postgres.url}/postgres`, `CREATE TABLESPACE small_${last} LOCATION '${folder}'`)
    await runSql(`${postgres.url}/postgres`, `CREATE DATABASE ${name} TABLESPACE small_${last}`)
    onTestFinished(async () => {
      await runSql(`${postgres.url}/postgres`, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await runSql(`${postgres.url}/postgres`, `DROP TABLESPACE small_${last}`)
    })
    const started = await startOn(`${postgres.url}/${name}`)
    const { server, tiktok } = started
    tiktok.faults.always = { status: 503 }
    const acknowledged: string[] = []
    const empty = fillDisk(folder)
    let refused = 0
    for (let round = 0; round < 400 && refused === 0; round++) {
      const ids = Array.from({ length: 50 }, (_, index) => `${round}-${index}`)
      const { status } = await postPage(server.url, pageBatch(ids))
      if (status === 202) acknowledged.push(...ids)
      else refused = status
    }
    expect(refused).toBe(503)
    expect(await health(started)).toEqual([503, 'full'])
    tiktok.faults.always = {}
    empty()
    await expect.poll(async () => (await postPage(server.url, pageBatch(['last']))).status, poll).toBe(202)
    await expect.poll(() => arrived(tiktok), poll).toEqual([...acknowledged, 'last'].sort())
  })
})
