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

/** A source, read once. */
export interface Source {
  name: string
  type: SourceType
  isEnabled: boolean
  /** Tokens of a webhook, or keys of signatures: each of them opens the source. */
  secrets: readonly string[]
  /** The forwarder's config, with the source's own mapping and filters laid over it. */
  config: Config
  rules: Rules
  /** Of Shopify: the webhook that counts an order. */
  orders: 'paid' | 'created'
  skipSourceNames: readonly string[]
  statuses: readonly string[]
}

export interface Sources {
  /** The page. */
  web: Source
  /** All of them, the page included. */
  all: readonly Source[]
  /** The source of an address, `webhook/<name>`. The page has none. */
  named(name: string): Source | undefined
  /** The webhook that a token opens, or nothing. It takes the same time whichever token it is. */
  withToken(token: string): Source | undefined
}

/**
 * Reads the sources of a config. There is always `web`; there is `webhook` where `webhookToken` is set.
 *
 * @throws a sentence that names the source and the option that can never work. It never repeats a secret.
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
  if (!web) throw new Error('converge-tiktok: sources has no web') // it was put there above
  return {
    web,
    all,
    named: (name) => (name === 'web' ? undefined : byName.get(name)),
    withToken: (token) => all.filter((source) => source.type === 'webhook' && opens(source, token))[0],
  }
}

/** Whether a token opens a webhook. */
export function opens({ secrets }: Source, token: string): boolean {
  return secrets.filter((secret) => isSameToken(token, secret)).length > 0
}

/** What the page and every server know before any source: `webhookToken` is the token of the source `webhook`. */
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

/** It does not show the value, which may hold a secret. */
function refuseOther(where: string, value: unknown): void {
  if (!isRecord(value)) throw new Error(`converge-tiktok: ${where} is not an object`)
}

function checkName(name: string): void {
  const rule = 'Use up to 32 small letters, digits and hyphens, with a letter first'
  if (!sourceNameRule.test(name))
    throw new Error(
      `converge-tiktok: sources has ${JSON.stringify(name.slice(0, 100))}, which cannot be a name. ${rule}.`,
    )
  if (reservedNames.includes(name))
    throw new Error(`converge-tiktok: sources has ${name}, which is the name of a route. Choose another name.`)
}

function readType(name: string, { type = name === 'web' ? 'web' : 'webhook' }: SourceConfig): SourceType {
  checkOption(`sources.${name}.type`, type, sourceOptions.type)
  if ((name === 'web') !== (type === 'web'))
    throw new Error(
      `converge-tiktok: sources.${name}.type is ${type}. Only the source called web is the page, and it has no other type.`,
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

/** A source's own mapping has no mode: whether there is a pixel is not a question of the source. */
function withOwnRules(name: string, { mapping, filters = [] }: SourceConfig, config: ForwarderConfig): Config {
  const where = `sources.${name}`
  const { events = {} } = mapping ?? {}
  if (mapping && 'mode' in mapping)
    throw new Error(`converge-tiktok: ${where}.mapping has no mode. mapping.mode holds for all sources.`)
  refuseUnknown(`${where}.mapping`, mapping ?? {}, { events: true })
  // What is wrong here is said of the source, not of the destination.
  within(where, () => readRules({ pixelId: config.pixelId, mapping: { events }, filters }))
  return {
    ...config,
    ...(mapping && { mapping: { ...config.mapping, events: { ...config.mapping?.events, ...events } } }),
    ...(filters.length > 0 && { filters: [...(config.filters ?? []), ...filters] }),
  }
}

/** Puts a place in front of the place that an error of the config names. */
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
          `converge-tiktok: sources.${other} and sources.${name} have the same token. Give each its own, since it tells which source a request is from.`,
        )
      owners.set(secret, name)
    }
  }
}
