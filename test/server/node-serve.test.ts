import { createConnection, createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createSqliteOutbox, createSqliteStore, serve } from '../../src/node/index.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage, shop } from './node-requests.ts'
import { newOutbox, playTikTok, startServer } from './node-server.ts'

test("a page's event reaches TikTok, with the visitor's IP", async () => {
  const tiktok = await playTikTok()
  const { url } = await startServer(tiktok)
  const time = Date.now() - 5 * 60_000
  const answer = await postPage(url, pageBatch(['1'], time), { 'user-agent': 'Shopper' })
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: 1, problems: [] }])
  const [event] = await tiktok.waitForAccepted(1)
  expect(event).toMatchObject({ event: 'AddToCart', event_id: '1', user: { ip: '127.0.0.1', user_agent: 'Shopper' } })
  // The page's clock is compared with the server's when the request arrives.
  expect(Math.abs(Number(event?.event_time) - time / 1000)).toBeLessThan(30)
})

test('an IPv4 visitor on an IPv6 socket is sent to TikTok with the IPv4 address', async () => {
  const tiktok = await playTikTok()
  const { url } = await startServer(tiktok, { hostname: '::' })
  await postPage(url.replace('localhost', '127.0.0.1'), pageBatch(['1']))
  const [event] = await tiktok.waitForAccepted(1)
  expect(event?.user.ip).toBe('127.0.0.1')
})

test("a server's order is sent to TikTok once, however often it arrives", async () => {
  const tiktok = await playTikTok()
  const { url } = await startServer(tiktok)
  for (let round = 0; round < 3; round++) expect((await postOrder(url, '1001', Date.now())).status).toBe(202)
  await postPage(url, pageBatch(['after']))
  const accepted = await tiktok.waitForAccepted((events) => events.some(({ event_id }) => event_id === 'after'))
  expect(accepted.map(({ event, event_id }) => [event, event_id])).toEqual([
    ['Purchase', '1001'],
    ['AddToCart', 'after'],
  ])
})

test('a full outbox answers 503, and /health shows how many events wait', async () => {
  const tiktok = await playTikTok()
  tiktok.faults.always = { status: 503 }
  const { url } = await startServer(tiktok, { outbox: { path: newOutbox(), maxBytes: 400_000 } })
  const ids = Array.from({ length: 100 }, (_, index) => String(index))
  let status = 0
  let taken = 0
  for (let round = 0; status !== 503 && round < 100; round++) {
    const answer = await postPage(url, pageBatch(ids.map((id) => `${round} ${id}`)))
    status = answer.status
    if (status === 202) taken += 100
  }
  expect(status).toBe(503)
  expect(taken).toBeGreaterThan(300)
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'full', waiting: taken })
})

test('close() answers open requests, accepts no others, and keeps waiting events for the next start', async () => {
  const tiktok = await playTikTok()
  tiktok.faults.always = { status: 503 }
  const outbox = newOutbox()
  const server = await startServer(tiktok, { outbox })
  const { port } = new URL(server.url)

  const socket = createConnection(Number(port), '127.0.0.1')
  const body = JSON.stringify(pageBatch(['in flight']))
  const head = `POST /events HTTP/1.1\r\nhost: a\r\norigin: ${shop}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n`
  let answer = ''
  const ended = new Promise((resolve) => socket.once('close', resolve))
  socket.on('data', (text) => (answer += text))
  await new Promise<void>((resolve) => socket.write(head + body.slice(0, 20), () => resolve()))
  await fetch(`${server.url}/health`) // the head has been read by then
  const closed = server.close()
  await expect.poll(() => fetch(`${server.url}/health`).catch(() => 'refused')).toBe('refused')
  socket.write(body.slice(20))
  await closed
  await ended
  expect(answer).toMatch(/^HTTP\/1\.1 202 /)

  tiktok.faults.always = {}
  await startServer(tiktok, { outbox })
  expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['in flight'])
})

