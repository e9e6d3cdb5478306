import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type DeliveryResult, OutboxFull } from '../../src/server/outbox.ts'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createFolder } from './node-folder.ts'
import { answering, day, newPath, numbered, open, purchase, soon } from './outbox-kit.ts'

/** Commits, as SQLite's own log has them: the last frame of each carries the size of the database. */
function commitsIn(path: string): number {
  const log = readFileSync(`${path}-wal`)
  const pageSize = log.readUInt32BE(8)
  let commits = 0
  for (let at = 32; at < log.length; at += 24 + pageSize) if (log.readUInt32BE(at + 4)) commits++
  return commits
}

test('events are in the file once add() resolves', async () => {
  const path = newPath()
  await open(path).add([purchase('1'), purchase('2')])
  const reader = new DatabaseSync(path, { readOnly: true })
  const rows = reader.prepare('SELECT event_id, body FROM waiting ORDER BY id').all()
  reader.close()
  expect(rows.map(({ event_id }) => event_id)).toEqual(['1', '2'])
  expect(JSON.parse(String(rows[0]?.body))).toMatchObject({ data: { event: 'Purchase', properties: { value: 1 } } })
})

test('events that are added in one turn share one commit', async () => {
  const path = newPath()
  const outbox = open(path)
  const before = commitsIn(path)
  await Promise.all(Array.from({ length: 200 }, (_, index) => outbox.add([purchase(String(index))])))
  expect(commitsIn(path) - before).toBe(1)
  await outbox.add([purchase('later')])
  expect(commitsIn(path) - before).toBe(2)
})

test('the same event and event_id waits once', async () => {
  const outbox = open(newPath())
  const [first] = [purchase('1')]
  await outbox.add([first, { ...first, data: { ...first.data, event: 'NewCustomerPurchase' } }])
  await outbox.add([first])
  expect(await outbox.stats()).toMatchObject({ waiting: 2 })
})

test('an order is accepted once in 90 days, also after it was sent', async () => {
  let now = Date.now()
  const path = newPath()
  const order = () => purchase('1001', { order: true, expires: now / 1000 + 1000 })
  const { batches, deliver } = answering(() => 'done')
  const outbox = open(path, { now: () => now })
  outbox.start(deliver)
  await outbox.add([order()])
  await expect.poll(() => batches).toEqual([['1001']])
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 1 })

  now += 90 * day - 1000
  await outbox.add([order(), purchase('other', { expires: now / 1000 + 1000 })])
  await expect.poll(() => batches.flat()).toEqual(['1001', 'other'])
  now += 1000
  await outbox.add([order()])
  await expect.poll(() => batches.flat()).toEqual(['1001', 'other', '1001'])
})

test('a test event does not block the real order', async () => {
  const outbox = open(newPath())
  await outbox.add([purchase('1001', { order: true, test_event_code: 'TEST1' })])
  await outbox.add([purchase('1001', { order: true })])
  expect(await outbox.stats()).toMatchObject({ waiting: 2 })
})

test('an order that TikTok refused can be sent again', async () => {
  const { batches, deliver } = answering((_, batch) => (batch === 1 ? 'dead' : 'done'))
  const outbox = open(newPath())
  outbox.start(deliver)
  await outbox.add([purchase('1001', { order: true })])
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  await outbox.add([purchase('1001', { order: true })])
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 1 })
  expect(batches).toEqual([['1001'], ['1001']])
})

test('an order that arrived too late does not block a copy that can still be sent', async () => {
  const now = Math.floor(Date.now() / 1000)
  const { batches, deliver } = answering(() => 'done')
  const outbox = open(newPath())
  outbox.start(deliver)
  await outbox.add([purchase('1001', { order: true, expires: now - 1 })])
  await expect.poll(() => [...outbox.dead()].length).toBe(1)
  await outbox.add([purchase('1001', { order: true })])
  await expect.poll(() => batches).toEqual([['1001']])
})

test('waiting events are delivered oldest first, at most 1,000 at a time', async () => {
  const outbox = open(newPath())
  await outbox.add(numbered(2500))
  const { batches, deliver } = answering(() => 'done')
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 2500, waiting: 0 })
  expect(batches.map(({ length }) => length)).toEqual([1000, 1000, 500])
  expect(batches.flat()).toEqual(numbered(2500).map(({ data }) => data.event_id))
})

