import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { readResponse } from '../../src/server/read-body.ts'
import { redact } from '../../src/server/redact.ts'
import { createEventsApi } from '../../src/tiktok/events-api/client.ts'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost, never } from '../tiktok/events-api-host.ts'
import { accessToken, noon } from './start-forwarder.ts'

const purchase = (): OutboxEvent => ({
  data: { event: 'Purchase', event_time: noon / 1000, event_id: '1', user: {}, page: {}, properties: {} },
  expires: Date.now() + 1000,
  order: true,
})

async function deliverTo(url: string, signal?: AbortSignal) {
  const event = purchase()
  const started = performance.now()
  const before = process.cpuUsage()
  const api = createEventsApi({ pixelId, accessToken, url, log: () => {}, redact, readBody: readResponse })
  const [result] = await api.deliver([event], signal)
  const { user, system } = process.cpuUsage(before)
  const milliseconds = performance.now() - started
  return { result, problem: event.problem ?? '', milliseconds, work: (user + system) / 1000 }
}

test.each(['a', 'a@', '()', '0 ', ' ', '%25', 'f'])(
  'an answer that repeats %j 40,000 or 800,000 times is read quickly, and results in a short problem',
  async (piece) => {
    const tiktok = await createEventsApiHost()
    onTestFinished(() => tiktok.close())
    for (const count of [40_000, 800_000 / piece.length]) {
      tiktok.faults.always = { code: 40002, message: `${piece.repeat(count)}!` }
      const { result, problem, work } = await deliverTo(tiktok.url)
      expect(result).toBe('dead')
      expect(problem).toMatch(/^TikTok answered code 40002/)
      expect(problem.length).toBeLessThanOrEqual(300)
      expect(work).toBeLessThan(1500) // 40,000 characters took 2 s and more, 800,000 many minutes
    }
  },
)

test('an endless answer is read up to 1 MB, and the event is kept', async () => {
  let written = 0
  const closed: Promise<void>[] = []
  const server = createServer((request, response) => {
    closed.push(new Promise((resolve) => response.once('close', resolve)))
    const write = () => {
      let hasRoom = true
      while (hasRoom && written < 200_000_000) {
        hasRoom = response.write(' '.repeat(100_000))
        written += 100_000
      }
    }
    request.resume()
    response.on('drain', write)
    write()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { result } = await deliverTo(`http://127.0.0.1:${port}/track`)
  expect(result).toBe('retry')
  await Promise.all(closed)
  expect(written).toBeLessThan(50_000_000) // plus the buffers of both sockets
})

test('a call that hangs is aborted 4 s after the last moment to send, and its event is kept', async () => {
  const tiktok = await createEventsApiHost()
  onTestFinished(() => tiktok.close())
  tiktok.faults.always = { after: never }
  const closing = new AbortController()
  const delivered = deliverTo(tiktok.url, closing.signal)
  await tiktok.waitForRequests(1)
  closing.abort()
  const { result, problem, milliseconds } = await delivered
  expect([result, problem]).toEqual(['retry', 'TikTok could not be reached: no answer before the forwarder was closed'])
  expect(milliseconds).toBeGreaterThan(3500)
  expect(milliseconds).toBeLessThan(10_000) // that long a call may take otherwise
})
