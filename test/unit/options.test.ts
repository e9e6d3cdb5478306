import { expect, test } from 'vitest'
import { nearest } from '../../src/core/nearest.ts'
import { checkOptions, type Option, options } from '../../src/core/options.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

/** The error of `init` about a config. */
function complaint(config: unknown): string {
  try {
    checkOptions(config, 'init')
    return 'none'
  } catch (error) {
    return String(error)
  }
}

const names = Object.keys(options)

// What `converge.context()` returns has more than the option reads.
const fromOtherPage = { url: '', userAgent: '', consent: {}, gpc: true }

/** For each option, values that are valid, and values that are not. */
const values: { [Name in keyof Config]-?: { valid: NonNullable<Config[Name]>[]; invalid: unknown[] } } = {
  pixelId: { valid: [pixelId], invalid: ['', 'abc', pixelId.toLowerCase(), `${pixelId}A`, ` ${pixelId}`] },
  contentId: { valid: ['default', 'product_id', 'variant_id', 'sku'], invalid: ['', 'SKU', 'id', 'toString'] },
  contentType: { valid: ['product', 'product_group'], invalid: ['products', 'variant'] },
  value: { valid: ['gross', 'net'], invalid: ['total', 5] },
  mapping: { valid: [{}, { mode: 'custom' }], invalid: ['custom', [], true] },
  filters: { valid: [[]], invalid: [{}, '', 'x', () => []] },
  consent: {
    valid: ['always', 'always_server', 'implied', 'require'],
    invalid: ['', 'required', 'Require', ['require'], true, false, 0],
  },
  consentFrom: {
    valid: [[], ['shopify'], ['google', 'shopify']],
    invalid: ['shopify', ['gogle'], [''], [['shopify']], { 0: 'google' }],
  },
  gpc: { valid: ['limited_data_use', 'deny', 'ignore'], invalid: ['denied', 'DENY', true] },
  relay: {
    valid: [
      'https://track.shop.example',
      'http://localhost:8080/r',
      'HTTPS://shop.example/r/',
      '/converge',
      '/',
      '/a/b',
    ],
    invalid: [
      '',
      'track.shop.example',
      '//evil.example',
      '/\\evil.example',
      'converge',
      'ftp://shop.example',
      'https://',
    ].concat(['https:///x', 'javascript:1', ' /converge', '/a b', '/a?b', '/a#b', 'https://shop.example?x']),
  },
  load: { valid: ['idle', 'immediate'], invalid: ['lazy', 'eager'] },
  pageLoads: { valid: ['manual', 'auto'], invalid: [true, 'automatic'] },
  context: {
    valid: [{}, { url: 'https://shop.example/' }, fromOtherPage],
    invalid: ['https://shop.example/', [], true, { ulr: '' }, { useragent: '' }, { ttclid: 'E.C.P.1', ttp_: '' }],
  },
  domain: {
    valid: ['shop.example', 'https://www.shop.example/', '.shop.example'],
    invalid: ['', 'shop example', 'https://', 'a@b.c', 'shop..example', 5],
  },
  limitedDataUse: { valid: [true, false], invalid: ['true', '', 1, 0] },
  autoConfig: { valid: [true, false], invalid: ['false', 'no'] },
  denials: { valid: [true, false], invalid: ['true', 1, null] },
  cookies: { valid: [true, false], invalid: ['true', 1, null] },
  paused: { valid: [true, false], invalid: ['true', 1, null] },
  debug: { valid: [true, false], invalid: ['true', 'yes'] },
  beforeSend: { valid: [(event) => event], invalid: ['x', {}, true] },
  region: { valid: ['us'], invalid: ['eu', 'US', true] },
  nonce: { valid: ['r4nd0m', ''], invalid: [5, true] },
}
const rows = Object.entries(values)

test.each(rows)('%s: every valid value is accepted, and undefined counts as absent', (name, { valid }) => {
  for (const value of [...valid, undefined]) expect(complaint({ pixelId, [name]: value })).toBe('none')
})

test.each(rows)('%s: a wrong value is refused with the expected message', (name, { invalid }) => {
  const others = [null, Number.NaN, 5n, Symbol('x'), name === 'beforeSend' ? 7 : () => 7]
  for (const value of [...invalid, ...others]) {
    const said = complaint({ pixelId, [name]: value })
    expect(said).toMatch(new RegExp(`^Error: converge-tiktok: ${name} is [^\n]+, not [^\n]+$`))
    if (typeof value === 'string') expect(said).toContain(`${name} is ${JSON.stringify(value)}, not `)
    expect(said.replace(/.*, not /, ''), 'no regular expression').not.toMatch(/[\\^$]|\(\?/)
  }
})

test('the message about a wrong value lists the valid values and suggests the nearest one', () => {
  expect(complaint({ consent: 'requird' })).toBe(
    'Error: converge-tiktok: consent is "requird", not one of always, always_server, implied, require. Did you mean require?',
  )
  expect(complaint({ gpc: 'DENY' })).toMatch(/Did you mean deny\?$/)
  expect(complaint({ consentFrom: ['gogle'] })).toBe(
    'Error: converge-tiktok: consentFrom is ["gogle"], not a list of shopify, google',
  )
})

test('a value with a cycle is refused with a message too', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  expect(complaint({ consent: cycle })).toMatch(/consent is object, not one of/)
})

