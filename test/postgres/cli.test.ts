// The real command line, as it is built, on a database in PostgreSQL.
import { describe, expect, test } from 'vitest'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { type Child, type Ended, startCli, writeConfig } from '../server/node-child.ts'
import { createFolder } from '../server/node-folder.ts'
import { accessToken, pageBatch, pixelId, postPage } from '../server/node-requests.ts'
import { playTikTok } from '../server/node-server.ts'
import { purchase } from '../server/outbox-kit.ts'
import { createDatabase, hasPostgres, openStore } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const jane = '8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d'
const poll = { timeout: 30_000 }
const window = { mergeOrders: 0 }

/** A URL in two parts: without its password, and the password as it is. */
function split(url: string): { open: string; password: string } {
  const open = new URL(url)
  const password = decodeURIComponent(open.password)
  open.password = ''
  return { open: open.href, password }
}

interface Shop {
  url: string
  /** Without a password. */
  open: string
  password: string
  folder: string
  run(words: readonly string[], environment?: Record<string, string>): Promise<Ended>
  start(words: readonly string[], environment?: Record<string, string>): Child
}

async function openShop(): Promise<Shop> {
  const url = await createDatabase()
  const { open, password } = split(url)
  const folder = createFolder()
  const start = (words: readonly string[], environment: Record<string, string> = { PGPASSWORD: password }) =>
    startCli(words, { TIKTOK_ACCESS_TOKEN: accessToken, ...environment }, folder)
  return { url, open, password, folder, start, run: (...given) => start(...given).ended }
}

/** Adds events to a database, and lets TikTok refuse them. */
async function refuse(url: string, events: OutboxEvent[]): Promise<void> {
  const store = openStore(url)
  store.start(async (batch) => {
    for (const event of batch) event.problem = 'refused\u0000 by TikTok'
    return batch.map(() => 'dead')
  }, window)
  await store.add(events, window)
  await expect.poll(store.stats, poll).toMatchObject({ waiting: 0 })
  await store.close()
}

