import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { runCli } from './node-child.ts'
import { answering, newPath, numbered, open, purchase } from './outbox-kit.ts'

// Written at noon by the first format of the outbox, which had no version. It has a sent order, a waiting order, a waiting
// event, an event that was delayed for a minute, a refused one, and one that came too late.
const unversioned = fileURLToPath(new URL('fixtures/outbox-without-version.db', import.meta.url))
const noon = Date.parse('2026-03-01T12:00:00Z')
const pixelId = 'CJQBODJC77UB4MRTGFRF'

function copyOfUnversioned(): string {
  const path = newPath()
  copyFileSync(unversioned, path)
  return path
}

/** Runs SQL, and returns the rows of the last statement. */
function sql(path: string, statements: string, ask = 'SELECT 1'): Record<string, unknown>[] {
  const database = new DatabaseSync(path)
  database.exec(statements)
  const rows = database.prepare(ask).all()
  database.close()
  return rows
}

const contentOf = (path: string) =>
  Object.fromEntries(
    readdirSync(dirname(path)).map((name) => [name, readFileSync(`${dirname(path)}/${name}`, 'base64')]),
  )

test('an outbox without a version is migrated, and loses nothing', async () => {
  const path = copyOfUnversioned()
  const now = noon + 60_000
  const { batches, deliver } = answering(() => 'done')
  const outbox = open(path, { pixelId, now: () => now })
  expect(await outbox.stats()).toMatchObject({
    waiting: 3,
    sent: 1,
    dead: {
      'It waited for longer than TikTok remembers its event_id, and would have been counted twice.': 1,
      'TikTok answered code 40002: content_id must be a string': 1,
    },
    oldest: 60,
    overdue: 60,
    full: false,
  })
  expect(Array.from(outbox.dead(), ({ event_id, canRetry }) => [event_id, canRetry])).toEqual([
    ['late', false],
    ['refused', true],
  ])
  const order = purchase('sent', { order: true, source: 'page', expires: now / 1000 + 1000 })
  expect(await outbox.add([order])).toEqual([order])
  expect(outbox.requeue('all')).toBe(1)
  outbox.start(deliver)
  await expect.poll(() => batches.flat()).toEqual(['put off', 'waiting', 'waiting', 'refused'])
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0, sent: 5 })
  await outbox.close()
  expect(sql(path, '', 'SELECT * FROM pragma_application_id, pragma_user_version, pragma_auto_vacuum')).toEqual([
    { application_id: 0x43765454, user_version: 6, auto_vacuum: 2 },
  ])
})

test('an outbox without a version still belongs to one pixel', () => {
  const path = copyOfUnversioned()
  expect(() => createSqliteOutbox({ path, pixelId: 'CJQBODJC77UB4MRTGFRG' })).toThrow(
    `contains events of pixel ${pixelId}, but pixelId is CJQBODJC77UB4MRTGFRG`,
  )
})

test.each(['of an older format', 'of today'])(
  '"outbox list" writes nothing, and creates no file next to a file %s',
  async (which) => {
    const path = copyOfUnversioned()
    if (which === 'of today') await createSqliteOutbox({ path }).close()
    const before = contentOf(path)
    const { code, output, errors } = await runCli(['outbox', 'list', '--outbox', path])
    expect([code, errors]).toEqual([0, ''])
    expect(output).toMatch(/\tlate\t.*\trefused\t.*\n2 dead letters, 3 waiting, 1 sent\n$/s)
    expect(contentOf(path)).toEqual(before)
  },
)

const foreign: Record<string, string> = {
  'with tables of its own': 'CREATE TABLE people (name TEXT)',
  'with a table that has the name of one of our tables': 'CREATE TABLE owner (person TEXT)',
  'in WAL mode': 'PRAGMA journal_mode = WAL; CREATE TABLE people (name TEXT)',
  'with the application ID of another program': 'PRAGMA application_id = 7; CREATE TABLE people (name TEXT)',
  'with another application ID and no tables': 'PRAGMA application_id = 7',
  'with a version and no tables': 'PRAGMA user_version = 6',
  'with our tables and another one': `ATTACH '${unversioned}' AS ours; CREATE TABLE people (name TEXT);
    CREATE TABLE waiting AS SELECT * FROM ours.waiting; CREATE TABLE dead_letters AS SELECT * FROM ours.dead_letters;
    CREATE TABLE orders AS SELECT * FROM ours.orders; CREATE TABLE totals AS SELECT * FROM ours.totals;
    CREATE TABLE owner AS SELECT * FROM ours.owner`,
}
test.each(Object.entries(foreign))('a database of another program is not changed: one %s', async (_, statements) => {
  const path = newPath()
  sql(path, statements)
  const before = contentOf(path)
  const sentence = `converge-tiktok: ${path} is not a database of converge-tiktok. It was not changed. Name another file.`
  expect(() => createSqliteOutbox({ path, pixelId })).toThrow(sentence)
  for (const words of [['list'], ['retry', '--all'], ['drop', '--all']]) {
    const { code, output, errors } = await runCli(['outbox', ...words, '--outbox', path])
    expect([code, output, errors]).toEqual([1, '', `${sentence}\n`])
  }
  expect(contentOf(path)).toEqual(before)
})

