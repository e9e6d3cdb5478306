import { checkOption, checkOptions } from '../core/options.ts'
import { type Rules, readRules } from '../tiktok/rules.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { forwarderOptions, originOption } from './forwarder-options.ts'
import { isToken } from './is-token.ts'
import { readSources, type Sources } from './sources/sources.ts'

/** What a config that lacks a token, or has one that can't stand in a header, is answered with. */
const secrets = {
  accessToken:
    'converge-tiktok: accessToken is missing, or no token. Generate one in TikTok Events Manager (the pixel, Settings, Generate Access Token).',
  webhookToken: 'converge-tiktok: webhookToken is empty, or has spaces: it stands in a header.',
}

/** A config that was read. */
export interface CheckedConfig {
  /** The destination's own, before any source's. */
  rules: Rules
  sources: Sources
}

/**
 * Reads a forwarder's config, which may come from JSON and an environment.
 *
 * @throws a sentence that names the part that can never work, and never repeats a secret
 */
export function checkConfig(config: ForwarderConfig): CheckedConfig {
  // What can't stand in a header would fail each call, with the token in the error.
  const { accessToken, webhookToken, adminToken, sources: _, ...open } = config
  checkOptions(open, 'the forwarder', forwarderOptions)
  // A forwarder is the relay.
  const rules = readRules({ ...config, relay: config.relay ?? '/' })
  if (!isToken(accessToken)) throw new Error(secrets.accessToken)
  if (webhookToken !== undefined && !isToken(webhookToken)) throw new Error(secrets.webhookToken)
  checkAdminToken(adminToken)
  if (config.store && config.outbox)
    throw new Error(
      'converge-tiktok: store and outbox are both set. Set only one of them: a store keeps events, too, and merges orders.',
    )
  checkOption('allowedOrigins', config.allowedOrigins, forwarderOptions.allowedOrigins)
  for (const origin of config.allowedOrigins) checkOption('allowedOrigins', origin, originOption)
  return { rules, sources: readSources(config) }
}

const SHORTEST_ADMIN_TOKEN = 32

/** It never repeats the token. */
function checkAdminToken(token: unknown): void {
  if (token === undefined) return
  const advice = 'Make one with: openssl rand -hex 32'
  if (typeof token !== 'string' || !/^[!-~]*$/.test(token))
    throw new Error(`converge-tiktok: adminToken must be letters, digits and signs without spaces. ${advice}`)
  if (token.length < SHORTEST_ADMIN_TOKEN)
    throw new Error(
      `converge-tiktok: adminToken has ${token.length} characters, and needs ${SHORTEST_ADMIN_TOKEN} or more, so that nobody can guess it. ${advice}`,
    )
}
