// The history of customers is filled from the export of a shop, by the built command line.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { customersCommand } from '../../src/node/customers-command.ts'
import { readTime } from '../../src/node/orders-file/read-time.ts'
import { Refused } from '../../src/node/orders-file/refused.ts'
import { UsageError } from '../../src/node/usage-error.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { type Ended, runCli } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { pixelId } from './node-requests.ts'
import { type ExportedOrder, shopifyCsv, shopifyJsonl, woocommerceCsv } from './order-exports.ts'
import { postShop, shopCopy, startStore } from './start-store.ts'

const may = Date.parse('2024-05-01T10:00:00Z')
const minute = 60_000

const orders: ExportedOrder[] = [
  { id: '4501', time: may, email: 'Jane@Example.com', phone: '+1 917 123 4567' },
  { id: '4502', time: may + minute, email: 'mary@example.com' },
  { id: '4503', time: may + 2 * minute, email: 'jane@example.com' },
  { id: '4504', time: may + 3 * minute, email: 'lucy@example.com', status: 'failed' },
  { id: '4505', time: may + 4 * minute },
]

async function prepare(content: string | Buffer, name = 'orders.csv'): Promise<{ file: string; database: string }> {
  const folder = createFolder()
  const file = join(folder, name)
  writeFileSync(file, content)
  const database = join(folder, 'converge.db')
  await createSqliteStore({ path: database, pixelId }).close()
  return { file, database }
}

const importFile = (file: string, database: string, ...words: string[]): Promise<Ended> =>
  runCli(['customers', 'import', file, '--database', database, ...words], {})

function entriesOf(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('SELECT first_id, first_time FROM customers ORDER BY first_id, hex(key)').all()
  database.close()
  return rows.map(({ first_id, first_time }) => [first_id, first_time])
}

const expected = [
  ['4501', may],
  ['4501', may],
  ['4502', may + minute],
]

test.each([
  ["Shopify's CSV", 'orders.csv', shopifyCsv(orders), [], 'voided'],
  ["Shopify's bulk JSONL", 'orders.jsonl', shopifyJsonl(orders), [], 'voided'],
  ['an export of WooCommerce', 'orders.csv', woocommerceCsv(orders), ['--timezone', 'UTC'], 'failed'],
  [
    'a CSV from Excel',
    'orders.csv',
    `\uFEFF${shopifyCsv(orders).replaceAll(',', ';')}`.replaceAll('\n', '\r\n'),
    [],
    '',
  ],
])('%s is imported, and importing it again changes nothing', async (_, name, content, words) => {
  const { file, database } = await prepare(content, name)
  for (let times = 0; times < 2; times++) {
    const { code, output, errors } = await importFile(file, database, ...words)
    expect([code, errors]).toEqual([0, ''])
    expect(output).toContain('3 orders of')
    expect(output).toContain('no purchases: 1 failed.')
    expect(output).toContain('no readable email, phone number or customer ID: 1.')
    expect(output).toContain('set newCustomers.since to 2024-05-01')
    expect(output).not.toContain('example.com')
    expect(entriesOf(database)).toEqual(expected)
  }
})

test('after an import, an order of a known customer is not a NewCustomerPurchase, whatever the order of the file is', async () => {
  const { file, database } = await prepare(shopifyCsv([...orders].reverse()))
  const server = await startStore({
    database: { path: database },
    newCustomers: { since: '2024-05-01' },
    mergeOrders: 0,
  })
  // The server runs meanwhile.
  expect((await importFile(file, database)).code).toBe(0)
  for (const [id, $email] of [
    ['5001', 'jane@example.com'],
    ['5002', 'new@example.com'],
  ]) {
    await postShop(server.url, { ...shopCopy({ id: String(id) }), profile_properties: { $email } })
  }
  const events = await server.tiktok.waitForAccepted(3)
  expect(events.map(({ event, event_id }) => `${event} ${event_id}`).sort()).toEqual([
    'NewCustomerPurchase 5002',
    'Purchase 5001',
    'Purchase 5002',
  ])
})

