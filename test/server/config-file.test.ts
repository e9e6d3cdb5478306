import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { readConfigFile } from '../../src/node/config-file.ts'
import { readEnvironment } from '../../src/node/environment.ts'
import { checkConfig } from '../../src/server/check-config.ts'
import { writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken } from './node-requests.ts'

const environment = {
  TIKTOK_ACCESS_TOKEN: accessToken,
  SHOP: 'shop secret',
  OLD_SHOP: 'old secret',
  ERP: 'erp-token',
  BLANK: ' ',
}
const read = (sources: unknown, more: object = {}) =>
  readConfigFile(writeConfig(createFolder(), { sources, ...more }), environment)

describe('the sources of converge.json', () => {
  test('take their secrets from the environment, one or several', () => {
    const config = read({
      shop: { type: 'shopify', secretFrom: ['SHOP', 'OLD_SHOP'], orders: 'created' },
      erp: { tokenFrom: 'ERP' },
      web: { orders: 'client' },
    })
    const { all } = checkConfig(config).sources
    expect(all.map(({ name, secrets }) => [name, secrets])).toEqual([
      ['web', []],
      ['shop', ['shop secret', 'old secret']],
      ['erp', ['erp-token']],
    ])
  })

  test.each<[title: string, source: object, sentence: RegExp]>([
    [
      'a token',
      { token: 'very-secret' },
      /sources\.shop contains token\. .* Set an environment variable, and name it in tokenFrom\.$/,
    ],
    ['a secret', { secret: 'very-secret' }, /sources\.shop contains secret\. .* name it in secretFrom\.$/],
    [
      'a variable that is not set',
      { tokenFrom: 'MISSING' },
      /sources\.shop\.tokenFrom names the environment variable MISSING, which is not set\.$/,
    ],
    ['a blank variable', { tokenFrom: 'BLANK' }, /names the environment variable BLANK, which is not set\.$/],
    [
      'a secret instead of a variable name',
      { tokenFrom: 'very-secret' },
      /sources\.shop\.tokenFrom must be the name of an environment variable, such as SHOPIFY_SECRET/,
    ],
    [
      'a variable name that is not text',
      { secretFrom: [7] },
      /sources\.shop\.secretFrom must be the name of an environment variable/,
    ],
  ])('refuse %s, without repeating the secret', (_, source, sentence) => {
    const attempt = () => read({ shop: source })
    expect(attempt).toThrow(sentence)
    expect(attempt).not.toThrow(/very-secret/)
  })

  test.each<[sources: unknown]>([[[]], ['shop'], [null], [7]])('refuse %j', (sources) => {
    expect(() => checkConfig(read(sources))).toThrow(/^converge-tiktok: sources/)
  })

  test('refuse a token beside CONVERGE_WEBHOOK_TOKEN for the source webhook', () => {
    const path = writeConfig(createFolder(), { sources: { webhook: { tokenFrom: 'ERP' } } })
    const config = readConfigFile(path, { ...environment, CONVERGE_WEBHOOK_TOKEN: 'webhook-token' })
    expect(() => checkConfig(config)).toThrow(/webhookToken and sources\.webhook\.token are both set/)
  })
})

test('a config file may name its schema', () => {
  expect(read({}, { $schema: './node_modules/converge-tiktok/dist/converge.schema.json' })).not.toHaveProperty(
    '$schema',
  )
})

test('an .env that cannot be read is refused in a sentence', () => {
  const folder = createFolder()
  mkdirSync(join(folder, '.env')) // unreadable for root, too
  expect(() => readEnvironment(join(folder, 'converge.json'))).toThrow(
    /^converge-tiktok: .*\.env could not be read \(EISDIR.*\)\. Let this process read the file\. If its variables are/,
  )
})

test.each([
  ['unset', {}, 'of-the-file'],
  ['empty, as Docker Compose passes it', { ERP_TOKEN: '' }, 'of-the-file'],
  ['set', { ERP_TOKEN: 'of-the-environment' }, 'of-the-environment'],
])('the environment takes precedence over .env, unless it is empty: %s', (_, set, value) => {
  const folder = createFolder()
  writeFileSync(join(folder, '.env'), 'ERP_TOKEN=of-the-file\n')
  for (const [name, one] of Object.entries(set)) vi.stubEnv(name, one)
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(readEnvironment(join(folder, 'converge.json')).ERP_TOKEN).toBe(value)
})