test('a backlog is sent in four calls at a time, and in one after a failure', async () => {
  const outbox = open(newPath())
  await outbox.add(numbered(10_000))
  const running = new Set<number>()
  const together: number[] = []
  let calls = 0
  outbox.start(async (events) => {
    const call = ++calls
    running.add(call)
    together.push(running.size)
    // Longer than it takes to start the other calls.
    for (let turns = 0; turns < 20; turns++) await setImmediate()
    running.delete(call)
    return events.map(() => (call === 3 ? 'retry' : 'done'))
  })
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 10_000, waiting: 0 })
  // One at first; then four, of which the second fails; one; and the rest.
  expect(together).toEqual([1, 1, 2, 3, 4, 1, 1, 2, 3, 4, 1])
})

test('if a batch cannot be read while others are on their way, no event is sent twice', async () => {
  const outbox = open(newPath())
  await outbox.add(numbered(5000))
  const iterate = StatementSync.prototype.iterate
  let reads = 0
  vi.spyOn(StatementSync.prototype, 'iterate').mockImplementation(function (this: StatementSync, ...values) {
    if (this.sourceSQL.includes('body, line FROM waiting') && ++reads === 3) throw new Error('disk I/O error')
    return iterate.apply(this, values)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const { batches, deliver } = answering(() => 'done')
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 5000, waiting: 0 })
  expect(reads).toBeGreaterThan(3)
  expect(batches.flat()).toHaveLength(5000)
})

test('a batch has at most a few megabytes, whatever the size of its events', async () => {
  const outbox = open(newPath())
  const heavy = numbered(12).map((event) => ({ ...event, problem: 'x'.repeat(1_000_000) }))
  await outbox.add(heavy)
  const { batches, deliver } = answering(() => 'done')
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 12 })
  expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(4)
})

test('an event with the result retry is delayed alone, and the others continue', async () => {
  const seen: string[] = []
  const { deliver } = answering((event) => {
    seen.push(event.data.event_id)
    return event.data.event_id === '1' && seen.filter((id) => id === '1').length < 3 ? 'retry' : 'done'
  })
  const outbox = open(newPath())
  await outbox.add(numbered(3))
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 3 })
  expect(seen).toEqual(['0', '1', '2', '1', '1'])
})

test('an event that fails 50 times while others succeed becomes a dead letter, with the reason', async () => {
  const path = newPath()
  const log = vi.fn()
  const outbox = open(path, { log })
  await outbox.add(numbered(2))
  const writer = new DatabaseSync(path)
  writer.exec('UPDATE waiting SET attempts = 48')
  writer.close()
  let tries = 0
  outbox.start(async (events) =>
    events.map((event) => {
      if (event.data.event_id !== '0') return 'done'
      tries++
      event.problem = 'TikTok answered code 40999: Odd'
      return 'retry'
    }),
  )
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 1, sent: 1 })
  await expect.poll(() => outbox.add([purchase(`${Math.random()}`)]).then(() => tries)).toBeGreaterThan(1)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, dead: { 'TikTok answered code 40999: Odd': 1 } })
  expect([...outbox.dead()]).toMatchObject([{ event_id: '0', attempts: 50, canRetry: true }])
  expect(log.mock.calls.flat()).toEqual([
    'converge-tiktok: an event (Purchase) was set aside after 50 tries. TikTok answered code 40999: Odd',
  ])
})

test('an event never becomes a dead letter because of its attempts if it is alone or all others fail too', async () => {
  const path = newPath()
  const outbox = open(path, { retryAfter: { first: 1, longest: 1 } })
  await outbox.add(numbered(2))
  let tries = 0
  outbox.start(async (events) => {
    tries++
    for (const event of events) event.problem = 'down'
    return events.map(() => 'retry')
  })
  await expect.poll(() => tries, { interval: 5 }).toBeGreaterThan(60)
  expect(await outbox.stats()).toMatchObject({ waiting: 2, dead: {} })
})

test('an event is overdue after its due time, even if it was delayed', async () => {
  let now = Date.now()
  const outbox = open(newPath(), { now: () => now, random: () => 1, retryAfter: { first: 60_000, longest: 60_000 } })
  expect((await outbox.stats()).overdue).toBeUndefined()
  await outbox.add(numbered(2))
  now += 10_000
  expect(await outbox.stats()).toMatchObject({ oldest: 10, overdue: 10 })
  let tries = 0
  outbox.start(async (events) =>
    events.map((event) => {
      if (event.data.event_id === '1') return 'done'
      event.problem = 'odd'
      return tries++ === 0 ? 'retry' : 'done'
    }),
  )
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 1, oldest: 10, overdue: 0 })
  await outbox.close()
  expect(tries).toBe(1)
})

