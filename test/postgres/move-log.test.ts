// `converge-tiktok database move` copies the event log.
import { isDeepStrictEqual } from 'node:util'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Deliver, DeliveryResult } from '../../src/server/outbox.ts'
import type { LogLine } from '../../src/store/event-log.ts'
import { createLogImport } from '../../src/store/postgres/import-log.ts'
import { openPostgresEngine } from '../../src/store/postgres/postgres-engine.ts'
import { openExport } from '../../src/store/sqlite/export-rows.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { logged, logOf, partOf } from '../server/log-contract.ts'
import { pixelId } from '../server/node-requests.ts'
import { newPath, soon } from '../server/outbox-kit.ts'
import { createMoveTarget, type MoveTarget } from './move-target.ts'
import { hasPostgres, openStore } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const window = { mergeOrders: 60 }
const poll = { timeout: 30_000 }
const hour = 3_600_000
const mary = 'b'.repeat(64)
const half = '\ud800'
const isOrder = { order: true, orderName: 'Placed Order' } as const
const nobody = { emails: [], phones: [], customerIds: [], orderIds: [] }

function openFile(path: string, now?: () => number): Store {
  const store = createSqliteStore({ path, pixelId, retryAfter: soon, ...(now && { now }) })
  onTestFinished(() => store.close())
  return store
}

/** Answers by event_id. An event that is not named stays as it is. */
const answering =
  (results: Record<string, DeliveryResult>): Deliver =>
  async (events) =>
    events.map((event) => {
      const result = results[event.data.event_id] ?? 'done'
      event.answer = { code: result === 'done' ? 0 : 40002, message: `${result} by TikTok` }
      event.problem = event.answer.message
      return result
    })

/** A file with all kinds of lines, of two hours: the first of them deleted with their person. */
async function fillFile(path: string): Promise<void> {
  let time = Date.now() - hour
  const store = openFile(path, () => time)
  const results: Record<string, DeliveryResult> = { dead: 'dead', later: 'retry' }
  store.start(answering(results), { ...window, log: {} })
  const add = (ids: readonly string[], given: Parameters<typeof logged>[1] = {}) =>
    store.add(
      ids.map((id) => logged(id, given)),
      window,
      { log: partOf(ids.length) },
    )
  const forgotten = { user: { email: mary }, properties: { value: 10.1, currency: 'USD', order_id: 'forgotten' } }
  await store.add([logged('1', { ...isOrder, ...forgotten, source: 'signed' })], { mergeOrders: 0 }, { log: partOf(1) })
  await add(['2', '3'], { user: { email: mary, phone: mary } })
  await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 3 })
  await store.erase({ ...nobody, emails: [mary] })
  time += hour
  await add(Array.from({ length: 6000 }, (_, index) => `many-${index}`))
  await add(['dead', 'later', `half-${half}`])
  await expect.poll(async () => (await logOf(store).lines({ status: 'retry' })).length, poll).toBe(1)
  await expect.poll(store.stats, poll).toMatchObject({ waiting: 1 })
  await store.close()

  const held = openFile(path)
  await held.add(
    [logged('held', { ...isOrder, properties: { value: 94.8, currency: 'EUR', order_id: 'order' } })],
    window,
    {
      log: partOf(1),
    },
  )
  const unsent = { eventName: 'Page Load', event: '', event_id: '9', status: 'filtered', reason: 'a filter' } as const
  await held.add([], window, { log: { ...partOf(0), unsent: [unsent] } })
  await held.close()
}

type Views = Awaited<ReturnType<typeof viewsOf>>

/** Thousands of lines would take minutes to compare with `toEqual`, if they differ. */
function expectSame({ lines, ...others }: Views, before: Views): void {
  const wrong = lines.filter((line, index) => !isDeepStrictEqual(line, before.lines[index]))
  expect(wrong.slice(0, 3)).toEqual([])
  expect({ ...others, lines: lines.length }).toEqual({ ...before, lines: before.lines.length })
}

/** Everything that the views show, with the place of a line instead of its ID. */
async function viewsOf({ log }: Store) {
  if (!log) throw new Error('There is no log.')
  const lines: LogLine[] = []
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const part = await log.lines({ before, limit: 1000 })
    lines.push(...part)
    if (part.length < 1000) break
    before = part.at(-1)?.id ?? 0
  }
  const withoutId = (some: readonly LogLine[]) => some.map(({ id: _, ...line }) => line)
  const byText = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)
  const { hours, ...sums } = await log.summary(0, 0)
  return {
    lines: withoutId(lines),
    found: withoutId((await Promise.all(['order', 'many-77', 'dead'].map((id) => log.lines({ id })))).flat()),
    failed: withoutId(await log.lines({ status: 'failure' })),
    sums,
    hours: hours.map(({ start, counts, orders }) => ({
      start,
      counts: [...counts].filter(({ count }) => count).sort(byText),
      orders: [...orders].sort(byText),
    })),
  }
}

