// A person is erased: by the command line, and by Shopify's customers/redact. Then none of the files holds anything of them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { erasePerson } from '../../src/store/sqlite/erase-person.ts'
import { openTables } from '../../src/store/sqlite/outbox-tables.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postPage } from './node-requests.ts'
import { newPath, open, purchase } from './outbox-kit.ts'
import { signed } from './sources/signed.ts'
import { secret } from './sources/start-sources.ts'
import { jane, pageCopy, postShop, shopCopy, startStore } from './start-store.ts'

const phone = sha256('+19171234567')
const customer = sha256('7')
const hashes = [jane, phone, customer, sha256('jane'), sha256('doe'), sha256('10001')]
const mary = sha256('mary@example.com')

const person = { emails: [jane], phones: [], customerIds: [], orderIds: [] }

/** Which of the texts the database's files hold. */
function heldIn(path: string, texts: readonly string[]): string[] {
  const files = ['', '-wal'].map((end) => path + end).filter((file) => existsSync(file))
  const content = Buffer.concat(files.map((file) => readFileSync(file)))
  return texts.filter((text) => content.includes(text))
}

/** Orders and events of Jane, and an event of Mary. */
async function bring(url: string): Promise<void> {
  await postShop(url, shopCopy())
  await postShop(url, shopCopy({ id: '1002' }))
  const event = {
    eventName: 'Added To Cart',
    send: [{ event: 'AddToCart', parameters: { value: 19.9, currency: 'EUR' } }],
  }
  await postPage(url, pageCopy({ id: 'cart' }, { ...event, user: { email: jane, external_id: customer } }))
  await postPage(url, pageCopy({ id: 'of-mary' }, { ...event, user: { email: mary } }))
}

const redaction = {
  shop_domain: 'shop.myshopify.example',
  customer: { id: 7, email: 'Jane@example.com', phone: '+1 917 123 4567' },
  orders_to_redact: [1001],
}

const redact = (url: string, body: object = redaction) =>
  fetch(signed(`${url}/webhook/shopify`, secret, body, { 'x-shopify-topic': 'customers/redact' }))

test.each(['database', 'outbox'] as const)(
  "Shopify's customers/redact erases waiting events from the %s, and its files have nothing of the person, while it is served",
  async (kind) => {
    const path = newPath()
    const file = kind === 'outbox' ? { outbox: path } : { database: { path } }
    const server = await startStore({ ...file, sources: { shopify: { type: 'shopify', secret } } })
    server.tiktok.faults.always = { status: 503 }
    await bring(server.url)
    expect(heldIn(path, [...hashes, mary])).toEqual([...hashes, mary])
    const wrong = await fetch(
      signed(`${server.url}/webhook/shopify`, 'no secret', redaction, { 'x-shopify-topic': 'customers/redact' }),
    )
    expect([wrong.status, heldIn(path, [jane])]).toEqual([401, [jane]])

    const answer = await redact(server.url)
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { accepted: 0, erased: { waiting: expect.any(Number), dead_letters: 0 } },
    ])
    expect(heldIn(path, [...hashes, mary])).toEqual([mary])
    expect(server.log.join('\n')).toMatch(/info Shopify asked to erase a customer.* waiting=[1-9]/)
    expect(await server.health()).toMatchObject({ waiting: 1 })
  },
)

