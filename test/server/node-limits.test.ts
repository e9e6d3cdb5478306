import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Bounds } from '../../src/node/serve.ts'
import { pageBatch, postPage, shop } from './node-requests.ts'
import { playTikTok, startServer } from './node-server.ts'

async function start(bounds: Bounds = {}): Promise<{ url: string; port: number }> {
  const { url } = await startServer(await playTikTok(), {}, bounds)
  return { url, port: Number(new URL(url).port) }
}

interface Client {
  socket: Socket
  /** What has been answered so far. */
  answer(): string
  /** Resolves with the answer when the server has closed the connection. */
  ended: Promise<string>
}

/** Sends text as it is, and leaves the connection open. */
function send(port: number, ...texts: string[]): Promise<Client> {
  let answer = ''
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('data', (text) => (answer += text)).on('error', () => {})
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)))
  return new Promise((resolve) => {
    for (const text of texts.slice(0, -1)) socket.write(text)
    socket.write(texts.at(-1) ?? '', () => resolve({ socket, answer: () => answer, ended }))
  })
}

const headOf = (header: string, path = '/events') =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\norigin: ${shop}\r\ncontent-type: text/plain\r\n${header}\r\n\r\n`
const chunked = 'transfer-encoding: chunked'

test('a body of 200,000 one-byte chunks is refused after a tenth of them, and its connection is closed', async () => {
  const { port, url } = await start()
  const { ended } = await send(port, headOf(chunked), '1\r\n \r\n'.repeat(200_000), '0\r\n\r\n')
  const answer = await ended
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(answer).toContain('The body arrived in more than 20000 chunks. Send it in fewer, larger chunks.')
  expect((await postPage(url, pageBatch(['1']))).status).toBe(202)
})

test('a body that arrives byte by byte is accepted', async () => {
  const { port } = await start()
  const bytes = [...Buffer.from(JSON.stringify(pageBatch(['ä€😀'])))]
  const chunks = bytes.map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('')
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const answered = new Promise((resolve) => socket.once('data', (text) => resolve(String(text))))
  socket.write(Buffer.from(`${headOf(chunked)}${chunks}0\r\n\r\n`, 'latin1'))
  expect(await answered).toMatch(/^HTTP\/1\.1 202 /)
})

test.each([
  ['a foreign page', headOf(chunked).replace(shop, 'https://www.evil.test'), 403],
  ['a server without its token', headOf(chunked, '/webhook'), 401],
  ['an unknown webhook', headOf(chunked, '/nothing'), 404],
])('an endless body of %s is not received, and its connection is closed', async (_, head, status) => {
  const { port } = await start()
  const { ended } = await send(port, head, '1\r\n \r\n')
  const answer = await ended
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(answer).toContain('\r\nconnection: close\r\n')
})

test('bodies that never end use 64 MB together, and later requests are asked to retry', async () => {
  const { port, url } = await start()
  const text = ' '.repeat(1_040_000)
  const clients = await Promise.all(
    Array.from({ length: 70 }, () => send(port, headOf('content-length: 1048000'), text)),
  )
  const refused = () => clients.filter(({ answer }) => answer())
  await expect.poll(() => refused().length).toBe(6)
  for (const { answer } of refused()) {
    expect(answer()).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: 10\r\n/)
    expect(answer()).toContain('The server is receiving too many requests. Send this request again later.')
  }
  expect((await fetch(`${url}/health`)).status).toBe(200)

  for (const { socket } of clients) socket.destroy()
  await expect.poll(async () => (await postPage(url, pageBatch(['1']))).status).toBe(202)
})

test('at most maxBodies bodies are received at once, and each finished one makes room for another', async () => {
  const { port, url } = await start({ maxBodies: 2 })
  const post = async () => (await postPage(url, pageBatch(['1']))).status
  for (let round = 0; round < 5; round++) expect(await post()).toBe(202)
  const clients = await Promise.all([1, 2, 3].map(() => send(port, headOf('content-length: 100'), ' ')))
  const received = () => clients.filter(({ answer }) => !answer())
  await expect.poll(() => received().length).toBe(2)
  expect(await post()).toBe(503)
  received()[0]?.socket.destroy()
  await expect.poll(post).toBe(202)
})

test.each([
  ['headers', 'POST /events HTTP/1.1\r\nhost: a\r\n'],
  ['a body', headOf('content-length: 100')],
])('a client that starts %s and stops is answered 408', async (_, text) => {
  const { port } = await start({ headersTimeout: 100, requestTimeout: 200 })
  const { ended } = await send(port, text)
  expect(await ended).toMatch(/^HTTP\/1\.1 408 /)
})
