// `converge-tiktok database move`: from a file to PostgreSQL.
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { databaseCommand } from '../../src/node/database-command.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { createLogImport } from '../../src/store/postgres/import-log.ts'
import { createImport } from '../../src/store/postgres/import-rows.ts'
import { openPostgresEngine } from '../../src/store/postgres/postgres-engine.ts'
import { openExport } from '../../src/store/sqlite/export-rows.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { pixelId } from '../server/node-requests.ts'
import { newPath, numbered, purchase, soon } from '../server/outbox-kit.ts'
import { listOf } from '../server/store-contract.ts'
import { createMoveTarget, type MoveTarget } from './move-target.ts'
import { hasPostgres, openStore } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const window = { mergeOrders: 60 }
const poll = { timeout: 30_000 }
const jane = 'a'.repeat(64)

function openFile(path: string): Store {
  const store = createSqliteStore({ path, pixelId, retryAfter: soon })
  onTestFinished(() => store.close())
  return store
}

const order = (source: 'page' | 'signed', id: string, email = jane): OutboxEvent => {
  const event = purchase(id, { order: true, orderName: 'Placed Order', source })
  return { ...event, data: { ...event.data, user: { email } } }
}

const historyOf = (id: string) => ({
  history: { orders: [{ id, time: Date.now(), person: { email: jane }, isCovered: true, rows: [] }] },
})

/** A file with an order that was sent, one that waits for its other copy, dead letters, other events, and a customer. */
async function fillFile(path: string): Promise<void> {
  const store = openFile(path)
  let answer: 'done' | 'dead' = 'done'
  store.start(async (events) => {
    for (const event of events) event.problem = 'refused'
    return events.map(() => answer)
  }, window)
  await store.add([order('signed', 'sent')], { mergeOrders: 0 }, historyOf('sent'))
  await expect.poll(store.stats, poll).toMatchObject({ sent: 1 })
  answer = 'dead'
  await store.add([purchase('dead-1'), purchase('dead-2')], window)
  await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, dead: { refused: 2 } })
  await store.close()
  const again = openFile(path)
  await again.add([order('page', 'held'), ...numbered(2300)], window)
  await again.close()
}

