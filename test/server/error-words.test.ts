import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createConverge } from '../../src/create-converge.ts'
import { checkConfig } from '../../src/server/check-config.ts'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { parsePageRequest, parseServerRequest } from '../../src/server/parse.ts'
import { sourceOptions } from '../../src/server/sources/source-options.ts'
import { runCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pixelId, shop } from './node-requests.ts'
import { batchOf, relayed } from './relayed.ts'

const root = fileURLToPath(new URL('../../src/', import.meta.url))
const literal = /(?<=[(,=[:?\s])\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g

/** Every regular expression of the sources, as it is written there. */
const expressions = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => readFileSync(`${root}${path}`, 'utf8').match(literal) ?? [])
  .filter((text) => /[\\^$[\](){}|?*+.]/.test(text))

/** What looks like one, wherever it comes from. None of the values below has it. */
const looksLikeOne = /\\[dwsbDWSB]|\[\^|\[[\w\\]-[\w\\]|\(\?|[/(]\^|\$[/)]|[\])]\{\d|[\])][*+?]/

function expectWords(sentences: readonly string[]): void {
  for (const sentence of sentences) {
    expect(sentence).not.toMatch(looksLikeOne)
    expect(
      expressions.filter((text) => sentence.includes(text)),
      sentence,
    ).toEqual([])
  }
}

const wrong: unknown[] = [
  '',
  ' ',
  'no such value',
  '1st',
  'Käufe',
  'a'.repeat(60),
  7,
  -1,
  null,
  true,
  {},
  [],
  [null],
  ['no such value'],
]

const entry = (row: unknown) => ({ events: { 'My Event': row } })
const condition = { property: 'vip', operator: 'is_set' }
const anyOf = (value: unknown) => [
  ...wrong.map((part) => ({ [String(value)]: part })),
  ...wrong.map((part) => ({ ...condition, [String(value)]: part })),
]

/** Values that are not valid, for each option. A new option does not compile without some. */
const tries: Record<keyof ForwarderConfig, unknown[]> = {
  pixelId: wrong,
  contentId: wrong,
  contentType: wrong,
  value: wrong,
  mapping: [
    ...wrong,
    ...wrong.map((mode) => ({ mode })),
    { mode: 'server_only' },
    ...wrong.map((events) => ({ events })),
    ...wrong.map(entry),
    ...wrong.map((event) => entry({ event })),
    ...wrong.map((forward) => entry({ event: 'Lead', forward })),
    ...wrong.map((when) => entry({ event: 'Lead', when })),
    ...['property', 'operator', 'value', 'ignoreCase'].flatMap((name) =>
      anyOf(name).map((when) => entry({ event: 'Lead', when })),
    ),
  ],
  filters: [
    ...wrong,
    ...wrong.map((filter) => [filter]),
    ...wrong.map((event) => [{ event, any: [condition] }]),
    ...wrong.map((any) => [{ event: '*', any }]),
    ...['property', 'operator', 'value', 'ignoreCase'].flatMap((name) =>
      anyOf(name).map((one) => [{ event: '*', any: [one] }]),
    ),
  ],
  consent: wrong,
  consentFrom: wrong,
  gpc: wrong,
  relay: wrong,
  load: wrong,
  pageLoads: wrong,
  context: wrong,
  domain: wrong,
  limitedDataUse: wrong,
  autoConfig: wrong,
  debug: wrong,
  denials: wrong,
  paused: wrong,
  cookies: wrong,
  beforeSend: wrong,
  region: wrong,
  nonce: wrong,
  adminToken: wrong,
  accessToken: wrong,
  allowedOrigins: [...wrong, ['https://shop.test/path']],
  webhookToken: wrong,
  sources: [
    ...wrong,
    ...wrong.map((name) => ({ [String(name)]: { token: 'a-token' } })),
    ...wrong.map((source) => ({ erp: source })),
    ...Object.keys(sourceOptions).flatMap((option) =>
      wrong.flatMap((value) => [
        { web: { [option]: value } },
        { erp: { token: 'a-token', [option]: value } },
        { shop: { type: 'shopify', secret: 'a-secret', [option]: value } },
        { shop: { type: 'woocommerce', secret: 'a-secret', [option]: value } },
      ]),
    ),
    ...wrong.map((row) => ({ erp: { token: 'a-token', mapping: entry(row) } })),
    ...wrong.map((filter) => ({ erp: { token: 'a-token', filters: [filter] } })),
  ],
  trustProxy: wrong,
  allowTest: wrong,
  eventsApiUrl: ['', 'no such value', 'http://shop.test', '/'],
  outbox: [],
  store: [],
  profiles: [true, 30, 'on'],
  metricsToken: wrong,
  alerts: [
    ...wrong,
    ...wrong.map((url) => ({ url })),
    ...['oldestMinutes', 'deadLetters', 'silentHours'].flatMap((name) =>
      wrong.flatMap((value) => (value === 7 ? [] : [{ url: 'https://hooks.test/a', [name]: value }])),
    ),
    { url: 'https://hooks.test/a', minutes: 1 },
  ],
  log: [
    ...wrong.filter((value) => JSON.stringify(value) !== '{}'),
    ...wrong.flatMap((value) => (value === 7 ? [] : [{ days: value }, { maxBytes: value }])),
    { hours: 1 },
    { days: 36_501 },
    { days: 1e18 },
  ],
  newCustomers: [
    ...wrong.filter((value) => JSON.stringify(value) !== '{}'),
    ...[...wrong, '01/05/2024', '2024-05-01T00:00', '2024-13-01'].map((since) => ({ since })),
    ...[...wrong, 0.5, 29, 36_501, 1e18].map((days) => ({ days })),
    { from: '2024-05-01' },
  ],
  delivery: wrong,
  mergeOrders: [...wrong.filter((value) => value !== 7), 241, 0.5],
}

const sound: ForwarderConfig = { pixelId, accessToken, allowedOrigins: [shop] }

/** The sentences that a function answers an option's wrong values with. */
function complaints(read: (config: ForwarderConfig) => unknown, option: string, values: readonly unknown[]): string[] {
  return values.flatMap((value) => {
    const config: ForwarderConfig = Object.assign({ ...sound }, { [option]: value })
    try {
      read(config)
      return []
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  })
}

test('the sources have regular expressions, and one that is shown would be noticed', () => {
  expect(expressions.length).toBeGreaterThan(50)
  for (const text of [String.raw`/^[A-Z\d]{20}$/`, '/^(gross|net)$/', String.raw`/\S/`])
    expect(() => expectWords([`pixelId is "x", not ${text}`])).toThrow()
})

test.each(Object.entries(tries))('the answer to a wrong %s shows no regular expression', (option, values) => {
  const sentences = [...complaints(createConverge, option, values), ...complaints(checkConfig, option, values)]
  expectWords(sentences)
})

test.each(['pixelId', 'contentId', 'contentType', 'value', 'consent', 'gpc', 'region', 'load', 'pageLoads', 'domain'])(
  'the error about a wrong %s has its name, the value, and what would be valid',
  (option) => {
    for (const sentence of complaints(checkConfig, option, ['no such value']))
      expect(sentence).toMatch(/^converge-tiktok: \w+ is "no such value", not .*[a-z\d]{2}/)
    expect(complaints(checkConfig, option, ['no such value'])).toHaveLength(1)
  },
)

/** An event with one part replaced, at every place in it. */
function* spoilt(value: unknown): Generator<unknown> {
  for (const part of [...wrong, '😀'.repeat(3000), undefined]) yield part
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value))
    for (const other of spoilt(part))
      yield Array.isArray(value) ? value.map((one, i) => (i === Number(key) ? other : one)) : { ...value, [key]: other }
}