describe('a config file', () => {
  const text = JSON.stringify({ pixelId: 'CJQBODJC77UB4MRTGFRF', consent: 'require' })
  const readText = (content: string | Uint8Array) => {
    const path = join(createFolder(), 'converge.json')
    writeFileSync(path, content)
    return readConfigFile(path, environment)
  }
  const utf16 = (order: 'le' | 'be', content: string) => {
    const bytes = Buffer.from(`\uFEFF${content}`, 'utf16le')
    return order === 'le' ? bytes : bytes.swap16()
  }

  test.each<[title: string, content: string | Uint8Array]>([
    ['UTF-8', text],
    ['UTF-8 with a byte order mark', `\uFEFF${text}`],
    ['UTF-16', utf16('le', text)],
    ['UTF-16, big-endian', utf16('be', text)],
  ])('may be written in %s, and so may .env', (_, content) => {
    expect(readText(content)).toMatchObject({ consent: 'require' })
    const folder = createFolder()
    const variable = 'TIKTOK_ACCESS_TOKEN=from-the-file\n'
    const isWide = content instanceof Uint8Array
    const mark = String(content).startsWith('\uFEFF') ? '\uFEFF' : ''
    const order = isWide && content[0] === 0xff ? 'le' : 'be'
    writeFileSync(join(folder, '.env'), isWide ? utf16(order, variable) : mark + variable)
    vi.stubEnv('TIKTOK_ACCESS_TOKEN', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(readEnvironment(join(folder, 'converge.json')).TIKTOK_ACCESS_TOKEN).toBe('from-the-file')
  })

  test.each([
    ['{"consent":"require","pixelId":"a","consent":"always"}', 'consent'],
    ['{"filters":[],"mapping":{"events":{}},"filters":[]}', 'filters'],
    ['{"sources":{"erp":{"tokenFrom":"ERP"},"erp":{"tokenFrom":"ERP"}}}', 'sources.erp'],
    ['{"sources":{"erp":{"tokenFrom":"ERP","enabled":true,"enabled":false}}}', 'sources.erp.enabled'],
    ['{"mapping":{"events":{"Placed Order":"Purchase","Placed Order":false}}}', 'mapping.events.Placed Order'],
    ['{"filters":[{"event":"*","any":[]},{"event":"*","any":[],"any":[]}]}', 'filters[1].any'],
    [String.raw`{"con\u0073ent":"require","consent":"always"}`, 'consent'],
    [String.raw`{"a\"b":1,"filters":[1,{"x":[{"a":1},{"a":2,"a":3}]}]}`, 'filters[1].x[1].a'],
  ])('is refused if it has a key twice: %s', (content, path) => {
    expect(() => readText(content)).toThrow(
      new RegExp(`has ${path.replace(/[[\].]/g, String.raw`\$&`)} twice, and the first one would be ignored`),
    )
  })

  test('may repeat a key in different objects, and in texts', () => {
    const filters = [
      { event: '*', any: [{ property: 'event', operator: 'equal', value: '{"event":1,"event":2}' }] },
      { event: '*', any: [{ property: 'any', operator: 'is_set' }] },
    ]
    expect(readText(JSON.stringify({ filters, mapping: { events: {} } }))).toMatchObject({ filters })
  })
})

describe('an environment variable', () => {
  const config = { sources: { erp: { tokenFrom: 'CONVERGE_ERP_TOKEN' } } }
  const warningsOf = (variables: object) => {
    const warnings: string[] = []
    const path = writeConfig(createFolder(), config)
    readConfigFile(path, { ...environment, CONVERGE_ERP_TOKEN: 'erp', ...variables }, (one) => warnings.push(one))
    return warnings
  }

  test.each([
    ['CONVERGE_WEBHOK_TOKEN', 'CONVERGE_WEBHOOK_TOKEN'],
    ['CONVERGE_WEBHOOKTOKEN', 'CONVERGE_WEBHOOK_TOKEN'],
    ['converge_webhook_token', 'CONVERGE_WEBHOOK_TOKEN'],
    ['CONVERGE_ADMIN_TOKEN_', 'CONVERGE_ADMIN_TOKEN'],
    ['CONVERGE_METRIC_TOKEN', 'CONVERGE_METRICS_TOKEN'],
    ['CONVERGE_DATABASE_URI', 'CONVERGE_DATABASE_URL'],
    ['CONVERGE_DATABASE', 'CONVERGE_DATABASE_URL'],
    ['TIKTOK_ACCES_TOKEN', 'TIKTOK_ACCESS_TOKEN'],
    ['CONVERGE_ACCESS_TOKEN', 'TIKTOK_ACCESS_TOKEN'],
  ])('%s is reported as not read, without its value', (name, meant) => {
    expect(warningsOf({ [name]: 'a-secret-value' })).toEqual([
      `The environment variable ${name} is not read (did you mean ${meant}?)`,
    ])
  })

  test('is not reported if the config names it, or if it is another program’s', () => {
    expect(
      warningsOf({ CONVERGE_VERSION: '1', TIKTOK_SHOP: 'a', ACCESS_TOKEN: 'b', CONVERGE_ADMIN_TOKEN: '' }),
    ).toEqual([])
  })

  test('is named by the error for a missing access token, if it is a misspelled one', () => {
    const path = writeConfig(createFolder(), {})
    expect(() => readConfigFile(path, { TIKTOK_ACCESSTOKEN: 'secret' })).toThrow(
      /TIKTOK_ACCESS_TOKEN is not set\. .* TIKTOK_ACCESSTOKEN is not read \(did you mean TIKTOK_ACCESS_TOKEN\?\)\.$/,
    )
  })
})