describe.runIf(hasPostgres)('database move', () => {
  let url: string
  let said: string[]
  let move: MoveTarget['move']
  beforeEach(async () => {
    ;({ url, said, move } = await createMoveTarget())
  })
  const viewsOfFile = async (path: string) => {
    const file = openFile(path)
    const views = await viewsOf(file)
    await file.close()
    return views
  }

  test('copies the event log: every view is the same as before, also after a second run', async () => {
    const path = newPath()
    await fillFile(path)
    const before = await viewsOfFile(path)
    expect(before.lines).toHaveLength(6005)
    expect(before.hours.length).toBeGreaterThan(1) // 3 if an hour ends meanwhile
    await move(path)
    expect(said[0]).toContain('6005 lines of the event log')
    const store = openStore(url)
    expectSame(await viewsOf(store), before)
    await move(path)
    expect(said[2]).toContain('0 lines of the event log')
    expectSame(await viewsOf(store), before)
  })

  test('changes the copied lines when their events are merged, sent, or queued again', async () => {
    const path = newPath()
    await fillFile(path)
    await move(path)
    const store = openStore(url)
    const fromShop = logged('held', { ...isOrder, source: 'signed', user: { phone: mary } })
    expect(await store.add([fromShop], window, { log: partOf(1, { source: 'shop', channel: 'server' }) })).toEqual([
      'merged',
    ])
    expect(await store.requeue('all')).toBe(1)
    store.start(answering({}), { ...window, log: {} })
    await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, dead: {} })
    const lines = await logOf(store).find(['held', 'dead', 'later'])
    expect(lines).toMatchObject([
      { event_id: 'held', channel: 'merged', source: 'shop', status: 'success' },
      {
        event_id: 'later',
        status: 'success',
        answers: expect.arrayContaining([expect.objectContaining({ message: 'retry by TikTok' })]),
      },
      { event_id: 'dead', status: 'success' },
    ])
  })

  test('goes on where it was killed, and takes over what a server of the file changed meanwhile', async () => {
    const path = newPath()
    await fillFile(path)
    // Killed after the first lines were committed, before any event was moved.
    const engine = openPostgresEngine({ url, pixelId })
    await engine.ready()
    const file = openExport(path)
    const target = createLogImport({ ...engine.parts, source: file.id })
    await target.reserve(file.log.lastId())
    await target.addCounts(file.log.countsOfDeleted)
    expect(await target.add(file.log.lines(0))).toBe(5000)
    expect(await target.add(file.log.lines(await target.last()))).toBe(1005)
    file.close()
    await engine.close()
    // A server of the new database writes lines meanwhile, and one of the file sends, queues again and accepts events.
    const other = openStore(url)
    await other.add([logged('new')], window, { log: partOf(1) })
    await other.close()
    const server = openFile(path)
    await server.requeue('all')
    server.start(answering({ more: 'retry' }), { ...window, log: {} })
    await server.add([logged('more')], window, { log: partOf(1) })
    await expect.poll(server.stats, poll).toMatchObject({ waiting: 2, dead: {} })
    await server.close()

    const before = await viewsOfFile(path)
    await move(path)
    expect(said[0]).toContain('1 lines of the event log')
    const after = await viewsOf(openStore(url))
    const known = after.lines.filter(({ event_id }) => event_id !== 'new')
    expect(known).toHaveLength(after.lines.length - 1)
    const text = (line: object) => JSON.stringify(line)
    const texts = new Set(before.lines.map(text))
    expect(known.map(text).filter((line) => !texts.delete(line))).toEqual([])
    expect([...texts]).toEqual([])
    expect(after.found).toEqual(before.found)
    expect(after.sums).toEqual(before.sums)
  })

  test('gives lines their own IDs, although other forwarders write lines at the same time', async () => {
    const path = newPath()
    await fillFile(path)
    const stores = [openStore(url), openStore(url)]
    const rounds = Array.from({ length: 30 }, () => stores).flat()
    const writing = rounds.map((store) => store.add([logged(crypto.randomUUID())], window, { log: partOf(1) }))
    await Promise.all([move(path), ...writing])
    expect(await runSql(url, 'SELECT count(*) AS lines FROM converge.log')).toEqual([{ lines: '6065' }])
  })

  test('lets forget find the lines of a person, of the file and of the new database', async () => {
    const path = newPath()
    await fillFile(path)
    const store = openStore(url)
    await store.add([logged('new')], window, { log: partOf(1) })
    await move(path)
    const { logLines } = await store.erase({ ...nobody, emails: ['a'.repeat(64)] })
    expect(logLines).toBe(6005)
    expect((await logOf(store).lines({})).map(({ event_id }) => event_id)).toEqual(['9'])
  })

  test('copies a line that waits as skipped if the new database has its event already', async () => {
    const path = newPath()
    const file = openFile(path)
    await file.add([logged('1')], window, { log: partOf(1) })
    await file.close()
    const store = openStore(url)
    await store.add([logged('1')], window, { log: partOf(1) })
    await move(path)
    const lines = await logOf(store).find(['1'])
    expect(lines.map(({ status, reason }) => `${status} ${reason}`).sort()).toEqual([
      'skipped already_sent',
      'waiting ',
    ])
  })

  test('copies a file without a log', async () => {
    const path = newPath()
    const file = openFile(path)
    await file.add([logged('1')], window)
    await file.close()
    await move(path)
    expect(said[0]).toContain('1 waiting events')
    expect(await logOf(openStore(url)).lines({})).toEqual([])
  })
})
