import { checkOption, checkOptions } from '../core/options.ts'
import { type Rules, readRules } from '../tiktok/rules.ts'
import type { ForwarderConfig } from './forwarder.ts'
import { forwarderOptions, isToken, originOption } from './forwarder-options.ts'

/** What a config that lacks a token, or has one that can't stand in a header, is answered with. */
const secrets = {
  accessToken:
    'converge-tiktok: accessToken is missing, or no token. Generate one in TikTok Events Manager (the pixel, Settings, Generate Access Token).',
  webhookToken: 'converge-tiktok: webhookToken is empty, or has spaces: it stands in a header.',
}

/**
 * Reads a forwarder's config, which may come from JSON and an environment.
 *
 * @throws a sentence that names the part that can never work, and never repeats a secret
 */
export function checkConfig(config: ForwarderConfig): Rules {
  // What can't stand in a header would fail each call, with the token in the error.
  const { accessToken, webhookToken, ...open } = config
  checkOptions(open, 'the forwarder', forwarderOptions)
  // A forwarder is the relay.
  const rules = readRules({ ...config, relay: config.relay ?? '/' })
  if (!isToken(accessToken)) throw new Error(secrets.accessToken)
  if (webhookToken !== undefined && !isToken(webhookToken)) throw new Error(secrets.webhookToken)
  checkOption('allowedOrigins', config.allowedOrigins, forwarderOptions.allowedOrigins)
  for (const origin of config.allowedOrigins) checkOption('allowedOrigins', origin, originOption)
  return rules
}
