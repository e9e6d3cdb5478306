import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import { runCli, startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage, webhookToken } from './node-requests.ts'
import { answering, day, newPath, numbered, open, purchase } from './outbox-kit.ts'

const minute = 60_000
const hour = 60 * minute
const preload = fileURLToPath(new URL('set-clock.ts', import.meta.url))

interface Started {
  url: string
  tiktok: EventsApiHost
  outbox: string
  /** Sets the server's clock, by the milliseconds that it is ahead. */
  setClock(ahead: number): void
  health(): Promise<Record<string, unknown>>
}

async function startServer(): Promise<Started> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  const outbox = join(folder, 'outbox.db')
  const clock = join(folder, 'clock')
  const setClock = (ahead: number) => writeFileSync(clock, String(ahead))
  setClock(0)
  const config = writeConfig(folder, { eventsApiUrl: tiktok.url })
  const child = startCli(['serve', '--config', config, '--outbox', outbox, '--port', '0'], {
    TIKTOK_ACCESS_TOKEN: accessToken,
    CONVERGE_WEBHOOK_TOKEN: webhookToken,
    NODE_OPTIONS: `--import=${preload}`,
    CLOCK_FILE: clock,
  })
  const [, url = ''] = await child.said(/listening on (\S+)/)
  return { url, tiktok, outbox, setClock, health: async () => (await fetch(`${url}/health`)).json() }
}

test.each([
  ['a second', 1000],
  ['59 minutes', 59 * minute],
  ['an hour', hour],
  ['a day', day],
])('a server keeps sending when its clock is set back by %s, even during a call', async (_, back) => {
  const { url, tiktok, setClock } = await startServer()
  let answer = () => {}
  tiktok.faults.next = [{ after: new Promise<void>((resolve) => (answer = resolve)) }]
  await postPage(url, pageBatch(['before']))
  await tiktok.waitForRequests(1)
  setClock(-back)
  answer()
  await postPage(url, pageBatch(['after']))
  const accepted = await tiktok.waitForAccepted(2)
  expect(accepted.map(({ event_id }) => event_id)).toEqual(['before', 'after'])
})

test('a server retries within seconds of a failure, even if its clock was set back in between', async () => {
  const { url, tiktok, setClock, health } = await startServer()
  tiktok.faults.next = [{ status: 503 }]
  await postPage(url, pageBatch(['1']))
  await tiktok.waitForRequests(1)
  for (let round = 0; round < 50; round++) await health() // by now it has read TikTok's answer
  setClock(-30 * minute)
  expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['1'])
})

test('"outbox retry" sends events that became dead letters while the clock was eight days ahead', async () => {
  const { url, tiktok, outbox, setClock, health } = await startServer()
  tiktok.faults.always = { status: 503 }
  await postPage(url, pageBatch(['1', '2']))
  await postOrder(url, '1001', Date.now())
  await tiktok.waitForRequests(1)
  setClock(8 * day)
  await expect.poll(health).toMatchObject({ waiting: 0 })
  const retry = async () => (await runCli(['outbox', 'retry', '--all', '--outbox', outbox])).output
  setClock(0)
  tiktok.faults.always = {}
  expect(await retry()).toBe('3 queued again. A running server sends them within seconds.\n')
  const accepted = await tiktok.waitForAccepted(3)
  expect(accepted.map(({ event_id }) => event_id).sort()).toEqual(['1', '1001', '2'])
  expect((await runCli(['outbox', 'list', '--outbox', outbox])).output).toMatch(/^0 dead letters, /)
})

test('"outbox retry" sends events that arrived while the clock was eight days ahead', async () => {
  const { url, tiktok, outbox, setClock, health } = await startServer()
  await health()
  setClock(8 * day)
  expect(await (await postOrder(url, '1001', Date.now())).json()).toEqual({
    accepted: 1,
    statuses: { skipped: 1 },
    problems: [{ path: '', message: expect.stringMatching(/^too_late: .* outbox retry checks its age again$/) }],
  })
  await expect.poll(health).toMatchObject({ waiting: 0 })
  setClock(0)
  expect((await runCli(['outbox', 'retry', '--all', '--outbox', outbox])).output).toMatch(/^1 queued again/)
  expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['1001'])
})

test('a dead letter that seems too old stays one until the clock is right again', async () => {
  const start = Date.now()
  let now = start
  const { batches, deliver } = answering(() => 'done')
  const outbox = open(newPath(), { now: () => now })
  await outbox.add([purchase('1', { expires: Math.floor(start / 1000) + 100 })])
  now += 8 * day
  outbox.start(deliver)
  await expect.poll(() => [...outbox.dead()]).toMatchObject([{ event_id: '1', canRetry: false }])
  expect(outbox.requeue('all')).toBe(0)
  now = start
  expect([...outbox.dead()]).toMatchObject([{ event_id: '1', canRetry: true }])
  expect(outbox.requeue('all')).toBe(1)
  await expect.poll(() => batches).toEqual([['1']])
})

test.each([
  ['an hour', hour],
  ['eight days', 8 * day],
])('an event that was delayed while the clock was %s ahead is due when the clock is right again', async (_, ahead) => {
  let now = Date.now() + ahead
  const tries: string[] = []
  const outbox = open(newPath(), { now: () => now, retryAfter: { first: 5 * minute, longest: 10 * minute } })
  const expires = Math.floor(now / 1000) + 1_000_000
  await outbox.add(numbered(2).map((event) => ({ ...event, expires })))
  outbox.start(async (events) =>
    events.map((event) => {
      tries.push(event.data.event_id)
      if (event.data.event_id === '1' || tries.length > 2) return 'done'
      event.problem = 'TikTok answered code 40999: Odd'
      return 'retry'
    }),
  )
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 1, sent: 1 })
  now -= ahead
  await expect.poll(() => tries).toEqual(['0', '1', '0'])
})
