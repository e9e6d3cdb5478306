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