describe.runIf(hasPostgres)('with PostgreSQL, the command line', () => {
  test.each(['PGPASSWORD', 'CONVERGE_DATABASE_URL'])(
    'serves with the password from %s, and never writes it to the log',
    async (name) => {
      const shop = await openShop()
      const tiktok = await playTikTok()
      const config = writeConfig(shop.folder, { eventsApiUrl: tiktok.url })
      const words = ['serve', '--config', config, '--port', '0']
      const child =
        name === 'PGPASSWORD'
          ? shop.start([...words, '--database', shop.open, '--schema', 'my_shop'])
          : shop.start(words, { [name]: shop.url })
      const [, url = ''] = await child.said(/listening on (\S+)/)
      expect((await postPage(url, pageBatch(['1']))).status).toBe(202)
      await tiktok.waitForAccepted(1)
      child.process.kill('SIGTERM')
      const { code, output, errors } = await child.ended
      expect([code, errors]).toEqual([0, ''])
      expect(output).toContain(`database=${shop.open}`)
      for (const secret of [shop.password, encodeURIComponent(shop.password)]) expect(output).not.toContain(secret)
      const schema = name === 'PGPASSWORD' ? 'my_shop' : 'converge'
      expect(await runSql(shop.url, `SELECT pixel FROM ${schema}.converge_owner`)).toEqual([{ pixel: pixelId }])
    },
  )

  test.each<[words: (shop: Shop) => string[], sentence: RegExp]>([
    [({ url }) => ['--database', url], /--database contains a password.*PGPASSWORD.*CONVERGE_DATABASE_URL/],
    [({ open }) => ['--outbox', open], /--outbox is the URL of a PostgreSQL server. Name it with --database/],
    [({ open }) => ['--database', open, '--max-bytes', '5'], /--max-bytes and --reserve-bytes are only for a file/],
    [() => ['--database', 'converge.db', '--schema', 'shop'], /--schema is only for PostgreSQL/],
    [() => ['--database', 'postgres://host'], /must look like postgres:\/\/user@host:5432\/database/],
    [({ open }) => ['--database', `${open}?sslmode=prefer`], /sslmode is "prefer", not one of disable, no-verify/],
    [({ open }) => ['--database', `${open}?sslrootcert=/none`], /sslrootcert is "\/none", which could not be read/],
    [({ open }) => ['--database', open, '--schema', 'My Shop'], /schema is "My Shop". Use up to 63 lowercase letters/],
    [
      ({ open }) => ['--database', open.replace(/[^/]+$/, 'none')],
      /could not be opened \(database "none" does not exist\)/,
    ],
    [({ open }) => ['--database', open.replace('shop@', 'nobody@')], /could not be opened \(password authentication/],
    [
      ({ open }) => ['--database', open.replace('127.0.0.1', 'none.invalid')],
      /could not be opened \(getaddrinfo ENOTFOUND/,
    ],
    [({ open }) => ['--database', `${open}?sslmode=require`], /could not be opened \(The server does not support SSL/],
  ])('does not serve a wrong database, and says why: case %#', async (words, sentence) => {
    const shop = await openShop()
    const config = writeConfig(shop.folder)
    const { code, output, errors } = await shop.run(['serve', '--config', config, '--port', '0', ...words(shop)])
    expect(code).toBeGreaterThan(0)
    expect(errors).toMatch(sentence)
    for (const secret of [shop.password, encodeURIComponent(shop.password)])
      expect(output + errors).not.toContain(secret)
  })

  test('lists, retries and drops dead letters', async () => {
    const { url, open, run } = await openShop()
    await refuse(url, [purchase('1'), purchase('2'), purchase('3')])
    const list = await run(['outbox', 'list', '--database', open])
    expect(list.output).toMatch(/1\t\S+\tPurchase\t1\t1\trefused by TikTok\n/)
    expect(list.output).toContain('3 dead letters, 0 waiting, 0 sent')
    expect((await run(['outbox', 'retry', '2', '77', '--database', open])).output).toBe(
      '1 queued again. A running server sends them within seconds.\n1 not queued: too old by now, received again since, or not found.\n',
    )
    expect((await run(['outbox', 'drop', '--all', '--database', open])).output).toBe('2 dropped.\n')
    expect((await run(['outbox', 'list', '--database', open])).output).toBe('0 dead letters, 1 waiting, 0 sent\n')
  })

  test('forgets a person', async () => {
    const { url, open, run } = await openShop()
    const of = (id: string, email: string) => {
      const event = purchase(id)
      return { ...event, data: { ...event.data, user: { email } } }
    }
    await refuse(url, [of('1', jane), of('2', 'b'.repeat(64))])
    await openStore(url).add([of('3', jane), of('4', 'b'.repeat(64))], window)
    const words = ['forget', '--email', 'jane@example.com', '--database', open]
    expect((await run([...words, '--dry-run'])).output).toBe(
      `${open} contains 1 waiting event and 1 dead letter. Nothing was erased.\n`,
    )
    const { output } = await run(words)
    expect(output).toContain(`1 waiting event and 1 dead letter erased from ${open}.`)
    expect(output).toContain("PostgreSQL's write-ahead log, its replicas")
    const rows = await runSql(
      url,
      'SELECT event_id FROM converge.waiting UNION ALL SELECT event_id FROM converge.dead_letters ORDER BY event_id',
    )
    expect(rows.map(({ event_id }) => event_id)).toEqual(['2', '4'])
  })

  test('pauses and resumes all servers', async () => {
    const { url, open, run } = await openShop()
    await openStore(url).schemaVersion()
    expect((await run(['pause', '--database', open])).output).toContain(`${open} is paused.`)
    expect((await run(['pause', '--database', open])).output).toContain('is already paused, since')
    expect((await run(['resume', '--database', open])).output).toContain('is no longer paused')
  })

  test('reports on the database in check', async () => {
    const { open, run, folder } = await openShop()
    const words = ['check', '--config', writeConfig(folder), '--database', open]
    expect((await run(words)).output).toMatch(
      /✓ \S+ is PostgreSQL \d+\.\d+: the server creates its tables when it starts/,
    )
    const wrong = await run(words, { PGPASSWORD: 'wrong' })
    expect(wrong.output).toMatch(/✗ \S+ cannot be used \(password authentication failed/)
    expect(wrong.code).toBe(1)
  })

  test.each([
    [['database', 'backup', 'copy.db'], /Copy \S+ with PostgreSQL's pg_dump/],
    [['outbox', 'list'], /has no schema converge of converge-tiktok. Name the right database and schema/],
    [['forget', '--order', '1'], /has no schema converge of converge-tiktok/],
    [['pause'], /has no schema converge of converge-tiktok/],
  ])('does nothing with an empty database, and says why: %s', async (words, sentence) => {
    const { url, open, run } = await openShop()
    const { code, errors } = await run([...words, '--database', open])
    expect(code).toBeGreaterThan(0)
    expect(errors).toMatch(sentence)
    expect(await runSql(url, "SELECT 1 FROM pg_namespace WHERE nspname = 'converge'")).toEqual([])
  })
})
