import { checkOption, checkOptions, refuseUnknown } from '../core/options.ts'
import { type Rules, readRules } from '../tiktok/rules.ts'
import { readAlerts } from './alerts/read-alerts.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { forwarderOptions, newCustomersOptions, originOption, profileOptions } from './forwarder-options.ts'
import { isToken } from './is-token.ts'
import { readSources, type Sources } from './sources/sources.ts'

/** Errors for tokens that are missing or cannot be sent in a header. They never repeat the token. */
const secrets = {
  accessToken:
    'converge-tiktok: accessToken is missing or not a valid token. Generate one in TikTok Events Manager (the pixel, Settings, Generate Access Token).',
  webhookToken:
    'converge-tiktok: webhookToken is empty or contains spaces. It is sent in a header, so use ASCII letters, digits and signs without spaces.',
}

/** A valid config, compiled. */
export interface CheckedConfig {
  /** The destination's rules, without those of any source. */
  rules: Rules
  sources: Sources
}

/**
 * Checks and compiles a forwarder's config, which may come from JSON and from environment variables.
 *
 * @throws an error that names the invalid option. It never repeats a secret
 */
export function checkConfig(config: ForwarderConfig): CheckedConfig {
  // Checked here because an invalid header value would fail each call with the token in the error.
  const { accessToken, webhookToken, adminToken, metricsToken, alerts, sources: _, ...open } = config
  checkOptions(open, 'the forwarder', forwarderOptions)
  // A forwarder is the relay.
  const rules = readRules({ ...config, relay: config.relay ?? '/' })
  if (!isToken(accessToken)) throw new Error(secrets.accessToken)
  if (webhookToken !== undefined && !isToken(webhookToken)) throw new Error(secrets.webhookToken)
  readAlerts(alerts)
  checkLongToken('adminToken', adminToken)
  checkLongToken('metricsToken', metricsToken)
  if (adminToken !== undefined && adminToken === metricsToken)
    throw new Error(
      'converge-tiktok: adminToken and metricsToken are the same. Generate another one for metrics, because its reader must not act as the operator.',
    )
  checkNewCustomers(config)
  if (config.store && config.outbox)
    throw new Error(
      'converge-tiktok: store and outbox are both set. Set only one of them. A store also keeps events, and it merges orders.',
    )
  checkProfiles(config)
  if (config.delivery === 'drain' && !config.store?.drain)
    throw new Error(
      'converge-tiktok: delivery is drain, which needs a store that can drain: createPostgresStore from converge-tiktok/postgres.',
    )
  checkOption('allowedOrigins', config.allowedOrigins, forwarderOptions.allowedOrigins)
  for (const origin of config.allowedOrigins) checkOption('allowedOrigins', origin, originOption)
  return { rules, sources: readSources(config) }
}

function checkProfiles({ profiles, outbox }: ForwarderConfig): void {
  if (!profiles) return
  if (outbox)
    throw new Error(
      'converge-tiktok: profiles and outbox are both set. Profiles need a store, because an outbox cannot keep them. Set store instead of outbox, or leave profiles out.',
    )
  checkOptions(profiles, 'profiles', profileOptions)
}

function checkNewCustomers({ newCustomers }: ForwarderConfig): void {
  if (!newCustomers) return
  refuseUnknown('newCustomers', newCustomers, newCustomersOptions)
  const { since, days } = newCustomers
  if (since !== undefined) checkOption('newCustomers.since', since, newCustomersOptions.since)
  if (days !== undefined) checkOption('newCustomers.days', days, newCustomersOptions.days)
}

const SHORTEST_TOKEN = 32

/** @throws an error that never repeats the token */
function checkLongToken(name: 'adminToken' | 'metricsToken', token: unknown): void {
  if (token === undefined) return
  const advice = 'Generate one with: openssl rand -hex 32'
  if (typeof token !== 'string' || !/^[!-~]*$/.test(token))
    throw new Error(
      `converge-tiktok: ${name} must consist of ASCII letters, digits and signs, without spaces. ${advice}`,
    )
  if (token.length < SHORTEST_TOKEN)
    throw new Error(
      `converge-tiktok: ${name} has ${token.length} characters. Use at least ${SHORTEST_TOKEN}, so that nobody can guess it. ${advice}`,
    )
}
