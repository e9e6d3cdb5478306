// The commands pause and resume, and what a running server does meanwhile.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createPause, type PausedBy } from '../../src/server/pause.ts'
import { createSqliteOutbox } from '../../src/store/sqlite/sqlite-outbox.ts'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import { logTo } from './log-to.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postOrder, postPage, readHealth, webhookToken } from './node-requests.ts'
import { open } from './outbox-kit.ts'
import { shopifyOrder } from './sources/shopify-order.ts'
import { signed } from './sources/signed.ts'
import { wooCommerceOrder } from './sources/woocommerce-order.ts'
import { startStore } from './start-store.ts'

const secret = 'shpss_0123456789abcdef0123456789abcdef'
const sources = { shopify: { type: 'shopify', secret }, woocommerce: { type: 'woocommerce', secret } } as const

/** For a loaded machine. That a server reads the switch again after a second is tested below, with a clock of the test. */
const notice = { timeout: 30_000, interval: 50 }

async function prepare(): Promise<{ folder: string; tiktok: EventsApiHost }> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  writeConfig(folder, { eventsApiUrl: tiktok.url })
  return { folder, tiktok }
}

const run = (folder: string, ...words: string[]) => startCli(words, undefined, folder)

const statusesOf = async (answer: Promise<Response>): Promise<unknown> => (await (await answer).json()).statuses

async function scriptOf(url: string): Promise<string> {
  return (await fetch(`${url}/converge.js`)).text()
}