test('the answer to an invalid request shows no regular expression', () => {
  const page = batchOf({
    ...relayed(),
    user: { email: '1', city: 'a@b' },
    ttclid: ' ',
    ttp: ' ',
    locale: '',
    test: ' ',
  })
  const server = {
    event_name: 'Lead',
    event_id: '1',
    timestamp: 1,
    properties: {},
    profile_properties: {},
    aliases: [],
  }
  const problems = [
    ...[...spoilt(page)].flatMap((body) => parsePageRequest(JSON.stringify(body) ?? '').problems),
    ...[...spoilt(server)].flatMap((body) => parseServerRequest(JSON.stringify(body) ?? '').problems),
  ]
  const messages = [...new Set(problems.map(({ message }) => message))]
  expect(messages).toContain('must be a currency code of 3 capital letters, such as EUR')
  expect(messages).toContain('must be text that is not blank')
  expectWords(messages)
})

test.each([['serve', '--port', 'x'], ['serve', '--max-bytes', '-'], ['outbox', 'retry', 'x'], ['outbox', 'x'], ['x']])(
  'the answer to a wrong command line shows no regular expression: %s %s %s',
  async (...words) => {
    const config = ['serve', 'check'].includes(words[0] ?? '') ? ['--config', writeConfig(createFolder())] : []
    const { errors } = await runCli([...words.filter(Boolean), ...config])
    expect(errors).not.toBe('')
    expectWords([errors])
  },
)