test('if deliver itself pauses, it is called again within seconds, whatever the pause after a failure', async () => {
  let asked = 0
  const outbox = open(newPath(), { retryAfter: { first: 60_000, longest: 60_000 } })
  await outbox.add(numbered(1))
  outbox.start(async (events) => events.map(() => (++asked < 2 ? 'retry' : 'done')))
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 1 })
})

test('while TikTok is down, events keep their order and attempts become rare', async () => {
  let isDown = true
  const { batches, deliver } = answering(() => (isDown ? 'retry' : 'done'))
  const outbox = open(newPath(), { retryAfter: { first: 1, longest: 300 }, random: () => 1 })
  await outbox.add(numbered(1500))
  outbox.start(deliver)
  const started = Date.now()
  await expect.poll(() => batches.length, { interval: 5 }).toBe(9)
  expect(Date.now() - started).toBeGreaterThan(250) // 1 + 2 + 4 + … + 128 ms
  isDown = false
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 1500 })
  expect(batches.slice(-2).flat()).toEqual(numbered(1500).map(({ data }) => data.event_id))
})

test('no event is lost if deliver throws', async () => {
  const log = vi.fn()
  const outbox = open(newPath(), { log })
  let tries = 0
  await outbox.add([purchase('1')])
  outbox.start(async (events) => {
    if (++tries === 1) throw new Error('broken')
    return events.map(() => 'done')
  })
  await expect.poll(() => outbox.stats()).toMatchObject({ sent: 1, waiting: 0 })
  expect(log.mock.calls.flat()).toEqual([
    'converge-tiktok: a delivery failed unexpectedly (broken). Its events are kept and sent again.',
  ])
})

test('a configuration fault keeps all events, and is reported until it is fixed', async () => {
  let isWrong = true
  let tries = 0
  const outbox = open(newPath())
  await outbox.add(numbered(3))
  outbox.start(async (events) => {
    tries++
    for (const event of events) if (tries === 1) event.problem = '40105: the access token is invalid'
    return events.map(() => (isWrong ? 'stop' : 'done'))
  })
  await expect.poll(() => tries).toBeGreaterThan(2)
  const stopped = '40105: the access token is invalid'
  expect(await outbox.stats()).toMatchObject({ waiting: 3, sent: 0, dead: {}, oldest: 0, stopped })
  isWrong = false
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 3, stopped: undefined })
})

test('a refused event becomes a dead letter with its problem, is listed, and can be queued again', async () => {
  const path = newPath()
  const outbox = open(path)
  let refused = 0
  await outbox.add(numbered(4))
  outbox.start(async (events) =>
    events.map((event) => {
      if (refused >= 3) return 'done'
      event.problem = `40002: no ${event.data.event_id}`
      refused++
      return 'dead'
    }),
  )
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 1 })
  expect(await outbox.stats()).toMatchObject({ dead: { '40002: no 0': 1, '40002: no 1': 1, '40002: no 2': 1 } })
  const letters = [...outbox.dead()]
  expect(letters.map(({ event, event_id, attempts, canRetry }) => [event, event_id, attempts, canRetry])).toEqual([
    ['Purchase', '0', 1, true],
    ['Purchase', '1', 1, true],
    ['Purchase', '2', 1, true],
  ])
  const [first, second] = letters.map(({ id }) => id)
  expect(outbox.requeue([Number(first), 999])).toBe(1)
  expect(outbox.drop([Number(second), 999])).toBe(1)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 2 })
  expect(Array.from(outbox.dead(), ({ event_id }) => event_id)).toEqual(['2'])
  expect(outbox.drop('all')).toBe(1)
  expect([...outbox.dead()]).toEqual([])
})

test('thousands of dead letters are listed, requeued and dropped', async () => {
  const outbox = open(newPath())
  await outbox.add(numbered(2500))
  outbox.start(async (events) => events.map(() => 'dead'))
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  expect([...outbox.dead()]).toHaveLength(2500)
  expect(outbox.requeue('all')).toBe(2500)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  expect(outbox.drop('all')).toBe(2500)
})

test('an event that is too late becomes a dead letter and is never sent, even if it is requeued', async () => {
  let now = Date.now()
  const { batches, deliver } = answering(() => 'done')
  const outbox = open(newPath(), { now: () => now })
  const hour = 3600
  await outbox.add([
    purchase('two days', { expires: Math.floor(now / 1000) + 47 * hour }),
    purchase('a week', { expires: Math.floor(now / 1000) + 7 * 24 * hour }),
  ])
  now += 2 * day
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 1 })
  expect(batches).toEqual([['a week']])
  expect([...outbox.dead()]).toMatchObject([{ event_id: 'two days', canRetry: false }])
  expect(outbox.requeue('all')).toBe(0)
  expect(outbox.drop('all')).toBe(1)
})

