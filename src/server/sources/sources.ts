import { configError } from '../../core/config-error.ts'
import { checkOption, refuseUnknown } from '../../core/options.ts'
import { isRecord } from '../../core/read.ts'
import { type Rules, readRules } from '../../tiktok/rules.ts'
import type { Config } from '../../types.ts'
import type { ForwarderConfig } from '../forwarder-config.ts'
import { isToken } from '../is-token.ts'
import { isSameToken } from '../same-token.ts'
import { ordersInBrowser } from './orders-in-browser.ts'
import type { SourceConfig, SourceType } from './source-config.ts'
import {
  defaultSkipSourceNames,
  defaultStatuses,
  optionsOfType,
  ordersOfType,
  reservedNames,
  sourceNameRule,
  sourceOptions,
} from './source-options.ts'

/** A source with its compiled rules. */
export interface Source {
  name: string
  type: SourceType
  isEnabled: boolean
  /** Tokens or signing keys. Each of them authenticates the source. */
  secrets: readonly string[]
  /** The forwarder's config, overlaid with the source's own mapping and filters. */
  config: Config
  rules: Rules
  /** For `shopify`: the webhook that counts an order. */
  orders: 'paid' | 'created'
  skipSourceNames: readonly string[]
  statuses: readonly string[]
}

export interface Sources {
  /** The page. */
  web: Source
  /** All sources, including the page. */
  all: readonly Source[]
  /** The source of the URL `webhook/<name>`. The page has no such URL. */
  named(name: string): Source | undefined
  /** The webhook source with this token, if any. Compares in constant time. */
  withToken(token: string): Source | undefined
}

/**
 * Checks and compiles the sources of a config. `web` always exists; `webhook` exists if `webhookToken` is set.
 *
 * @throws an error that names the source and the invalid option. It never repeats a secret.
 */
export function readSources(config: ForwarderConfig): Sources {
  const { sources: given = {}, webhookToken } = config
  refuseOther('sources', given)
  const entries: Record<string, SourceConfig> = { web: {}, ...given }
  if (webhookToken !== undefined) entries.webhook = withWebhookToken(entries.webhook ?? {}, webhookToken)
  const all = Object.entries(entries).map(([name, one]) => readSource(name, one, config))
  refuseSharedTokens(all)
  const byName = new Map(all.map((source) => [source.name, source]))
  const web = byName.get('web')
  if (!web) throw new Error('converge-tiktok: sources has no web') // unreachable: `entries` has `web`
  return {
    web,
    all,
    named: (name) => (name === 'web' ? undefined : byName.get(name)),
    withToken: (token) => all.filter((source) => source.type === 'webhook' && opens(source, token))[0],
  }
}

/** True if a webhook source has this token. */
export function opens({ secrets }: Source, token: string): boolean {
  return secrets.filter((secret) => isSameToken(token, secret)).length > 0
}

/** Adds `webhookToken`, the token of the source `webhook`, from before there were sources. */
function withWebhookToken(webhook: SourceConfig, token: string): SourceConfig {
  refuseOther('sources.webhook', webhook)
  const { type = 'webhook' } = webhook
  if (type !== 'webhook')
    throw new Error(
      `converge-tiktok: webhookToken is the token of the source webhook, whose type is ${type}. Give that source another name.`,
    )
  if (webhook.token !== undefined)
    throw new Error('converge-tiktok: webhookToken and sources.webhook.token are both set. Keep one of them.')
  return { ...webhook, token }
}

function readSource(name: string, given: SourceConfig, config: ForwarderConfig): Source {
  const where = `sources.${name}`
  checkName(name)
  refuseOther(where, given)
  const type = readType(name, given)
  refuseUnknown(where, given, Object.fromEntries(optionsOfType[type].map((option) => [option, true])))
  for (const option of optionsOfType[type])
    if (given[option] !== undefined) checkOption(`${where}.${option}`, given[option], sourceOptions[option])
  checkOrders(where, type, given.orders)
  const own = withOwnRules(name, given, config)
  const { orders } = given
  const laidOver = type === 'web' && orders === 'client' ? ordersInBrowser(own) : own
  return {
    name,
    type,
    isEnabled: given.enabled !== false,
    secrets: readSecrets(where, type, given),
    config: laidOver,
    // A forwarder is the relay.
    rules: readRules({ ...laidOver, relay: config.relay ?? '/' }),
    orders: orders === 'created' ? 'created' : 'paid',
    skipSourceNames: given.skipSourceNames ?? defaultSkipSourceNames,
    statuses: given.statuses ?? defaultStatuses,
  }
}