test("the write-ahead log of another program's database is kept", () => {
  const [crashed, path] = [newPath(), newPath()]
  const database = new DatabaseSync(crashed)
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE people (name TEXT); INSERT INTO people VALUES (1)')
  for (const end of ['', '-wal']) copyFileSync(crashed + end, path + end)
  database.close()
  const before = contentOf(path)
  expect(() => createSqliteOutbox({ path })).toThrow('is not a database of converge-tiktok')
  expect(contentOf(path)).toMatchObject(before)
})

test('an outbox of a later version is not changed', async () => {
  const path = newPath()
  await createSqliteOutbox({ path }).close()
  sql(path, 'PRAGMA user_version = 7')
  const before = contentOf(path)
  const sentence = `converge-tiktok: the database file ${path} was created by a later version of converge-tiktok (the file has format 7, this version supports up to 6). Update converge-tiktok, or name another file.`
  expect(() => createSqliteOutbox({ path })).toThrow(sentence)
  expect((await runCli(['outbox', 'list', '--outbox', path])).errors).toBe(`${sentence}\n`)
  expect(contentOf(path)).toEqual(before)
})

test('an empty file becomes an outbox when it is opened for events, not when it is listed', async () => {
  const path = newPath()
  writeFileSync(path, '')
  for (const words of [['list'], ['retry', '--all'], ['drop', '--all']]) {
    expect((await runCli(['outbox', ...words, '--outbox', path])).errors).toContain(
      'is not a database of converge-tiktok',
    )
    expect(contentOf(path)).toEqual({ 'outbox.db': '' })
  }
  await open(path).add(numbered(1))
  expect(sql(path, '', 'SELECT count(*) AS count FROM waiting')).toEqual([{ count: 1 }])
})

test('the counts of dead letters always agree with the rows', async () => {
  const path = newPath()
  const outbox = open(path, { maxBytes: 600_000, log: vi.fn() })
  await outbox.add(numbered(60))
  outbox.start(async (events) =>
    events.map((event) => {
      event.problem = `problem ${Number(event.data.event_id) % 30}`
      return 'dead'
    }),
  )
  const agree = async () => {
    const rows = sql(path, '', 'SELECT problem, count(*) AS count FROM dead_letters GROUP BY problem')
    const { dead } = await outbox.stats()
    const { 'Other problems': others = 0, ...shown } = dead
    const counts = Object.fromEntries(rows.map(({ problem, count }) => [problem, count]))
    expect(counts).toMatchObject(shown)
    const total = rows.reduce((sum, { count }) => sum + Number(count), 0)
    expect(Object.values(shown).reduce((sum, count) => sum + count, others)).toBe(total)
    return total
  }
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  expect(await agree()).toBe(60)
  expect(Object.keys((await outbox.stats()).dead)).toHaveLength(21) // 20 problems, and the others together
  const ids = Array.from(outbox.dead(), ({ id }) => id)
  expect(outbox.drop(ids.slice(0, 31))).toBe(31)
  expect(await agree()).toBe(29)
  outbox.requeue(ids.slice(31, 41))
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  expect(await agree()).toBe(29)
  outbox.drop('all')
  expect(await agree()).toBe(0)
})

test('the cost of health does not grow with the number of dead letters, because it reads counters', async () => {
  const path = newPath()
  const outbox = open(path)
  await outbox.add(numbered(1))
  outbox.start(async (events) => events.map(() => 'dead'))
  await expect.poll(() => outbox.stats()).toMatchObject({ waiting: 0 })
  sql(path, "UPDATE problems SET count = 1000000; UPDATE totals SET count = 1000007 WHERE name = 'dead'")
  const { dead } = await outbox.stats()
  expect(dead).toEqual({ 'TikTok did not say why.': 1_000_000, 'Other problems': 7 })
})
