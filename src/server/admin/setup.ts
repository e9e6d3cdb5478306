import { isRecord } from '../../core/read.ts'
import type { ForwarderConfig } from '../forwarder-config.ts'
import type { Source } from '../sources/sources.ts'
import type { Address } from './address.ts'
import type { AdminSetup } from './admin-api.ts'

/** What the setup view shows of each option. `secret`: only that it is set. */
const shown = {
  pixelId: 'value',
  contentId: 'value',
  contentType: 'value',
  value: 'value',
  mapping: 'value',
  filters: 'value',
  consent: 'value',
  consentFrom: 'value',
  gpc: 'value',
  relay: 'value',
  load: 'value',
  pageLoads: 'value',
  context: 'value',
  domain: 'value',
  limitedDataUse: 'value',
  autoConfig: 'value',
  paused: 'value',
  denials: 'value',
  cookies: 'value',
  debug: 'value',
  beforeSend: 'secret',
  region: 'value',
  nonce: 'secret',
  accessToken: 'secret',
  allowedOrigins: 'value',
  webhookToken: 'secret',
  sources: 'value',
  adminToken: 'secret',
  metricsToken: 'secret',
  trustProxy: 'value',
  allowTest: 'value',
  eventsApiUrl: 'value',
  store: 'secret',
  outbox: 'secret',
  mergeOrders: 'value',
  profiles: 'value',
  newCustomers: 'value',
  log: 'value',
  alerts: 'value',
  delivery: 'value',
} as const satisfies Record<keyof ForwarderConfig, 'value' | 'secret'>

/** Options inside `sources` and `alerts` whose values are secrets. The address of an alert contains its key. */
const secretsInside = ['token', 'secret', 'url']

/** The config in force, without secrets. */
function openConfig(config: ForwarderConfig): Record<string, unknown> {
  const entries = Object.entries(shown).flatMap(([name, how]): [string, unknown][] => {
    const value: unknown = Reflect.get(config, name)
    if (value === undefined) return []
    if (name === 'store' || name === 'outbox') return []
    return [[name, how === 'secret' ? 'set' : withoutSecrets(value, name)]]
  })
  return Object.fromEntries(entries)
}

function withoutSecrets(value: unknown, option: string): unknown {
  if (option !== 'sources' && option !== 'alerts') return value
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretsInside.includes(key) ? 'set' : withoutSecrets(inner, key === 'mapping' || key === 'filters' ? '' : option),
    ]),
  )
}

export function toSetup(config: ForwarderConfig, sources: readonly Source[], { base, note }: Address): AdminSetup {
  const webhooks = sources
    .filter(({ type }) => type !== 'web')
    .map(({ name, type }) => ({ source: name, type, url: `${base}webhook/${name}` }))
  return {
    config: openConfig(config),
    snippet: `<script async src="${base}converge.js"></script>`,
    webhooks,
    addressNote: note,
  }
}
