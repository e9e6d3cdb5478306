import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSqliteOutbox, createSqliteStore, serve } from '../../src/node/index.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pixelId, postOrder, shop, webhookToken } from './node-requests.ts'
import { playTikTok } from './node-server.ts'

const good = { pixelId, accessToken, allowedOrigins: [shop], port: 0 }

/** Values of every kind. Each option lists those that it takes. */
const values: readonly unknown[] = ['', ' ', 'text', null, Number.NaN, -1, 0, 0.5, 7, 1e18, true, false, [], ['a'], {}]
const isOneOf = (valid: readonly unknown[]) => (value: unknown) => valid.some((one) => Object.is(one, value))

/** Options that only `serve` and the databases have: what each takes of `values`. */
const options: readonly [option: string, valid: readonly unknown[], put: (value: unknown, file: string) => object][] = [
  ['port', [0, 7], (port, file) => ({ port, database: file })],
  ['hostname', ['text'], (hostname, file) => ({ hostname, database: file })],
  ['database', ['text'], (database) => ({ database })],
  ['outbox', ['text'], (outbox) => ({ outbox })],
  ['admin', [], (admin, file) => ({ admin, database: file })],
  ['admin.port', [0, 7], (port, file) => ({ admin: { port }, database: file })],
  ['admin.hostname', ['text'], (hostname, file) => ({ admin: { port: 0, hostname }, database: file })],
  ['logger', [], (logger, file) => ({ logger, database: file })],
  ['database.path', ['text'], (path) => ({ database: { path } })],
  ['database.maxBytes', [0.5, 7, 1e18], (maxBytes, path) => ({ database: { path, maxBytes } })],
  ['database.reserveBytes', [0, 0.5, 7, 1e18], (reserveBytes, path) => ({ database: { path, reserveBytes } })],
  ['outbox.maxBytes', [0.5, 7, 1e18], (maxBytes, path) => ({ outbox: { path, maxBytes } })],
  ['database.schema', ['text'], (schema) => ({ database: { url: 'postgres://127.0.0.1:1/shop', schema } })],
  ['database.leaseSeconds', [0.5, 7, 1e18], (leaseSeconds) => ({ database: { url: 'postgres://h/s', leaseSeconds } })],
]

const tries = options.flatMap(([option, valid, put]) =>
  values.filter((value) => !isOneOf(valid)(value)).map((value) => ({ option, value, put })),
)

test.each(tries)('serve() refuses $option: $value, names it, and creates no file', async ({ option, value, put }) => {
  const folder = createFolder()
  const file = join(folder, 'converge.db')
  const config: object = { ...good, ...put(value, file) }
  const sentence = await start(config)
  expect(sentence).toMatch(/^converge-tiktok: /)
  // A schema's name is explained without the option's path.
  expect(sentence).toContain(option === 'database.schema' && typeof value === 'string' ? 'schema' : option)
  expect(readdirSync(folder)).toEqual([])
})

test.each<[config: object, sentence: RegExp]>([
  [{ databse: 'a.db' }, /serve has no option databse\. Did you mean database\?$/],
  [{ hostnam: '::1' }, /serve has no option hostnam\. Did you mean hostname\?$/],
  [{ loger: () => {} }, /serve has no option loger\. Did you mean logger\?$/],
  [{ store: {} }, /serve has no option store/],
  [{ delivery: 'drain' }, /serve has no option delivery/],
  [{ admin: { port: 0, host: '::1' } }, /admin has no option host\. Use port, hostname$/],
  [{ database: { path: 'a.db', maxByte: 1 } }, /database has no option maxByte\. Did you mean maxBytes\?$/],
  [{ outbox: { path: 'a.db', reserveByte: 1 } }, /outbox has no option reserveByte\. Did you mean reserveBytes\?$/],
  [{ database: { url: 'postgres://h/s', shema: 'a' } }, /database has no option shema\. Did you mean schema\?$/],
  [
    { database: 'postgress://jane:secret@h/s' },
    /database is a URL, but not one of a PostgreSQL server, .* postgres:\/\/\. /,
  ],
  [{ database: 'mysql://h/s' }, /database is a URL, but not one of a PostgreSQL server/],
])('serve() names the mistake in %o', async (config, sentence) => {
  const message = await start({ ...good, ...config })
  expect(message).toMatch(sentence)
  expect(message).not.toContain('secret')
  expect(existsSync('a.db')).toBe(false)
})

test('the same options of createSqliteStore, createSqliteOutbox and createPostgresStore are checked', () => {
  const wrong: object = { pixelId, path: 'a.db', maxByte: 1 }
  for (const create of [createSqliteStore, createSqliteOutbox, createPostgresStore])
    expect(() => Reflect.apply(create, undefined, [wrong])).toThrow(/^converge-tiktok: .* has no option (maxByte|path)/)
})

test.each(['store', 'outbox'])('createForwarder() refuses a %s without its methods', (option) => {
  for (const value of [{}, () => {}, { add: 7, start: 7 }])
    expect(() => Reflect.apply(createForwarder, undefined, [{ ...good, port: undefined, [option]: value }])).toThrow(
      new RegExp(`^converge-tiktok: ${option} is .*, not an? ${option}`),
    )
})

/** Returns the message of the error, or an empty text if it starts. */
async function start(config: object): Promise<string> {
  try {
    const server = await Reflect.apply(serve, undefined, [config])
    await server.close()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

test('a server with the largest valid numbers stores an order and sends it', async () => {
  const tiktok = await playTikTok()
  const server = await serve({
    ...good,
    webhookToken,
    eventsApiUrl: tiktok.url,
    hostname: '127.0.0.1',
    database: { path: join(createFolder(), 'converge.db'), maxBytes: Number.MAX_VALUE },
    mergeOrders: 0,
    profiles: { days: 390, max: 100_000_000 },
    log: { days: 36_500, maxBytes: Number.MAX_VALUE },
    newCustomers: { since: '9999-12-31', days: 36_500 },
    alerts: { url: tiktok.url, oldestMinutes: Number.MAX_VALUE, deadLetters: 1e300, silentHours: Number.MAX_VALUE },
  })
  onTestFinished(() => server.close())
  expect((await postOrder(server.url, '1001', Date.now())).status).toBe(202)
  expect(await tiktok.waitForAccepted(1)).toMatchObject([{ event: 'Purchase', event_id: '1001' }])
})