describe.runIf(hasPostgres)('database move', () => {
  let url: string
  let open: string
  let lines: string[]
  let move: MoveTarget['move']
  beforeEach(async () => {
    ;({ url, open, said: lines, move } = await createMoveTarget())
  })

  test('moves waiting events, dead letters, order memory, customers and counts, and leaves the file empty', async () => {
    const path = newPath()
    await fillFile(path)
    expect(await move(path)).toBe(0)
    expect(lines[0]).toBe(
      `${path} was moved to ${open}: 2301 waiting events, 2 dead letters, 3 orders, 1 keys of customers, 0 profiles and 0 lines of the event log.`,
    )
    const store = openStore(url)
    expect(await store.stats()).toMatchObject({ waiting: 2301, sent: 1, dead: { refused: 2 } })
    // The order that waits is merged, the one that was sent is known, and so is the customer.
    expect(await store.add([order('signed', 'held')], window)).toEqual(['merged'])
    expect(await store.add([order('signed', 'sent'), purchase('7')], window)).toEqual(['already_sent', 'already_sent'])
    const row = order('signed', 'next')
    const next = { id: 'next', time: Date.now(), person: { email: jane }, isCovered: true }
    const orders = [{ ...next, rows: [{ event: row, customers: ['new' as const] }] }]
    expect(await store.add([row], window, { history: { orders } })).toEqual(['for_others'])
    expect(await store.requeue('all')).toBe(2)
    const ids: string[] = []
    store.start(async (events) => {
      ids.push(...events.map(({ data }) => data.event_id))
      return events.map(() => 'done')
    }, window)
    await expect.poll(store.stats, poll).toMatchObject({ waiting: 0, sent: 2304, dead: {} })
    expect(new Set(ids).size).toBe(2303)
    expect(ids.filter((id) => /^\d+$/.test(id)).slice(0, 3)).toEqual(['0', '1', '2'])

    const file = openFile(path)
    expect(await file.stats()).toMatchObject({ waiting: 0, dead: {} })
    expect(await listOf(file.deadLetters())).toEqual([])
  })

  test('moves profiles, denials and keys that belong to nobody, once', async () => {
    const path = newPath()
    const options = { mergeOrders: 0, consent: 'implied' as const, profiles: { days: 30, max: 100 } }
    const cart = sha256('urn:cart_token:abc')
    const fromPage = (name: string, alias: string): OutboxEvent => {
      const event = purchase(name, { order: false, source: 'page', visitor: sha256(name), aliases: [alias] })
      return { ...event, data: { ...event.data, user: { ttclid: `click of ${name}` } } }
    }
    const former = openFile(path)
    await former.add([fromPage('anna', cart), fromPage('denies', cart)], options)
    await former.add(
      ['1', '2', '3', '4'].map((name) => fromPage(name, 'a'.repeat(64))),
      options,
    )
    await former.add([], options, { denials: [{ keys: [`v${sha256('denies')}`], time: Date.now() }] })
    const counts = { profiles: 5, denials: 2, shared_keys: 1 }
    expect(await former.stats()).toMatchObject({ profiles: counts })
    await former.close()
    await move(path)
    expect(lines[0]).toContain('5 profiles')
    await move(path)
    expect(lines[2]).toContain('0 profiles')

    const store = openStore(url)
    expect(await store.stats()).toMatchObject({ profiles: counts })
    const results = await store.add([fromPage('denies', cart)], options)
    expect(results).toEqual(['no_consent'])
    const visitor = sha256('anna')
    const sent: OutboxEvent[] = []
    await store.add([purchase('later', { order: false, source: 'page', visitor })], options)
    store.start(async (events) => {
      sent.push(...events)
      return events.map(() => 'done')
    }, options)
    await expect
      .poll(() => sent.find(({ data }) => data.event_id === 'later')?.data.user, poll)
      .toMatchObject({
        ttclid: 'click of anna',
      })
  })

  test('may be run again after it was interrupted between the two databases, and moves nothing twice', async () => {
    const path = newPath()
    await fillFile(path)
    // Killed after the first chunk was committed in PostgreSQL, and before it was deleted from the file.
    const engine = openPostgresEngine({ url, pixelId })
    await engine.ready()
    const file = openExport(path)
    const options = { ...engine.parts, source: file.id }
    const target = createImport(options, createLogImport(options))
    const chunk = file.nextChunk('waiting') ?? expect.fail()
    expect(await target.add('waiting', chunk.id, chunk.rows)).toBe(1000)
    file.close()
    await engine.close()
    await runSql(url, 'DELETE FROM converge.waiting') // a server has sent them
    await move(path)
    expect(await runSql(url, 'SELECT count(*) AS count FROM converge.waiting')).toEqual([{ count: '1301' }])
    expect(lines[0]).toContain('1301 waiting events, 2 dead letters')
    await move(path)
    expect(lines.at(-2)).toContain('0 waiting events, 0 dead letters')
    expect(await openStore(url).stats()).toMatchObject({ sent: 1 })
  })

  test('also moves events that a server accepted into the file after the move', async () => {
    const path = newPath()
    await fillFile(path)
    await move(path)
    const file = openFile(path)
    await file.add([purchase('late'), purchase('later')], window)
    await file.close()
    await move(path)
    expect(lines.at(-2)).toContain('2 waiting events, 0 dead letters')
    expect(await openStore(url).stats()).toMatchObject({ waiting: 2303 })
  })

  test('does nothing while a server uses the file', async () => {
    const path = newPath()
    const store = openFile(path)
    await store.add([purchase('1')], window)
    store.start(async (events) => events.map(() => 'retry'), window)
    await expect.poll(() => move(path).catch(String), poll).toContain(`a server uses ${path}. Stop it first.`)
    expect(await store.stats()).toMatchObject({ waiting: 1 })
  })

  test('keeps the intake paused', async () => {
    const path = newPath()
    const file = openFile(path)
    await file.pauseSwitch?.pause()
    await file.close()
    await move(path)
    expect(lines).toContain('The intake is paused, as it was before.')
    expect(await openStore(url).pauseSwitch?.pausedSince()).toBeGreaterThan(0)
  })

  test('refuses a database of another pixel, or with a history of its own', async () => {
    const path = newPath()
    await fillFile(path)
    const other = openStore(url, { pixelId: 'CJQBODJC77UB4MRTGFRX' })
    await other.schemaVersion()
    await expect(move(path)).rejects.toThrow(/contains events of pixel CJQBODJC77UB4MRTGFRX/)
    await runSql(url, `UPDATE converge.converge_owner SET pixel = '${pixelId}'`)
    await openStore(url).add([], window, historyOf('1'))
    await expect(move(path)).rejects.toThrow(/already has a history of customers of its own/)
    expect(await openFile(path).stats()).toMatchObject({ waiting: 2301 })
  })

  test.each([
    [['move'], /needs --to with the URL of a PostgreSQL server/],
    [['move', '--to', 'other.db'], /--to is "other.db", not the URL of a PostgreSQL server/],
    [['move', '--to', 'postgres://a:secret@host/name'], /--to contains a password.*PGPASSWORD/],
    [['move', '--to', 'postgres://a@host/name', '--from', 'none.db'], /there is no database none.db/],
    [['move', 'x.db', '--to', 'postgres://a@host/name'], /takes only options, but got "x.db"/],
    [['backup', 'x.db', '--to', 'y'], /--from and --to are only for database move/],
    [['mvoe'], /The subcommands of database are backup and move/],
  ])('explains wrong arguments: %s', async (words, sentence) => {
    await expect(databaseCommand(words)).rejects.toThrow(sentence)
  })
})