test('any CSV is imported with --map', async () => {
  const csv = 'Bestellung;Kunde;Datum, Zeit\n7;jane@example.com;2024-05-01T12:00:00+02:00\n'
  const { file, database } = await prepare(csv)
  const { code, errors } = await importFile(file, database, '--map', 'id=Bestellung,email=Kunde,time=Datum,, Zeit')
  expect([code, errors]).toEqual([0, ''])
  expect(entriesOf(database)).toEqual([['7', may]])
})

test.each([
  ['2024-03-31 01:59', 'Europe/Berlin', '2024-03-31T00:59:00Z'],
  ['2024-03-31 03:00', 'Europe/Berlin', '2024-03-31T01:00:00Z'],
  ['2024-07-01 12:00:30', 'America/New_York', '2024-07-01T16:00:30Z'],
  ['2024-12-01', 'Asia/Kolkata', '2024-11-30T18:30:00Z'],
  ['2024-12-01 10:00:00 -0530', 'Asia/Kolkata', '2024-12-01T15:30:00Z'],
  ['2024-12-01T10:00:00.5Z', undefined, '2024-12-01T10:00:00.500Z'],
  ['1714557600', 'Europe/Berlin', '2024-05-01T10:00:00Z'],
])('reads %s of %s as %s', (text, timezone, utc) => {
  expect(readTime(text, timezone)).toEqual({ time: Date.parse(utc) })
})

const header = 'Name,Email,Financial Status,Created at,Id\n'
const row = '#1,jane@example.com,paid,2024-05-01 12:00:00 +0200,1\n'

test.each<[string, string, string[], number, string]>([
  ['an empty file', '', [], 1, 'is empty.'],
  ['a JSON list', '[{"id": 1}]', [], 1, 'is one JSON list. Use JSONL, with one object on each line, or CSV.'],
  [
    'an unknown file',
    'a,b\n1,2\n',
    [],
    1,
    "has no known column for id, the order's ID, as your shop sends it. Name it with --map, such as --map id=Name,time=Date,email=Email. Its columns are a, b.",
  ],
  [
    'no person',
    'Name,Financial Status,Created at,Id\n',
    [],
    1,
    'has no known column with an email address, a phone number or a customer ID',
  ],
  [
    'a bad date',
    `${header}${row}#2,m@example.com,paid,05/01/2024,2\n`,
    [],
    1,
    'line 3, column "Created at" of FILE is "05/01/2024", not a date such as 2024-05-01 12:34:56 +0200, or Unix seconds.',
  ],
  [
    'a day that does not exist',
    `${header}#2,m@example.com,paid,2024-02-30 10:00:00 Z,2\n`,
    [],
    1,
    'line 2, column "Created at" of FILE is "2024-02-30 10:00:00 Z", not a date',
  ],
  [
    'an empty ID',
    `${header}${row}#2,m@example.com,paid,2024-05-01 12:00:00 Z,\n`,
    [],
    1,
    'line 3, column "Id" of FILE is empty. It must have the order\'s ID. Name another column with --map id=Name.',
  ],
  [
    'a date without a zone',
    `${header}#2,m@example.com,paid,2024-05-01 12:00:00,2\n`,
    [],
    3,
    'line 2, column "Created at" of FILE is "2024-05-01 12:00:00", which names no time zone. Name your shop\'s zone, such as --timezone Europe/Berlin.',
  ],
  [
    'an open quotation mark',
    `${header}"#1,j\n`,
    [],
    1,
    'a quotation mark in or before line 2 is not closed. Each cell that starts with " must end with one.',
  ],
  [
    'too many cells',
    `${header}#1,a,paid,2024-05-01 12:00:00 Z,1,2\n`,
    [],
    1,
    'line 2 has more cells than the header has columns.',
  ],
  [
    'a broken line of JSON',
    '{"id":"1","createdAt":"2024-05-01T12:00:00Z","email":"j@example.com"}\n{"id":\n',
    [],
    1,
    'line 2 of FILE is not a JSON object.',
  ],
  [
    'a wrong time zone',
    header,
    ['--timezone', 'Europe/Berlni'],
    2,
    '--timezone is "Europe/Berlni", not a time zone such as Europe/Berlin (did you mean Europe/Berlin?)',
  ],
  [
    'a wrong field',
    header,
    ['--map', 'e-mail=Email'],
    2,
    '--map has no field "e-mail" (did you mean email?). The fields are id, time, email',
  ],
  [
    'a field without a column',
    header,
    ['--map', 'email'],
    2,
    '--map email needs the name of a column, such as email=Name',
  ],
  [
    'a wrong column',
    header,
    ['--map', 'email=Emial'],
    1,
    '--map email: FILE has no column "Emial" (did you mean Email?). Its columns are Name, Email, Financial Status, Created at, Id.',
  ],
  ['a wrong option', header, ['--timezon', 'UTC'], 2, 'Unknown option --timezon (did you mean --timezone?)'],
])('%s is refused with a sentence that says where', async (_, content, words, code, sentence) => {
  const { file, database } = await prepare(content)
  const error = await customersCommand(['import', file, '--database', database, ...words]).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect(error.message).toContain(sentence.replace('FILE', file))
  expect(error.message).not.toMatch(/m@example\.com|\n/)
  expect(codeOf(error)).toBe(code)
})