test('close() waits only for the call in flight, keeps the other events, and sends none twice', async () => {
  const tiktok = await playTikTok()
  const path = newOutbox()
  let answer = () => {}
  tiktok.faults.next = [{ after: new Promise<void>((resolve) => (answer = resolve)) }]
  const outbox = createSqliteOutbox({ path })
  const forwarder = createForwarder({
    pixelId,
    accessToken,
    allowedOrigins: [shop],
    eventsApiUrl: tiktok.url,
    allowTest: true, // a test event is a request of its own
    outbox,
  })
  const batch = pageBatch(['1', '2', '3'])
  const body = JSON.stringify({ ...batch, events: batch.events.map((event) => ({ ...event, test: 'TEST1' })) })
  await forwarder.fetch(new Request(`${shop}/events`, { method: 'POST', headers: { origin: shop }, body }))
  await tiktok.waitForRequests(1)
  const closed = outbox.close()
  answer()
  await closed
  expect(tiktok.accepted.map(({ event_id }) => event_id)).toEqual(['1'])

  await startServer(tiktok, { outbox: path })
  expect((await tiktok.waitForAccepted(3)).map(({ event_id }) => event_id)).toEqual(['1', '2', '3'])
})

test('without a hostname the server listens on all addresses and ignores the environment variable HOST', async () => {
  vi.stubEnv('HOST', '192.0.2.1') // RFC 5737: nobody's
  onTestFinished(() => void vi.unstubAllEnvs())
  const server = await serve({ pixelId, accessToken, allowedOrigins: [shop], port: 0, outbox: newOutbox() })
  onTestFinished(() => server.close())
  const { url } = server
  expect((await fetch(`${url.replace('localhost', '127.0.0.1')}/health`)).status).toBe(200)
})

test('a server of another pixel does not start with an outbox, so that no order goes to the wrong pixel', async () => {
  const tiktok = await playTikTok()
  const outbox = newOutbox()
  const first = await startServer(tiktok, { outbox })
  const another = 'CJQBODJC77UB4MRTGFRG'
  const sentence = `the database file ${outbox} contains events of pixel ${pixelId}, but pixelId is ${another}. Name`
  await expect(startServer(tiktok, { outbox, pixelId: another })).rejects.toThrow(sentence)
  await first.close()
  await expect(startServer(tiktok, { outbox, pixelId: another })).rejects.toThrow(sentence)
  await startServer(tiktok, { outbox })
})

test('a port that is invalid or in use results in one clear error, and closes the outbox', async () => {
  const tiktok = await playTikTok()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const outbox = newOutbox()
  await expect(startServer(tiktok, { port, outbox })).rejects.toThrow(
    `converge-tiktok: could not listen on port ${port} of 127.0.0.1. Another program uses this port. Stop it, or choose another port.`,
  )
  await createSqliteOutbox({ path: outbox }).close()
  await expect(startServer(tiktok, { port: 70_000 })).rejects.toThrow(
    'converge-tiktok: port is 70000, not a number from 0 to',
  )
  await expect(startServer(tiktok, { outbox: '/no/such/folder/outbox.db' })).rejects.toThrow(/could not be opened/)
  await expect(startServer(tiktok, { pixelId: 'wrong' })).rejects.toThrow('converge-tiktok: pixelId is "wrong"')
})

test.each([
  [{ database: 'a.db', outbox: 'b.db' }, 'database and outbox are both set. Set only one of them'],
  [{}, 'database is missing. Name a file, such as converge.db'],
  [{ outbox: 'postgres://localhost/shop' }, 'outbox is the URL of a PostgreSQL server. Name it as database.'],
])('a server without exactly one file does not start: %o', async (files, sentence) => {
  const config = { pixelId, accessToken, allowedOrigins: [shop], port: 0, ...files }
  await expect(serve(config)).rejects.toThrow(`converge-tiktok: ${sentence}`)
})

test('a forwarder accepts a store or an outbox, not both', async () => {
  const path = newOutbox()
  const [store, outbox] = [createSqliteStore({ path, pixelId }), createSqliteOutbox({ path })]
  onTestFinished(async () => void (await Promise.all([store.close(), outbox.close()])))
  const config = { pixelId, accessToken, allowedOrigins: [shop] }
  expect(() => createForwarder({ ...config, store, outbox })).toThrow(
    'converge-tiktok: store and outbox are both set. Set only one of them. A store also keeps events, and it merges orders.',
  )
})
