import { refuseUnknown } from '../core/options.ts'
import { isRecord } from '../core/read.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { OwnOption } from '../server/forwarder-options.ts'
import { isPublic } from '../server/public-config.ts'
import { findDuplicateKey } from './duplicate-key.ts'
import { type Environment, readFileAlerts, readFileSources } from './file-sources.ts'
import { readTextFile } from './read-text-file.ts'
import { unknownVariables } from './unknown-variables.ts'

/** Where the command line reads each of the forwarder's own options from. */
const places = {
  allowedOrigins: 'file',
  sources: 'file',
  eventsApiUrl: 'file',
  trustProxy: 'file',
  allowTest: 'file',
  accessToken: 'TIKTOK_ACCESS_TOKEN',
  webhookToken: 'CONVERGE_WEBHOOK_TOKEN',
  adminToken: 'CONVERGE_ADMIN_TOKEN',
  metricsToken: 'CONVERGE_METRICS_TOKEN',
  alerts: 'file',
  delivery: 'code',
  mergeOrders: 'file',
  profiles: 'file',
  log: 'file',
  newCustomers: 'file',
  outbox: 'code',
  store: 'code',
} satisfies Record<
  OwnOption,
  'file' | 'code' | 'TIKTOK_ACCESS_TOKEN' | 'CONVERGE_WEBHOOK_TOKEN' | 'CONVERGE_ADMIN_TOKEN' | 'CONVERGE_METRICS_TOKEN'
>

/** The options that the file may contain: a page's, and the forwarder's own without secrets. */
const fileOptions = Object.fromEntries(
  Object.entries({ ...isPublic, ...places }).filter(([, place]) => place === true || place === 'file'),
)

/**
 * Reads a forwarder's config: a JSON file, and the secrets from the environment.
 *
 * @param warn receives a sentence for each environment variable that is probably misspelled
 * @throws an error that says what is wrong and where
 */
export function readConfigFile(
  path: string,
  environment: Environment,
  warn: (sentence: string) => void = () => {},
): Omit<ForwarderConfig, 'outbox' | 'store' | 'delivery'> {
  const { $schema: _, ...file } = parse(path)
  for (const [key, place] of Object.entries(places)) {
    if (place !== 'file' && place !== 'code' && key in file)
      throw new Error(
        `converge-tiktok: ${path} contains ${key}. A secret does not belong in a file that a page could load. Remove it, and set ${place} in the environment.`,
      )
  }
  refuseUnknown(path, file, fileOptions)
  const {
    TIKTOK_ACCESS_TOKEN: accessToken = '',
    CONVERGE_WEBHOOK_TOKEN: webhookToken,
    CONVERGE_ADMIN_TOKEN: adminToken,
    CONVERGE_METRICS_TOKEN: metricsToken,
  } = environment
  const unknown = unknownVariables(environment, file)
  if (!accessToken.trim()) {
    const sentences = [
      'converge-tiktok: TIKTOK_ACCESS_TOKEN is not set. Generate an access token in TikTok Events Manager (the pixel, Settings, Generate Access Token) and set it in the environment, or in the file .env next to the config.',
      ...unknown.map((sentence) => `${sentence}.`),
    ]
    throw new Error(sentences.join(' '))
  }
  for (const sentence of unknown) warn(sentence)
  const tokens = {
    accessToken,
    ...(webhookToken && { webhookToken }),
    ...(adminToken && { adminToken }),
    ...(metricsToken && { metricsToken }),
  }
  const open: Record<string, unknown> = { ...file }
  if ('sources' in file) open.sources = readFileSources(path, file.sources, environment)
  if ('alerts' in file) open.alerts = readFileAlerts(path, file.alerts, environment)
  return { pixelId: '', allowedOrigins: [], ...open, ...tokens }
}

function parse(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readTextFile(path)
  } catch (error) {
    throw new Error(
      `converge-tiktok: the config ${path} could not be read (${reasonOf(error)}). Name the file with --config.`,
    )
  }
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (error) {
    throw new Error(`converge-tiktok: the config ${path} is not JSON (${reasonOf(error)}).`)
  }
  const duplicate = findDuplicateKey(text)
  if (duplicate !== undefined)
    throw new Error(
      `converge-tiktok: the config ${path} has ${duplicate} twice, and the first one would be ignored. Keep one of them.`,
    )
  if (!isRecord(config)) throw new Error(`converge-tiktok: the config ${path} is not a JSON object.`)
  return config
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
