// Events a second that a forwarder takes on Node, its outbox on the disk, beside a bare handler that reads and answers the
// same request. Prints medians. Run on an idle machine with two cores or more: node bench/forwarder.ts.

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '../src/node/serve.ts'

const shop = 'https://www.shop.example'
const connections = 256 // as many visitors: those of one commit wait for the disk together
const rounds = 5
const milliseconds = 3000
let lastId = 1e9 // ids are of one length, so that a request can be written ahead
const [kind, folder = '', eventsApiUrl = ''] = process.argv.slice(2)

if (kind === 'bare') await serveBare()
else if (kind === 'forwarder') await serveForwarder()
else await compare()

async function serveForwarder(): Promise<void> {
  const { url } = await serve({
    pixelId: 'CJQBODJC77UB4MRTGFRF',
    accessToken: 'token',
    allowedOrigins: [shop],
    eventsApiUrl,
    port: 0,
    outbox: join(folder, 'outbox.db'),
  })
  process.send?.(Number(new URL(url).port))
}

async function serveBare(): Promise<void> {
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const { events } = JSON.parse(text)
      const body = JSON.stringify({ accepted: events.length, problems: [] })
      const headers = { 'access-control-allow-origin': shop, vary: 'origin', 'cache-control': 'no-store' }
      response.writeHead(202, { ...headers, 'content-type': 'application/json', 'content-length': body.length })
      response.end(body)
    })
  })
  process.send?.(await portOf(server))
}

async function compare(): Promise<void> {
  const tiktok = createServer((request, response) => {
    request.resume().once('end', () => response.end('{"code":0,"message":"OK"}'))
  })
  const url = `http://127.0.0.1:${await portOf(tiktok)}/open_api/v1.3/event/track/`
  const temporary = mkdtempSync(join(tmpdir(), 'converge-tiktok-'))
  const children = [start('bare'), start('forwarder', temporary, url)]
  try {
    const [bare = 0, forwarder = 0] = await Promise.all(children.map(({ port }) => port))
    for (const eventsEach of [1, 5]) {
      const rates = { bare: [] as number[], forwarder: [] as number[] }
      for (let round = 0; round <= rounds; round++) {
        const measured = { bare: await measure(bare, eventsEach), forwarder: await measure(forwarder, eventsEach) }
        if (round === 0) continue // warm by now
        rates.bare.push(measured.bare)
        rates.forwarder.push(measured.forwarder)
      }
      const [floor, ours] = [median(rates.bare), median(rates.forwarder)]
      console.log(`${eventsEach} events a request, ${connections} connections`)
      console.log(`  bare handler ${Math.round(floor)} events/s`)
      console.log(`  forwarder    ${Math.round(ours)} events/s, ${(ours / floor).toFixed(2)} of it`)
    }
  } finally {
    for (const { child } of children) child.kill()
    tiktok.close()
    tiktok.closeAllConnections()
    rmSync(temporary, { recursive: true, maxRetries: 5 })
  }
}

function start(...words: string[]): { child: ChildProcess; port: Promise<number> } {
  const child = fork(fileURLToPath(import.meta.url), words)
  return { child, port: new Promise((resolve) => child.once('message', (port) => resolve(Number(port)))) }
}

/** Events a second. The client writes and reads bytes alone, so that the server is what is measured. */
async function measure(port: number, eventsEach: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const end = performance.now() + milliseconds
  const started = performance.now()
  const counts = await Promise.all(sockets.map((socket) => load(socket, eventsEach, end)))
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  return (counts.reduce((sum, count) => sum + count, 0) * eventsEach) / seconds
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject)
  })
}

/** One request after the other, until the end: how many were answered. */
function load(socket: Socket, eventsEach: number, end: number): Promise<number> {
  const request = requestOf(eventsEach)
  const send = () => socket.write(request.replaceAll('##########', () => String(++lastId)))
  let count = 0
  let answer = ''
  return new Promise((resolve, reject) => {
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
      const head = answer.indexOf('\r\n\r\n')
      const isChunked = answer.includes('chunked')
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? Number.NaN)
      if (head < 0 || (isChunked ? !answer.endsWith('0\r\n\r\n') : answer.length < head + 4 + length)) return
      if (!answer.startsWith('HTTP/1.1 202')) return reject(new Error(answer))
      answer = ''
      count++
      if (performance.now() < end) send()
      else resolve(count)
    })
    send()
  })
}

/** As a page posts it, of a checkout's size, with the place for each event's id. */
function requestOf(eventsEach: number): string {
  const now = Date.now()
  const content = { content_type: 'product', content_id: '90101', content_name: 'Cap', price: 19.9, quantity: 2 }
  const parameters = {
    contents: [content, content, content],
    content_type: 'product',
    num_items: 6,
    value: 94.8,
    currency: 'EUR',
  }
  const events = Array.from({ length: eventsEach }, () => ({
    time: now,
    eventName: 'Started Checkout',
    eventID: '##########-8d2f1c9e-4a47-4b9e-9a0a-0d6f0f6c2f11',
    send: [{ event: 'InitiateCheckout', parameters }],
    pixel: true,
    user: { email: 'a'.repeat(64), external_id: 'b'.repeat(64) },
    page: { url: `${shop}/checkout`, referrer: `${shop}/cart` },
    ttp: '2aBcDeFgHiJkLmNoPqRsTuVwXyZ',
    locale: 'de-AT',
    consent: { analytics: 'granted', marketing: 'granted' },
  }))
  const body = JSON.stringify({ v: 1, sentAt: now, events })
  const headers = [
    'POST /events HTTP/1.1',
    'host: converge.shop.example',
    `origin: ${shop}`,
    'content-type: text/plain;charset=UTF-8',
    'user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15',
    `content-length: ${body.length}`,
  ]
  return `${headers.join('\r\n')}\r\n\r\n${body}`
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}