test('erasing overwrites what earlier events of the person have left in the file, small or large', async () => {
  const path = newPath()
  const store = createSqliteStore({ path, pixelId })
  onTestFinished(() => store.close())
  store.start(async (events) => events.map(() => 'done'), { mergeOrders: 0 })
  const body = { email: jane, phone }
  for (let round = 0; round < 20; round++) {
    const events = Array.from({ length: 50 }, (_, index) => {
      const event = purchase(`${round}-${index}`)
      // A large one needs pages of its own.
      const content_name = 'x'.repeat(index % 10 ? 10 : 9000)
      const properties = {
        ...event.data.properties,
        contents: [{ content_id: '1', content_type: 'product' as const, content_name }],
      }
      return { ...event, data: { ...event.data, user: index % 2 ? body : { email: mary }, properties } }
    })
    await store.add(events, { mergeOrders: 0 })
  }
  await expect.poll(store.stats).toMatchObject({ waiting: 0, sent: 1000 })
  expect(heldIn(path, [jane])).toEqual([jane])
  // What was sent may not be written down yet, and counts as waiting then.
  expect(await store.erase(person)).toMatchObject({ deadLetters: 0, sending: 0 })
  expect(heldIn(path, [jane, phone])).toEqual([])
})

test('erasing waits for a process that still reads the log', async () => {
  const path = newPath()
  const outbox = open(path, { pixelId })
  const event = purchase('1')
  await outbox.add([{ ...event, data: { ...event.data, user: { email: jane } } }])
  const reader = new DatabaseSync(path, { readOnly: true })
  reader.exec('BEGIN')
  expect(reader.prepare('SELECT event_id FROM waiting').all()).toEqual([{ event_id: '1' }])
  const tables = openTables(path)
  onTestFinished(() => tables.close())
  let tries = 0
  const emptyLog = () => {
    if (++tries === 3) reader.close()
    tables.emptyLog()
  }
  expect(await erasePerson({ tables: { ...tables, emptyLog } }, person)).toEqual({
    waiting: 1,
    deadLetters: 0,
    sending: 0,
  })
  expect([tries, heldIn(path, [jane])]).toEqual([3, []])
})

async function prepare() {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  writeConfig(folder, { eventsApiUrl: tiktok.url })
  return { folder, tiktok, path: join(folder, 'converge.db') }
}

const run = (folder: string, ...words: string[]) => startCli(['forget', ...words], undefined, folder)
const flags = ['--email', 'JANE@example.com', '--phone', '+1 (917) 123-4567', '--customer', '7', '--order', '1001']

test('"forget" erases a person from a file that is served, and the server keeps working', async () => {
  const { folder, tiktok, path } = await prepare()
  tiktok.faults.always = { status: 503 }
  const child = startCli(['serve', '--port', '0'], undefined, folder)
  const [, url = ''] = await child.said(/listening on (\S+).*/)
  await bring(url)
  expect(heldIn(path, [...hashes, mary])).toEqual([...hashes, mary])
  const { code, output, errors } = await run(folder, ...flags).ended
  expect([code, errors]).toEqual([0, ''])
  expect(output).toMatch(
    /^3 waiting events, 0 dead letters and \d lines of the event log erased from converge\.db, and its free space overwritten\.\n/,
  )
  expect(output).toMatch(/TikTok.*\n.*backups.*Cloudflare Queue/)
  expect(heldIn(path, [...hashes, mary])).toEqual([mary])
  tiktok.faults.always = {}
  await postPage(url, pageBatch(['later']))
  const events = await tiktok.waitForAccepted(2)
  expect(events.map(({ event_id }) => event_id)).toEqual(['of-mary', 'later'])
})

/** A file that nobody serves, with an event of Jane that waits, one that was set aside, and one of Mary. */
async function fill(path: string): Promise<void> {
  const event = (id: string, email: string) => {
    const one = purchase(id)
    return { ...one, data: { ...one.data, user: { email } } }
  }
  const former = open(path, { pixelId })
  former.start(async (events) => events.map(() => 'dead'))
  await former.add([event('dead', jane)])
  await expect.poll(former.stats).toMatchObject({ waiting: 0 })
  await former.close()
  const latter = open(path, { pixelId })
  await latter.add([event('waits', jane), event('of-mary', mary)])
  await latter.close()
}

