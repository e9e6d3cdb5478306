import { StatementSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { answering, newPath, numbered, open } from './outbox-kit.ts'
import { batchOf, relayed } from './relayed.ts'
import { accessToken, shop } from './start-forwarder.ts'

test('the JSON of an event is parsed once and written once between the page and TikTok, and the answer is only written', async () => {
  const tiktok = await createEventsApiHost()
  onTestFinished(() => tiktok.close())
  const outbox = open(newPath())
  const config = { pixelId, accessToken, allowedOrigins: [shop], outbox, eventsApiUrl: tiktok.url }
  const forwarder = createForwarder(config, { log: () => {} })
  const ids = Array.from({ length: 40 }, (_, index) => `event-${index}-`)
  const time = Date.now()
  const events = ids.map((eventID) =>
    relayed({ eventName: 'Started Checkout', eventID, time, send: send('InitiateCheckout') }),
  )
  const body = JSON.stringify({ ...batchOf(...events), sentAt: time })

  const parse = vi.spyOn(JSON, 'parse')
  const stringify = vi.spyOn(JSON, 'stringify')
  onTestFinished(() => void vi.restoreAllMocks())
  const headers = { origin: shop, 'content-type': 'text/plain' }
  const answer = await forwarder.fetch(new Request(`${shop}/events`, { method: 'POST', body, headers }))
  const isAnswer = ([text]: Parameters<typeof JSON.parse>) => text.startsWith('{"accepted"')
  expect(parse.mock.calls.filter(isAnswer)).toEqual([])
  expect(await answer.json()).toEqual({ accepted: 40, problems: [] })
  await tiktok.waitForAccepted(40)

  // What TikTok's stand-in parses, and the keys by which it knows events, are not counted.
  const parsed = parse.mock.calls.map(([text]) => text).filter((text) => !text.startsWith('{"event_source"'))
  const written = stringify.mock.results.map(({ value }) => String(value)).filter((text) => !text.startsWith('["'))
  for (const id of ids) {
    expect(parsed.filter((text) => text.includes(id))).toHaveLength(1)
    expect(written.filter((text) => text.includes(id))).toHaveLength(1)
  }
})

test('a thousand events are read and settled with a few SQL statements', async () => {
  const outbox = open(newPath())
  await outbox.add(numbered(1000))
  const methods = ['run', 'get', 'all', 'iterate'] as const
  const spies = methods.map((method) => vi.spyOn(StatementSync.prototype, method))
  onTestFinished(() => void vi.restoreAllMocks())
  outbox.start(answering(() => 'done').deliver)
  await vi.waitFor(async () => expect(await outbox.stats()).toMatchObject({ waiting: 0, sent: 1000 }), {
    timeout: 10_000,
    interval: 500,
  })
  expect(spies.reduce((calls, { mock }) => calls + mock.calls.length, 0)).toBeLessThan(100)
})

test('requests that share a commit share all SQL statements except the inserts', async () => {
  const outbox = open(newPath())
  await outbox.add(numbered(1))
  const run = vi.spyOn(StatementSync.prototype, 'run')
  onTestFinished(() => void vi.restoreAllMocks())
  await Promise.all(
    numbered(201)
      .slice(1)
      .map((event) => outbox.add([event])),
  )
  expect(run.mock.calls.length).toBeLessThan(205)
})

const send = (event: string) => relayed().send.map(({ parameters }) => ({ event, parameters }))
