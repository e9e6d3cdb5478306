// The servers that the forwarder bench measures. Each runs in its own process, so that its time and memory can be measured.
// node bench/server-child.ts <kind> <folder for its files> <Events API> <folder of a built checkout>

import { closeSync, fdatasync, openSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { portOf } from '../test/browser/network.ts'
import { adminToken, eventsFor, pixelId, shop } from './server-requests.ts'

export type Kind = 'bare' | 'storing' | 'forwarder' | 'fill' | 'database' | 'plain database' | 'fill log'

/** The figures that a child process reports. */
export interface Usage {
  /** Microseconds of processor time since the start. */
  cpu: number
  /** Bytes. */
  rss: number
  /** Bytes in use after a collection, where the child may collect. */
  heap: number
}

const [kind, folder = '', eventsApiUrl = '', checkout = '', amount = ''] = process.argv.slice(2)

process.on('message', (wanted: 'usage' | 'heap') => {
  // A collection takes processor time, which would count as the events'.
  if (wanted === 'heap') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  process.send?.({ cpu: user + system, rss, heap: heapUsed } satisfies Usage)
})
process.on('disconnect', () => process.exit())
if (kind === 'bare') listen(answerAtOnce)
else if (kind === 'storing') listen(storeFirst())
else if (kind === 'fill') await fill(Number(amount))
else if (kind === 'fill log') await fillLog(Number(amount))
else await forward()

type Forwarder = typeof import('../src/node/index.ts')

function built(): Promise<Forwarder> {
  return import(pathToFileURL(join(checkout, 'dist/node.js')).href)
}

/** An outbox, or a database with everything or with nothing besides events. */
function place() {
  const database = process.env.BENCH_DATABASE || { path: join(folder, 'converge.db'), maxBytes: 8e9 }
  if (kind === 'database') return { database }
  if (kind === 'plain database') return { database, profiles: false, log: false } as const
  return { outbox: outbox() }
}

/** Puts lines of the last 30 days into the log. */
async function fillLog(lines: number): Promise<void> {
  const { createSqliteStore } = await built()
  const options = { mergeOrders: 0 }
  let time = Date.now() - 30 * 86_400_000
  const step = (Date.now() - time) / (lines / 1000)
  const store = createSqliteStore({ ...outbox(), path: join(folder, 'converge.db'), now: () => time })
  store.start(async (events) => events.map(({ data }) => (/77-/.test(data.event_id) ? 'dead' : 'done')), options)
  for (let filled = 0; filled < lines; filled += 1000) {
    const events = eventsFor(1000)
    const [rare] = events
    if (rare && filled % 10_000 === 0) rare.data.event = 'Subscribe'
    const source = filled % 5000 === 0 ? 'erp' : 'web'
    const part = { source, channel: 'page', eventNames: events.map(() => 'Started Checkout'), unsent: [] } as const
    await store.add(events, options, { log: part })
    time += step
    while ((await store.stats()).waiting > 20_000) await pause(5)
  }
  while ((await store.stats()).waiting > 0) await pause(20)
  await store.close()
  process.send?.(0)
}

function outbox() {
  return { path: join(folder, 'outbox.db'), pixelId, maxBytes: 8e9 }
}

async function forward(): Promise<void> {
  // The option for a logger has another name in older builds.
  for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) console[level] = () => {}
  const { serve } = await built()
  const { url } = await serve({
    ...{ pixelId, adminToken, eventsApiUrl, accessToken: 'token', allowedOrigins: [shop], port: 0 },
    ...place(),
  })
  process.send?.(Number(new URL(url).port))
}

/** Puts this number of events into the forwarder's outbox, as after a long outage of TikTok. */
async function fill(events: number): Promise<void> {
  const { createSqliteOutbox } = await built()
  const store = createSqliteOutbox(outbox())
  for (let filled = 0; filled < events; filled += 1000) await store.add(eventsFor(Math.min(1000, events - filled)))
  await store.close()
  process.send?.(0)
}

function listen(answer: RequestListener): void {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1', () => process.send?.(portOf(server)))
}

/** The minimum work of a server: it parses the request, and answers. */
function answerAtOnce(...[request, response]: Parameters<RequestListener>): void {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk) => (text += chunk))
  request.on('end', () => {
    const { events } = JSON.parse(text)
    accept(response, events.length)
  })
}

function accept(response: Parameters<RequestListener>[1], accepted: number): void {
  const body = JSON.stringify({ accepted, problems: [] })
  const headers = { 'access-control-allow-origin': shop, vary: 'origin', 'cache-control': 'no-store' }
  response.writeHead(202, { ...headers, 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

/**
 * Parses, stores each event as a row, and answers once that is on the disk. Events that arrive during a disk write share the
 * next commit. It checks nothing, remembers no order and sends nothing.
 */
function storeFirst(): RequestListener {
  const database = new DatabaseSync(join(folder, 'stored.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000')
  database.exec('CREATE TABLE waiting (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
  const insert = database.prepare('INSERT INTO waiting (body) VALUES (?)')
  const log = openSync(join(folder, 'stored.db-wal'), 'r+')
  process.once('exit', () => closeSync(log))
  const sync = promisify(fdatasync)
  let waiting: { bodies: string[]; done: () => void }[] = []
  let isWriting = false

  async function write(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      database.exec('BEGIN')
      for (const { bodies } of batch) for (const body of bodies) insert.run(body)
      database.exec('COMMIT')
      await sync(log)
      for (const { done } of batch) done()
    }
    isWriting = false
  }

  return (request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const { events }: { events: unknown[] } = JSON.parse(text)
      waiting.push({
        bodies: events.map((event) => JSON.stringify(event)),
        done: () => accept(response, events.length),
      })
      if (!isWriting) setImmediate(() => isWriting || void write())
    })
  }
}
