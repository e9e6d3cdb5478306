import type { Config, ConsentMode, ConsentPlatform, ContentIdMode, ContentType, PageContext } from '../types.ts'
import { configError } from './config-error.ts'
import { domainWords, readDomain } from './domain.ts'
import { nearest } from './nearest.ts'
import { isRecord } from './read.ts'

export type Option = readonly [
  fits: (value: unknown) => boolean,
  /** The valid values: words that follow "not", or a list of all values. */
  valid: string | readonly string[],
  /** Parses the text of the tag's attribute. Absent if the option is not allowed on a tag. */
  readAttribute?: (text: string) => unknown,
]

const asText = (text: string): unknown => text
// The value of an attribute without `=` is empty text.
const asSwitch = (text: string): unknown => (text === 'false' ? false : text === '' || text === 'true' || text)
const asList = (text: string): unknown => text.split(',').map((one) => one.trim())

/** An option with a fixed list of values. The type requires each value of the union. */
export function oneOf<Value extends string>(values: Record<Value, true>): Option {
  const names = Object.keys(values)
  return [(value) => names.some((name) => name === value), names, asText]
}

export const text = (shape: RegExp, words: string): Option => [
  (value) => typeof value === 'string' && shape.test(value),
  words,
  asText,
]

export const onOrOff: Option = [(value) => typeof value === 'boolean', 'true or false', asSwitch]

/** An object, which is not allowed on a tag. */
export const record: Option = [(value) => typeof value === 'object' && isRecord(value), 'an object']

const contextNames = {
  url: true,
  referrer: true,
  userAgent: true,
  ttclid: true,
  ttp: true,
  visitor: true,
  external_id: true,
  // `converge.context()` has them too.
  consent: true,
  gpc: true,
} satisfies Record<keyof NonNullable<Config['context']> | keyof PageContext, true>

const platform = oneOf<ConsentPlatform>({ shopify: true, google: true })

/** Every option of a config: its valid values, and how it is read from a tag. */
export const options = {
  pixelId: text(/^[A-Z\d]{20}$/, '20 capital letters and digits'),
  contentId: oneOf<ContentIdMode>({ default: true, product_id: true, variant_id: true, sku: true }),
  contentType: oneOf<ContentType>({ product: true, product_group: true }),
  value: oneOf<NonNullable<Config['value']>>({ gross: true, net: true }),
  mapping: record,
  filters: [Array.isArray, 'a list of filters'],
  consent: oneOf<ConsentMode>({ always: true, always_server: true, implied: true, require: true }),
  consentFrom: [(value) => Array.isArray(value) && value.every(platform[0]), 'a list of shopify, google', asList],
  gpc: oneOf<NonNullable<Config['gpc']>>({ limited_data_use: true, deny: true, ignore: true }),
  relay: text(
    /^(https?:\/\/[^\s/\\?#]|\/(?![/\\]))[^\s\\?#]*$/i,
    'a URL, such as https://track.shop.example or /converge',
  ),
  load: oneOf<NonNullable<Config['load']>>({ idle: true, immediate: true }),
  pageLoads: oneOf<NonNullable<Config['pageLoads']>>({ manual: true, auto: true }),
  context: [
    (value) => record[0](value) && Object.keys(Object(value)).every((key) => key in contextNames),
    `an object with ${Object.keys(contextNames).join(', ')}`,
  ],
  domain: [(value) => readDomain(value) !== undefined, domainWords, asText],
  limitedDataUse: onOrOff,
  autoConfig: onOrOff,
  debug: onOrOff,
  paused: onOrOff,
  denials: onOrOff,
  cookies: onOrOff,
  beforeSend: [(value) => typeof value === 'function', 'a function'],
  region: oneOf<NonNullable<Config['region']>>({ us: true }),
  nonce: text(/^/, 'text'),
} satisfies Record<keyof Config, Option>

/**
 * Checks each option of a config by its name and value. `undefined` counts as absent.
 *
 * @param where the function or file that got the config, such as `init`
 * @param known the known options
 * @throws an error that names an unknown option and the nearest known one, or a wrong value and what is valid
 */
export function checkOptions(config: unknown, where: string, known: Readonly<Record<string, Option>> = options): void {
  if (!isRecord(config)) throw configError(`the config of ${where}`, config, 'an object')
  refuseUnknown(where, config, known)
  for (const [name, option] of Object.entries(known))
    if (config[name] !== undefined) checkOption(name, config[name], option)
}

/** @throws an error that names a wrong value and what is valid */
export function checkOption(where: string, value: unknown, [fits, valid]: Option): void {
  if (fits(value)) return
  const words = typeof valid === 'string' ? valid : `one of ${valid.join(', ')}${suggest(String(value), valid)}`
  throw configError(where, value, words)
}

/**
 * Refuses unknown options, because a misspelled option would be ignored without notice.
 *
 * @throws an error that names the unknown option and the nearest known one
 */
export function refuseUnknown(where: string, record: object, known: object): void {
  const names = Object.keys(known)
  for (const [name, value] of Object.entries(record))
    if (value !== undefined && !names.includes(name))
      throw new Error(
        `converge-tiktok: ${where} has no option ${name}${suggest(name, names) || `. Use ${names.join(', ')}`}`,
      )
}

function suggest(given: string, names: readonly string[]): string {
  const name = nearest(given, names)
  return name ? `. Did you mean ${name}?` : ''
}
