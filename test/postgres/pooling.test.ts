// What PgBouncer in transaction mode requires: each transaction may get another session, so nothing may depend on one.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { connect as connectTo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { createFolder } from '../server/node-folder.ts'
import { numbered, purchase } from '../server/outbox-kit.ts'
import { hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'
import { findPort } from './postgres-server.ts'
import { runSql } from './run-sql.ts'

const window = { mergeOrders: 60 }
const poll = { timeout: 30_000 }
const nobody = { emails: [], phones: [], customerIds: [], orderIds: ['none'] }

const order = (source: 'page' | 'signed', id: string): OutboxEvent =>
  purchase(id, { order: true, orderName: 'Placed Order', source })

/** Everything that a forwarder and the commands do with a database, twice at the same time. */
async function useAll(url: string): Promise<void> {
  const schema = newSchema()
  const stores = [openStore(url, { schema }), openStore(url, { schema })]
  const [one, two] = [stores[0] ?? expect.fail(), stores[1] ?? expect.fail()]
  await Promise.all([one.add(numbered(1200), window), two.add([order('page', 'a')], window)])
  expect(await one.add([order('signed', 'a')], window)).toEqual(['merged'])
  let isRefused = true
  for (const store of stores)
    store.start(async (events) => {
      for (const event of events) event.problem = 'refused'
      return events.map(() => (isRefused ? 'dead' : 'done'))
    }, window)
  await expect.poll(one.stats, poll).toMatchObject({ waiting: 0, dead: { refused: 1201 } })
  isRefused = false
  expect(await two.requeue('all')).toBe(1201)
  await expect.poll(two.stats, poll).toMatchObject({ waiting: 0, sent: 1201, dead: {} })
  await one.erase(nobody)
  await two.pauseSwitch?.pause()
  expect(await one.pauseSwitch?.pausedSince()).toBeGreaterThan(0)
}

interface Message {
  type: string
  body: Buffer
}

/** Lets all connections to the server pass, and keeps the messages of the clients. */
async function listenIn(): Promise<{ url: string; messages: Message[] }> {
  const messages: Message[] = []
  const target = new URL(serverUrl)
  const proxy = createServer((client) => {
    const server = connectTo(Number(target.port), target.hostname)
    let rest = Buffer.alloc(0)
    let isStarted = false
    client.on('data', (chunk: Buffer) => {
      server.write(chunk)
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        // The first message has no type. https://www.postgresql.org/docs/current/protocol-message-formats.html
        const start = isStarted ? 1 : 0
        if (rest.length < start + 4) return
        const end = start + rest.readInt32BE(start)
        if (rest.length < end) return
        if (isStarted) messages.push({ type: String.fromCharCode(rest[0] ?? 0), body: rest.subarray(5, end) })
        rest = rest.subarray(end)
        isStarted = true
      }
    })
    server.pipe(client)
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.on('close', () => [client, server].forEach((one) => void one.destroy()))
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  const url = new URL(`${serverUrl}/postgres`)
  const address = proxy.address()
  if (typeof address === 'object' && address) url.port = String(address.port)
  return { url: url.href, messages }
}

const pgbouncer = ['pgbouncer', '/usr/sbin/pgbouncer'].find((one) => spawnSync(one, ['--version']).status === 0)

/** Starts PgBouncer in transaction mode before the server, and returns its URL. */
async function startPgBouncer(program: string): Promise<string> {
  const url = new URL(`${serverUrl}/postgres`)
  const folder = createFolder()
  const port = await findPort()
  const password = decodeURIComponent(url.password)
  writeFileSync(join(folder, 'users.txt'), `"${url.username}" "${password}"\n`)
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${url.hostname} port=${url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
default_pool_size = 3
`,
  )
  chmodSync(folder, 0o755)
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, [...asNobody, join(folder, 'pgbouncer.ini')], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  url.port = String(port)
  await expect.poll(() => runSql(url.href, 'SELECT 1').catch(() => undefined), poll).toBeDefined()
  return url.href
}

describe.runIf(hasPostgres)('a pooler of connections', () => {
  test('finds no named statement, no LISTEN and no state of a session', async () => {
    const { url, messages } = await listenIn()
    await useAll(url)
    const parsed = messages.filter(({ type }) => type === 'P')
    expect(parsed.length).toBeGreaterThan(20)
    // The name ends with a zero. The unnamed statement has none.
    expect(parsed.filter(({ body }) => body[0] !== 0)).toEqual([])
    const statements = messages
      .filter(({ type }) => type === 'P' || type === 'Q')
      .flatMap(({ body }) => body.toString('utf8').split('\0'))
      .flatMap((text) => text.split(';'))
    const ofSession =
      /^\s*(LISTEN|NOTIFY|PREPARE|DECLARE|SET (?!LOCAL)|RESET|CREATE TEMP)|pg_advisory_lock|pg_try_advisory_lock|set_config\([^)]*false\)/i
    expect(statements.filter((text) => ofSession.test(text))).toEqual([])
  })

  test.runIf(pgbouncer)('such as PgBouncer in transaction mode may be in between', async () => {
    await useAll(await startPgBouncer(pgbouncer ?? ''))
  })
})