const text = `${header}${row}`
const jsonl = '{"id":"1","createdAt":"2024-05-01T12:00:00Z","email":"j@example.com"}\n'
const utf16 = (content: string) => Buffer.from(`\uFEFF${content}`, 'utf16le')

test.each<[kind: string, content: Buffer]>([
  ['UTF-16, big-endian', utf16(text).swap16()],
  ['UTF-16 without a byte order mark', Buffer.from(text, 'utf16le')],
  ['JSONL in UTF-16', utf16(jsonl)],
  ['JSONL in UTF-16, big-endian', utf16(jsonl).swap16()],
  ['a workbook or another archive', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(100)])],
])('%s is refused as not being a text file, without showing its bytes', async (_, content) => {
  const { file, database } = await prepare(content)
  await expect(customersCommand(['import', file, '--database', database])).rejects.toThrow(
    `converge-tiktok: ${file} is not a text file in UTF-8. Save it as CSV (in Excel: CSV UTF-8) or as JSONL.`,
  )
})

test('CSV in UTF-16 with its byte order mark is imported', async () => {
  const { file, database } = await prepare(utf16(shopifyCsv(orders).replaceAll(',', '\t')))
  expect((await importFile(file, database)).output).toContain('3 orders of')
})

/** The exit code of the command line. */
const codeOf = (error: unknown): number => (error instanceof UsageError ? 2 : error instanceof Refused ? 3 : 1)

test.each([
  [1, `${header}#2,m@example.com,paid,05/01/2024,2\n`, []],
  [2, header, ['--timezone', 'Europe/Berlni']],
  [3, `${header}#2,m@example.com,paid,2024-05-01 12:00:00,2\n`, []],
])('the exit code is %d, and the error is one line', async (code, content, words) => {
  const { file, database } = await prepare(content)
  const ended = await importFile(file, database, ...words)
  expect([ended.code, ended.output, ended.errors.trim().split('\n').length]).toEqual([code, '', 1])
})

test('a wrong command, file or database is reported in a sentence', async () => {
  const { file, database } = await prepare(shopifyCsv(orders))
  const errorsOf = async (...words: string[]) => (await runCli(words, {})).errors
  expect(await errorsOf('customers', 'improt', file)).toContain(
    'The only subcommand of customers is import (did you mean import?)',
  )
  expect(await errorsOf('customers', 'import')).toContain('customers import needs one file with orders')
  expect(await errorsOf('customers', 'import', file, '--database', `${database}x`)).toContain('there is no database')
  expect(await errorsOf('customers', 'import', file, '--outbox', database)).toContain(
    'is used as an outbox, which has no history',
  )
  expect(await errorsOf('customers', 'import', `${file}x`, '--database', database)).toContain(
    'could not be read (ENOENT',
  )
})
