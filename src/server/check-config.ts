import { check, configError } from '../core/config-error.ts'
import { isRecord } from '../core/read.ts'
import { type Rules, readRules } from '../tiktok/rules.ts'
import type { ConsentPlatform } from '../types.ts'
import type { ForwarderConfig } from './forwarder.ts'

type Fitting = [fits: (value: unknown) => boolean, words: string]

const shaped = (shape: RegExp, words: string): Fitting => [
  (value) => typeof value === 'string' && shape.test(value),
  words,
]
const onOrOff: Fitting = [(value) => typeof value === 'boolean', 'true or false']
const platforms: readonly unknown[] = ['shopify', 'google'] satisfies ConsentPlatform[]

/** Here a misspelt option would not be seen until events are missing, or until too many have left. */
const options = {
  contentType: shaped(/^(product|product_group)$/, 'product or product_group'),
  value: shaped(/^(gross|net)$/, 'gross or net'),
  consent: shaped(/^(always|always_server|implied|require)$/, 'always, always_server, implied or require'),
  gpc: shaped(/^(limited_data_use|deny|ignore)$/, 'limited_data_use, deny or ignore'),
  region: shaped(/^us$/, 'us'),
  load: shaped(/^(idle|immediate)$/, 'idle or immediate'),
  pageLoads: shaped(/^(manual|auto)$/, 'manual or auto'),
  relay: shaped(/^(https?:\/)?\//, 'an address, such as https://track.shop.example'),
  domain: shaped(/^[^\s:/.][^\s:/]*$/, 'a domain alone, such as shop.example'),
  consentFrom: [
    (value) => Array.isArray(value) && value.every((one) => platforms.includes(one)),
    `a list of ${platforms.join(' and ')}`,
  ],
  limitedDataUse: onOrOff,
  autoConfig: onOrOff,
  debug: onOrOff,
  trustProxy: onOrOff,
  allowTest: onOrOff,
} satisfies Partial<Record<keyof ForwarderConfig, Fitting>>

const forwards = 'client, server or client_and_server'

/**
 * Reads a forwarder's config, which may come from JSON and an environment.
 *
 * @throws a sentence that names the part that can never work, and never repeats a secret
 */
export function checkConfig(config: ForwarderConfig): Rules {
  const { filters = [], mapping = {} } = config
  if (!Array.isArray(filters)) throw configError('filters', filters, 'a list of filters')
  if (!isRecord(mapping)) throw configError('mapping', mapping, 'an object')
  if (!isRecord(mapping.events ?? {})) throw configError('mapping.events', mapping.events, 'an object')
  // A forwarder is the relay.
  const rules = readRules({ ...config, relay: config.relay ?? 'here' })
  for (const [option, [fits, words]] of Object.entries(options)) {
    const value: unknown = Reflect.get(config, option)
    if (value !== undefined && !fits(value)) throw configError(option, value, words)
  }
  for (const [eventName, rows] of rules.mapping) {
    for (const { forward = 'client' } of rows)
      check(`mapping.events.${eventName}.forward`, forward, /^(client|server|client_and_server)$/, forwards)
  }
  const { accessToken, webhookToken, allowedOrigins, eventsApiUrl } = config
  // What can't stand in a header would fail each call, with the token in the error.
  if (typeof accessToken !== 'string' || !/^[!-~]+$/.test(accessToken))
    throw new Error(
      'converge-tiktok: accessToken is missing, or no token. Generate one in TikTok Events Manager (the pixel, Settings, Generate Access Token).',
    )
  if (webhookToken !== undefined && (typeof webhookToken !== 'string' || !/^[!-~]+$/.test(webhookToken)))
    throw new Error('converge-tiktok: webhookToken is empty, or has spaces: it stands in a header.')
  if (!Array.isArray(allowedOrigins) || allowedOrigins.length === 0)
    throw configError(
      'allowedOrigins',
      allowedOrigins,
      "a list of the shop's origins, such as https://www.shop.example",
    )
  for (const origin of allowedOrigins) {
    if (origin !== 'null' && originOf(origin) !== origin)
      throw configError(
        'allowedOrigins',
        origin,
        'an origin, such as https://www.shop.example (without a path), or null',
      )
  }
  if (eventsApiUrl !== undefined && !/^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(eventsApiUrl))
    throw configError('eventsApiUrl', eventsApiUrl, 'an https:// URL (the access token travels there)')
  return rules
}

function originOf(origin: unknown): string | undefined {
  try {
    return new URL(String(origin)).origin
  } catch {
    return undefined
  }
}