test('"forget --dry-run" shows what is stored and changes nothing; "forget" erases it', async () => {
  const { folder, path } = await prepare()
  await fill(path)
  const before = readFileSync(path)
  const dry = await run(folder, '--email', jane, '--dry-run').ended
  expect([dry.code, dry.output]).toEqual([
    0,
    'converge.db contains 1 waiting event and 1 dead letter. Nothing was erased.\n',
  ])
  expect(readFileSync(path)).toEqual(before)
  expect(heldIn(path, [jane, mary])).toEqual([jane, mary])
  const { code, output } = await run(folder, '--email', jane).ended
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^1 waiting event and 1 dead letter erased from converge\.db/),
  ])
  expect(heldIn(path, [jane, mary])).toEqual([mary])
  const again = await run(folder, '--email', jane).ended
  expect([again.code, again.output]).toEqual([0, expect.stringMatching(/^0 waiting events and 0 dead letters erased/)])
  const database = new DatabaseSync(path, { readOnly: true })
  expect(database.prepare('SELECT event_id FROM waiting').all()).toEqual([{ event_id: 'of-mary' }])
  database.close()
})

test('"forget --stdin" reads a list of persons, and --outbox names the file', async () => {
  const { folder } = await prepare()
  await fill(join(folder, 'other.db'))
  const child = run(folder, '--stdin', '--outbox', 'other.db')
  child.process.stdin?.end('email: jane@example.com\r\n\n  order of-nobody\nEMAIL=mary@example.com\n')
  const { code, output } = await child.ended
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^2 waiting events and 1 dead letter erased from other\.db/),
  ])
  expect(heldIn(join(folder, 'other.db'), [jane, mary])).toEqual([])
})

test('"forget" names the copies that were made before an update', async () => {
  const { folder, path } = await prepare()
  await fill(path)
  new DatabaseSync(`${path}-version-1`).close()
  expect((await run(folder, '--email', jane).ended).output).toContain('converge.db-version-1')
})

test.each<[words: string[], error: string]>([
  [[], 'forget needs a person: use --email, --phone, --customer, --alias, --order or --stdin'],
  [['--email', 'jane'], '--email is not an email address such as jane@example.com, or its SHA-256'],
  [
    ['--phone', '917 123 4567'],
    '--phone is not a number with + and its country code, such as +19171234567, or its SHA-256',
  ],
  [['--customer', 'undefined'], "--customer is not a customer's id, or its SHA-256"],
  [['--order', ' '], '--order is empty'],
  [['--mail', 'jane@example.com'], 'Unknown option --mail (did you mean --email?)'],
  [
    ['--email', jane, '--database', 'a.db', '--outbox', 'b.db'],
    '--database and --outbox are both set. Set only one of them',
  ],
])('"forget %j" is refused with exit code 2', async (words, error) => {
  const { code, output, errors } = await run(createFolder(), ...words).ended
  expect([code, output, errors]).toEqual([2, '', `${error}. --help shows all commands and options.\n`])
})

test('"forget --stdin" names the line that it cannot read, and erases nothing', async () => {
  const { folder, path } = await prepare()
  await fill(path)
  const errorsOf = async (list: string) => {
    const child = run(folder, '--stdin')
    child.process.stdin?.end(list)
    const { code, errors } = await child.ended
    expect(code).toBe(2)
    return errors
  }
  expect(await errorsOf('email jane@example.com\njane@example.com\n')).toMatch(/^line 2 of stdin must be email, /)
  expect(await errorsOf('email jane@example.com\nphone 123\n')).toMatch(/^line 2 of stdin is not a number with \+ /)
  expect(await errorsOf('\n')).toMatch(/^forget needs a person: use /)
  expect(heldIn(path, [jane])).toEqual([jane])
})

test('"forget" reports a missing file, and does not create it', async () => {
  const folder = createFolder()
  const { code, errors } = await run(folder, '--email', jane).ended
  expect([code, errors]).toEqual([
    1,
    'converge-tiktok: there is no database converge.db. Name the file with --database.\n',
  ])
  expect(existsSync(join(folder, 'converge.db'))).toBe(false)
})