test('a full outbox refuses a whole request that does not fit, and accepts it when there is room', async () => {
  const { deliver } = answering(() => 'done')
  const outbox = open(newPath(), { maxBytes: 300_000 })
  let taken = 0
  const fill = async () => {
    for (;;) {
      await outbox.add(Array.from({ length: 10 }, (_, index) => purchase(`${taken + index}`)))
      taken += 10
    }
  }
  await expect(fill()).rejects.toThrow(new OutboxFull('The outbox has reached its limit of 300000 bytes (maxBytes).'))
  expect(taken).toBeGreaterThan(100)
  expect(await outbox.stats()).toMatchObject({ waiting: taken })
  outbox.start(deliver)
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: taken })
  await outbox.add([purchase('again')])
})

test('dead letters make room for events that can still be sent, and this is logged', async () => {
  const log = vi.fn()
  const outbox = open(newPath(), { maxBytes: 300_000, log })
  outbox.start(async (events) => events.map(() => 'dead'))
  for (let round = 0; !log.mock.calls.length; round++) {
    await outbox.add(Array.from({ length: 200 }, (_, index) => purchase(`${round} ${index}`)))
    await expect.poll(() => outbox.stats(), { interval: 5 }).toMatchObject({ waiting: 0 })
  }
  expect(log.mock.calls.flat()[0]).toMatch(/the outbox is full: its \d+ oldest dead letters were deleted\.$/)
})

test('events that waited when a process ended are delivered by the next one', async () => {
  const path = newPath()
  const former = createSqliteOutbox({ path, retryAfter: soon })
  former.start(async (events) => events.map(() => 'retry'))
  await former.add(numbered(5))
  await former.close()
  await expect(former.add(numbered(1))).rejects.toThrow(OutboxFull)

  const { batches, deliver } = answering(() => 'done')
  const outbox = open(path)
  expect(await outbox.stats()).toMatchObject({ waiting: 5 })
  outbox.start(deliver)
  await expect.poll(() => batches).toEqual([['0', '1', '2', '3', '4']])
})

test('two outboxes on one file both accept events, one delivers, and the other takes over', async () => {
  const path = newPath()
  const [first, second] = [answering(() => 'done'), answering(() => 'done')]
  const former = createSqliteOutbox({ path })
  const latter = open(path)
  former.start(first.deliver)
  latter.start(second.deliver)
  await former.add([purchase('to the first')])
  await latter.add([purchase('to the second')])
  await expect.poll(() => first.batches.flat()).toEqual(['to the first', 'to the second'])
  expect(second.batches).toEqual([])
  await former.close()
  await latter.add([purchase('alone')])
  await expect.poll(() => second.batches.flat()).toEqual(['alone'])
})

test('close() waits for calls in flight', async () => {
  const path = newPath()
  let answer: (results: DeliveryResult[]) => void = () => {}
  const outbox = createSqliteOutbox({ path })
  const asked = new Promise<void>((resolve) => {
    outbox.start((events) => {
      resolve()
      return new Promise((settle) => {
        answer = () => settle(events.map(() => 'done'))
      })
    })
  })
  await outbox.add([purchase('1')])
  await asked
  const closed = outbox.close()
  answer([])
  await closed
  expect(await open(path).stats()).toMatchObject({ waiting: 0, sent: 1 })
})

test('the error names a file that cannot be the outbox', () => {
  const folder = createFolder()
  const missing = join(folder, 'no', 'outbox.db')
  expect(() => createSqliteOutbox({ path: missing })).toThrow(
    `converge-tiktok: the database file ${missing} could not be opened (unable to open database file). Name another file`,
  )
  const other = join(folder, 'notes.txt')
  writeFileSync(other, 'These are notes. '.repeat(100))
  expect(() => createSqliteOutbox({ path: other })).toThrow(/could not be opened \(file is not a database\)/)
  expect(readFileSync(other, 'utf8')).toMatch(/^These are notes/)
  const foreign = join(folder, 'people.db')
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE owner (person TEXT)')
  database.close()
  const claim = () => createSqliteOutbox({ path: foreign, pixelId: 'C4OURS00000000000001' })
  expect(claim).toThrow(/people\.db is not a database of converge-tiktok\. It was not changed/)
})