/** The error does not show the value, which may contain a secret. */
function refuseOther(where: string, value: unknown): void {
  if (!isRecord(value)) throw new Error(`converge-tiktok: ${where} is not an object`)
}

function checkName(name: string): void {
  const rule = 'Use up to 32 lowercase letters, digits and hyphens, starting with a letter'
  if (!sourceNameRule.test(name))
    throw new Error(
      `converge-tiktok: sources: ${JSON.stringify(name.slice(0, 100))} is not a valid source name. ${rule}.`,
    )
  if (reservedNames.includes(name))
    throw new Error(`converge-tiktok: sources: "${name}" is the name of a route. Choose another source name.`)
}

function readType(name: string, { type = name === 'web' ? 'web' : 'webhook' }: SourceConfig): SourceType {
  checkOption(`sources.${name}.type`, type, sourceOptions.type)
  if ((name === 'web') !== (type === 'web'))
    throw new Error(
      `converge-tiktok: sources.${name}.type is ${type}. The source named web must have the type web, and no other source may have it.`,
    )
  return type
}

function checkOrders(where: string, type: SourceType, orders: SourceConfig['orders']): void {
  const valid = ordersOfType[type]
  if (orders !== undefined && valid && !valid.includes(orders))
    throw configError(`${where}.orders`, orders, `one of ${valid.join(', ')}`)
}

function readSecrets(where: string, type: SourceType, given: SourceConfig): string[] {
  if (type === 'web') return []
  const option = type === 'webhook' ? 'token' : 'secret'
  const secrets = [given[option] ?? []].flat()
  if (secrets.length === 0)
    throw new Error(`converge-tiktok: ${where}.${option} is missing. Without it, anybody could send orders.`)
  const isValid = type === 'webhook' ? isToken : (secret: unknown) => typeof secret === 'string' && secret.trim() !== ''
  if (!secrets.every(isValid))
    throw new Error(
      `converge-tiktok: ${where}.${option} must be ${type === 'webhook' ? 'text without spaces' : 'text that is not blank'}, or a list of it.`,
    )
  return secrets
}

/** A source's own mapping has no mode, because a source cannot decide whether pages load the pixel. */
function withOwnRules(name: string, { mapping, filters = [] }: SourceConfig, config: ForwarderConfig): Config {
  const where = `sources.${name}`
  const { events = {} } = mapping ?? {}
  if (mapping && 'mode' in mapping)
    throw new Error(
      `converge-tiktok: ${where}.mapping.mode is not an option. Set mapping.mode, which applies to all sources.`,
    )
  refuseUnknown(`${where}.mapping`, mapping ?? {}, { events: true })
  // Compiled separately first, so that errors name the source and not the destination.
  within(where, () => readRules({ pixelId: config.pixelId, mapping: { events }, filters }))
  return {
    ...config,
    ...(mapping && { mapping: { ...config.mapping, events: { ...config.mapping?.events, ...events } } }),
    ...(filters.length > 0 && { filters: [...(config.filters ?? []), ...filters] }),
  }
}

/** Prefixes the path in a config error. */
function within(where: string, read: () => unknown): void {
  try {
    read()
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error))
    throw new Error(message.replace('converge-tiktok: ', `converge-tiktok: ${where}.`))
  }
}

function refuseSharedTokens(sources: readonly Source[]): void {
  const owners = new Map<string, string>()
  for (const { name, type, secrets } of sources) {
    if (type !== 'webhook') continue
    for (const secret of new Set(secrets)) {
      const other = owners.get(secret)
      if (other !== undefined)
        throw new Error(
          `converge-tiktok: sources.${other} and sources.${name} have the same token. Give each its own token, because the token identifies the source of a request.`,
        )
      owners.set(secret, name)
    }
  }
}