/** What a hand does to a name: a letter dropped, doubled, changed or swapped, another case, hyphens. */
function misspelt(name: string): string[] {
  const found = [name.toUpperCase(), name.toLowerCase(), name.replace(/[A-Z]/g, '-$&').toLowerCase()]
  for (let at = 0; at < name.length; at++) {
    const [before, letter = '', after] = [name.slice(0, at), name[at], name.slice(at + 1)]
    found.push(before + after, before + letter + letter + after, `${before}x${after}`)
    if (after) found.push(before + after.charAt(0) + letter + after.slice(1))
  }
  return found.filter((one) => !names.includes(one))
}

test.each(names)('%s: every misspelling is refused, and the message names the option', (name) => {
  for (const one of misspelt(name)) {
    const said = complaint({ pixelId, [one]: 'require' })
    expect(said).toMatch(/^Error: converge-tiktok: init has no option /)
    expect([one, said]).toEqual([one, expect.stringContaining(`Did you mean ${name}?`)])
  }
})

test('an unknown option without a similar name is refused with a list of all options', () => {
  expect(complaint({ pixelId, foo: 1 })).toContain('init has no option foo. Use pixelId, contentId, ')
  expect(complaint({ pixelId, constructor: 1 })).toContain('init has no option constructor')
  expect(complaint(JSON.parse('{ "__proto__": 1 }'))).toContain('init has no option __proto__')
  expect(complaint({ pixelId, consnt: undefined })).toBe('none')
})

test.each([[undefined], [null], ['x'], [[]], [5]])(
  'a config that is not an object is refused with a message: %j',
  (config) => {
    expect(complaint(config)).toMatch(/^Error: converge-tiktok: the config of init is .+, not an object$/)
  },
)

test('other tables can be checked by the same rules', () => {
  const known: Record<string, Option> = { port: [Number.isInteger, 'a whole number'] }
  expect(() => checkOptions({ port: 'x' }, 'serve', known)).toThrow('converge-tiktok: port is "x", not a whole number')
  expect(() => checkOptions({ prot: 1 }, 'serve', known)).toThrow('serve has no option prot. Did you mean port?')
})

const when = { property: 'a', operator: 'is_set' }

test.each<[config: object, sentence: string]>([
  [{ mapping: { event: {} } }, 'mapping has no option event. Did you mean events?'],
  [{ mapping: { mode: 'sever_only' } }, 'mapping.mode is "sever_only", not one of default, custom, server_only'],
  [{ mapping: { events: { Lead: { event: 'Lead', whn: when } } } }, 'mapping.events.Lead has no option whn'],
  [
    { mapping: { events: { Lead: { event: 'Lead', forward: 'browser' } } } },
    'mapping.events.Lead.forward is "browser"',
  ],
  [
    { mapping: { events: { Lead: { event: 'Lead', when: false } } } },
    'mapping.events.Lead.when is false, not a condition',
  ],
  [
    { mapping: { events: { Lead: { event: 'My Lead' } } } },
    'mapping.events.Lead is "My Lead", not a TikTok event name',
  ],
  [{ filters: [{ event: '*', all: [when] }] }, 'filters[0] has no option all'],
  [{ filters: [{ event: '*', any: [{ ...when, ignorecase: true }] }] }, 'filters[0].any has no option ignorecase'],
  [{ filters: [{ event: '', any: [when] }] }, 'filters[0].event is "", not an event name or *'],
])('a misspelled part of a mapping or filter is refused: %j', (config, sentence) => {
  expect(() => readRules({ pixelId, ...config })).toThrow(`converge-tiktok: ${sentence}`)
})

test('the message suggests the nearest of several similar names', () => {
  expect(nearest('contentTyp', names)).toBe('contentType')
  expect(nearest('filtre', ['filter', 'filters'])).toBe('filter')
  expect(nearest('load', ['relay'])).toBeUndefined()
  expect(nearest('relaxes', ['relay'])).toBeUndefined()
  expect(nearest('', ['gpc'])).toBeUndefined()
})