describe('the command pause', () => {
  test.each([
    ['database', 'converge.db'],
    ['outbox', 'outbox.db'],
  ])('stops the intake of a running server with --%s, and resume starts it again', async (kind, file) => {
    const { folder, tiktok } = await prepare()
    const server = run(folder, 'serve', '--port', '0', `--${kind}`, file)
    let errors = ''
    server.process.stderr?.on('data', (text) => (errors += text))
    const [, url = ''] = await server.said(/listening on (\S+)/)
    tiktok.faults.always = { status: 503 }
    expect((await postPage(url, pageBatch(['before']))).status).toBe(202)

    const paused = await run(folder, 'pause', `--${kind}`, file).ended
    expect([paused.code, paused.errors]).toEqual([0, ''])
    expect(paused.output).toContain(`${file} is paused. A running server stops accepting events within 2 seconds`)
    expect(paused.output).toContain(`npx converge-tiktok resume --${kind} ${file}`)
    await expect.poll(async () => (await readHealth(url)).paused, notice).toBe('command')
    expect(await statusesOf(postPage(url, pageBatch(['during'])))).toEqual({ skipped: 1 })
    expect(await (await postOrder(url, '1001', Date.now())).json()).toMatchObject({
      accepted: 0,
      statuses: { skipped: 1 },
      problems: [{ message: 'paused: the command "converge-tiktok pause" stopped the intake. Nothing was sent' }],
    })
    expect(await scriptOf(url)).toMatch(/^Object\.assign\([^\n]*"paused":true/)
    expect(errors).toContain('paused by the command "converge-tiktok pause": no events are accepted until')

    // What was accepted before is still sent.
    tiktok.faults.always = {}
    expect((await tiktok.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['before'])

    const resumed = await run(folder, 'resume', `--${kind}`, file).ended
    expect([resumed.code, resumed.errors]).toEqual([0, ''])
    expect(resumed.output).toContain(`${file} is no longer paused. A running server accepts events again`)
    await expect.poll(async () => (await readHealth(url)).paused, notice).toBeUndefined()
    expect(await (await postPage(url, pageBatch(['after']))).json()).toMatchObject({ accepted: 1 })
    expect(await scriptOf(url)).not.toContain('"paused":true')
    expect((await tiktok.waitForAccepted(2)).map(({ event_id }) => event_id)).toEqual(['before', 'after'])
    expect(errors).toContain('resumed: events are accepted again')
  })

  test('holds for a server that starts later, which logs it', async () => {
    const { folder } = await prepare()
    await open(join(folder, 'converge.db'), { pixelId }).close()
    expect((await run(folder, 'pause').ended).output).toContain('converge.db is paused.')
    const server = run(folder, 'serve', '--port', '0', '--log', 'json')
    let errors = ''
    server.process.stderr?.on('data', (text) => (errors += text))
    const [, url = ''] = await server.said(/listening on (http:[^"]+)"/)
    await expect.poll(() => errors).toContain('paused by the command')
    expect(await statusesOf(postPage(url, pageBatch(['1'])))).toEqual({ skipped: 1 })
  })

  test('says since when a database is already paused, and that another one is not', async () => {
    const { folder } = await prepare()
    await open(join(folder, 'converge.db'), { pixelId }).close()
    const notPaused = await run(folder, 'resume').ended
    expect([notPaused.code, notPaused.output]).toEqual([
      0,
      'converge.db is not paused. Nothing was changed. If paused is true in the config, set it to false and send the server SIGHUP.\n',
    ])
    await run(folder, 'pause').ended
    const again = await run(folder, 'pause').ended
    expect(again.code).toBe(0)
    expect(again.output).toMatch(
      /^converge\.db is already paused, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\. Nothing was changed\.\n$/,
    )
  })

  test('is reported by check, separately from the config', async () => {
    const { folder } = await prepare()
    const check = async () => (await run(folder, 'check').ended).output
    expect(await check()).not.toContain('paused')
    await open(join(folder, 'converge.db'), { pixelId }).close()
    expect(await check()).not.toContain('paused')
    await run(folder, 'pause').ended
    expect(await check()).toMatch(
      /^– converge\.db is paused by the command "converge-tiktok pause" since \S+, so no page and no source sends events\.$/m,
    )
    writeFileSync(join(folder, 'converge.db'), 'no database')
    expect(await check()).toMatch(/^✗ converge-tiktok: .*converge\.db/m)
  })

  test('changes no file that is missing, foreign or from an earlier version, and says so', async () => {
    const { folder } = await prepare()
    const errorsOf = async (...words: string[]) => (await run(folder, ...words).ended).errors
    expect(await errorsOf('pause')).toBe(
      'converge-tiktok: there is no database converge.db. Name the file with --database.\n',
    )
    writeFileSync(join(folder, 'notes.txt'), 'no database')
    expect(await errorsOf('resume', '--database', 'notes.txt')).toContain('notes.txt')
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('no database')
    const path = join(folder, 'earlier.db')
    await open(path, { pixelId }).close()
    const earlier = new DatabaseSync(path)
    earlier.exec('DROP TABLE switches; PRAGMA user_version = 2')
    earlier.close()
    expect(await errorsOf('pause', '--database', 'earlier.db')).toBe(
      'converge-tiktok: the database earlier.db was created by an earlier version of converge-tiktok, which has no pause. It was not changed. Start the server of this version with it first.\n',
    )
  })

  test.each([
    [['pause', '--database', 'a.db', '--outbox', 'b.db'], '--database and --outbox are both set'],
    [['pause', '--databse', 'a.db'], 'Unknown option --databse (did you mean --database?)'],
    [['resume', 'converge.db'], 'resume takes only options, but got "converge.db"'],
    [['pauze'], 'converge-tiktok has no command "pauze" (did you mean pause?)'],
    [['resum'], 'converge-tiktok has no command "resum" (did you mean resume?)'],
  ])('is refused with a sentence if it is misspelled: %j', async (words, message) => {
    const { code, errors } = await run(createFolder(), ...words).ended
    expect([code, errors]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('while the database is paused', () => {
  test('every source is answered 202 skipped, and nothing is stored', async () => {
    const { url, path, health } = await startStore({ sources: { ...sources, erp: { token: 'token-of-erp' } } })
    await turn(path, 'pause')
    await expect.poll(async () => (await health()).paused, notice).toBe('command')
    const answers = [
      await postPage(url, pageBatch(['1'])),
      await postOrder(url, '1001', Date.now()),
      await fetch(`${url}/webhook/erp`, {
        method: 'POST',
        headers: { 'x-webhook-token': 'token-of-erp' },
        body: JSON.stringify([{ event_name: 'Placed Order', properties: { id: '1002' } }]),
      }),
      await postShopify(url, 'orders/paid', shopifyOrder),
      await fetch(
        signed(`${url}/webhook/woocommerce`, secret, wooCommerceOrder, { 'x-wc-webhook-topic': 'order.created' }),
      ),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(202)
      expect(await answer.json()).toMatchObject({ accepted: 0, statuses: { skipped: 1 } })
    }
    expect(await health()).toMatchObject({ waiting: 0, sent: 0 })
  })

  test('wrong tokens, wrong signatures and bodies that are no events are refused as before', async () => {
    const { url, path, health } = await startStore({ sources })
    await turn(path, 'pause')
    await expect.poll(async () => (await health()).paused, notice).toBe('command')
    const post = (place: string, headers: Record<string, string>, body = '{') =>
      fetch(`${url}/${place}`, { method: 'POST', headers, body })
    expect((await post('webhook', { 'x-webhook-token': 'no-token' })).status).toBe(401)
    expect((await post('webhook', { 'x-webhook-token': webhookToken })).status).toBe(400)
    expect((await post('webhook/shopify', { 'x-shopify-hmac-sha256': 'none' })).status).toBe(401)
  })

  test('customers/redact still erases, also orders that wait to be sent', async () => {
    const { url, path, health, tiktok } = await startStore({ sources, mergeOrders: 240 })
    expect((await postShopify(url, 'orders/paid', shopifyOrder)).status).toBe(202)
    expect(await health()).toMatchObject({ waiting: 2 }) // Purchase and NewCustomerPurchase
    await turn(path, 'pause')
    await expect.poll(async () => (await health()).paused, notice).toBe('command')
    const redact = { customer: { email: shopifyOrder.email }, orders_to_redact: [] }
    expect(await (await postShopify(url, 'customers/redact', redact)).json()).toMatchObject({
      erased: { waiting: 2, dead_letters: 0 },
    })
    expect(await health()).toMatchObject({ paused: 'command', waiting: 0 })
    expect(tiktok.accepted).toEqual([])
  })

  test('the config counts first, and the switch still holds after the config allows events', async () => {
    const { url, path, health } = await startStore({ paused: true })
    await turn(path, 'pause')
    expect(await health()).toMatchObject({ paused: 'config' })
    expect(await (await postPage(url, pageBatch(['1']))).json()).toMatchObject({
      problems: [{ message: 'paused: paused is true in the config. Nothing was sent' }],
    })
  })
})

describe('a server', () => {
  /** A switch whose value and faults the test sets. */
  function createSwitch() {
    const state = { since: undefined as number | undefined, reads: 0, isBroken: false, time: 0 }
    const log: string[] = []
    const read = createPause({
      paused: false,
      pauseSwitch: {
        pause: async () => true,
        resume: async () => true,
        async pausedSince() {
          state.reads++
          if (state.isBroken) throw new Error('database is locked')
          return state.since
        },
      },
      log: logTo(log),
      monotonic: () => state.time,
    })
    return { state, log, read }
  }

  test('reads the switch again after a second, and only once for any number of requests', async () => {
    const { state, read } = createSwitch()
    await Promise.all(Array.from({ length: 100 }, read))
    expect(state.reads).toBe(1)
    state.time = 999
    await read()
    expect(state.reads).toBe(1)
    state.time = 1000
    await Promise.all(Array.from({ length: 100 }, read))
    expect(state.reads).toBe(2)
  })

  test('logs each change of the switch once', async () => {
    const { state, log, read } = createSwitch()
    const seen: (PausedBy | undefined)[] = []
    for (const [second, since] of [undefined, 5, 5, undefined, undefined].entries()) {
      Object.assign(state, { time: second * 1000, since })
      seen.push(await read())
    }
    expect(seen).toEqual([undefined, 'command', 'command', undefined, undefined])
    expect(log).toEqual([expect.stringMatching(/^warn paused by the command/), expect.stringMatching(/^warn resumed/)])
  })

  test('keeps the last known state while the switch cannot be read', async () => {
    const { state, read } = createSwitch()
    await read()
    state.time = 1000
    state.since = 5
    expect(await read()).toBe('command')
    state.isBroken = true
    state.time = 2000
    expect(await read()).toBe('command')
    state.isBroken = false
    state.since = undefined
    state.time = 3000
    expect(await read()).toBeUndefined()
  })
})

/** Turns the switch as another process would. */
async function turn(path: string, which: 'pause' | 'resume'): Promise<void> {
  const other = createSqliteOutbox({ path: path })
  await other.pauseSwitch[which]()
  await other.close()
}

function postShopify(url: string, topic: string, body: unknown): Promise<Response> {
  return fetch(signed(`${url}/webhook/shopify`, secret, body, { 'x-shopify-topic': topic }))
}
