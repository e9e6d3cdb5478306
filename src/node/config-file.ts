import { readFileSync } from 'node:fs'
import { isRecord } from '../core/read.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { Condition, Config, Filter, MappingRow } from '../types.ts'

type Key = Exclude<keyof ForwarderConfig, 'beforeSend' | 'context' | 'outbox'>

/** Where each option of a forwarder comes from, when it is run from the command line. */
const sources: Record<Key, 'file' | 'TIKTOK_ACCESS_TOKEN' | 'CONVERGE_WEBHOOK_TOKEN' | 'CONVERGE_ADMIN_TOKEN'> = {
  pixelId: 'file',
  contentId: 'file',
  contentType: 'file',
  value: 'file',
  mapping: 'file',
  filters: 'file',
  consent: 'file',
  consentFrom: 'file',
  gpc: 'file',
  relay: 'file',
  load: 'file',
  pageLoads: 'file',
  domain: 'file',
  limitedDataUse: 'file',
  autoConfig: 'file',
  debug: 'file',
  region: 'file',
  nonce: 'file',
  allowedOrigins: 'file',
  eventsApiUrl: 'file',
  trustProxy: 'file',
  allowTest: 'file',
  accessToken: 'TIKTOK_ACCESS_TOKEN',
  webhookToken: 'CONVERGE_WEBHOOK_TOKEN',
  adminToken: 'CONVERGE_ADMIN_TOKEN',
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a forwarder's config: a JSON file, and the secrets from the environment.
 *
 * @throws a sentence that says what is wrong and where
 */
export function readConfigFile(path: string, environment: Environment): ForwarderConfig {
  const { $schema: _, ...file } = parse(path)
  for (const [key, source] of Object.entries(sources)) {
    if (source !== 'file' && key in file)
      throw new Error(
        `converge-tiktok: ${path} holds ${key}. A secret does not belong in a file that a page could get: take it out, and set ${source} in the environment.`,
      )
  }
  refuseOthers(path, file, fileKeys)
  for (const [where, record, keys] of recordsIn(file)) refuseOthers(`${path}: ${where}`, record, keys)
  const {
    TIKTOK_ACCESS_TOKEN: accessToken = '',
    CONVERGE_WEBHOOK_TOKEN: webhookToken,
    CONVERGE_ADMIN_TOKEN: adminToken,
  } = environment
  if (!accessToken.trim()) {
    throw new Error(
      'converge-tiktok: TIKTOK_ACCESS_TOKEN is not set. Generate an access token in TikTok Events Manager (the pixel, Settings, Generate Access Token) and set it in the environment.',
    )
  }
  const tokens = { accessToken, ...(webhookToken && { webhookToken }), ...(adminToken && { adminToken }) }
  return { pixelId: '', allowedOrigins: [], ...file, ...tokens }
}

const fileKeys = Object.entries(sources).flatMap(([key, source]) => (source === 'file' ? [key] : []))

/** What is misspelt would be passed over in silence. */
function refuseOthers(where: string, record: unknown, keys: readonly string[]): void {
  const other = isRecord(record) && Object.keys(record).find((key) => !keys.includes(key))
  if (typeof other === 'string')
    throw new Error(
      `converge-tiktok: ${where} holds ${JSON.stringify(other)}, which is no option. There are ${keys.join(', ')}.`,
    )
}

/** The records within a config, where they stand, and the keys that each may have. Their values are checked later. */
function* recordsIn(file: Record<string, unknown>): Generator<[where: string, record: unknown, keys: string[]]> {
  const mappingKeys = ['mode', 'events'] satisfies (keyof NonNullable<Config['mapping']>)[]
  const rowKeys = ['event', 'forward', 'when'] satisfies (keyof MappingRow)[]
  const filterKeys = ['event', 'any'] satisfies (keyof Filter)[]
  const conditionKeys = ['property', 'operator', 'value', 'ignoreCase'] satisfies (keyof Condition)[]
  yield ['mapping', file.mapping, mappingKeys]
  for (const [eventName, entry] of Object.entries(Object(Object(file.mapping).events)))
    for (const row of [entry].flat()) {
      yield [`mapping.events.${eventName}`, row, rowKeys]
      yield [`mapping.events.${eventName}.when`, Object(row).when, conditionKeys]
    }
  for (const [index, filter] of Object.entries(Object(file.filters))) {
    yield [`filters[${index}]`, filter, filterKeys]
    for (const condition of [Object(filter).any].flat()) yield [`filters[${index}].any`, condition, conditionKeys]
  }
}

function parse(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`converge-tiktok: the config ${path} could not be read (${reasonOf(error)}). Name it by --config.`)
  }
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (error) {
    throw new Error(`converge-tiktok: the config ${path} is not JSON (${reasonOf(error)}).`)
  }
  if (!isRecord(config)) throw new Error(`converge-tiktok: the config ${path} is not a JSON object.`)
  return config
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
