import { readFileSync } from 'node:fs'
import { isRecord } from '../core/read.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'

type Key = Exclude<keyof ForwarderConfig, 'beforeSend' | 'context' | 'outbox'>

/** Where each option of a forwarder comes from, when it is run from the command line. */
const sources: Record<Key, 'file' | 'TIKTOK_ACCESS_TOKEN' | 'CONVERGE_WEBHOOK_TOKEN'> = {
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
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a forwarder's config: a JSON file, and the secrets from the environment.
 *
 * @throws a sentence that says what is wrong and where
 */
export function readConfigFile(path: string, environment: Environment): ForwarderConfig {
  const file = parse(path)
  for (const key of Object.keys(file)) {
    const source = Object.entries(sources).find(([name]) => name === key)?.[1]
    if (source === 'file' || key === '$schema') continue
    throw new Error(
      source
        ? `converge-tiktok: ${path} holds ${key}. A secret does not belong in a file that a page could get: take it out, and set ${source} in the environment.`
        : `converge-tiktok: ${path} holds ${JSON.stringify(key)}, which is no option. There are ${fileKeys.join(', ')}.`,
    )
  }
  const { TIKTOK_ACCESS_TOKEN: accessToken = '', CONVERGE_WEBHOOK_TOKEN: webhookToken } = environment
  if (!accessToken.trim()) {
    throw new Error(
      'converge-tiktok: TIKTOK_ACCESS_TOKEN is not set. Generate an access token in TikTok Events Manager (the pixel, Settings, Generate Access Token) and set it in the environment.',
    )
  }
  return { pixelId: '', allowedOrigins: [], ...file, accessToken, ...(webhookToken && { webhookToken }) }
}

const fileKeys = Object.entries(sources).flatMap(([key, source]) => (source === 'file' ? [key] : []))

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
