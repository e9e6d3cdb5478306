import { cookieDomain } from '../core/domain.ts'
import { isRecord, recordOf } from '../core/read.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { Finding } from './finding.ts'

const timeout = 10_000

/** Reports which match keys the running forwarder's events and orders had. It asks the forwarder's health. */
export async function checkMatchKeys(relay: URL | undefined, config: ForwarderConfig): Promise<Finding[]> {
  const { adminToken } = config
  const note = (text: string): Finding[] => [{ ok: undefined, text }]
  if (relay === undefined) return []
  if (adminToken === undefined)
    return note('The match keys of sent events were not checked: set CONVERGE_ADMIN_TOKEN, as for the forwarder.')
  if (!isOwn(relay, config))
    return note(
      `The match keys of sent events were not checked: ${relay.origin} is neither config.relay nor on the domain, so it does not get the admin token.`,
    )
  const health = await readHealth(relay, adminToken)
  if (typeof health === 'string') return note(`The match keys of sent events were not checked: ${health}`)
  const { events, orders } = recordOf(health.match_keys_counted)
  if (!Number(events)) return note('The forwarder has sent no event since it started, so its match keys are not known.')
  const parts = [
    `Match keys of the ${events} events that the forwarder has sent since it started: ${inWords(health.match_keys)}.`,
    ...(Number(orders) ? [`Orders only (${orders}): ${inWords(health.match_keys_of_orders)}.`] : []),
  ]
  return [{ ok: true, text: parts.join(' ') }]
}

/** The page may name any host as its relay. The admin token is only for the shop's own. */
function isOwn({ origin, hostname, protocol }: URL, { relay, domain }: ForwarderConfig): boolean {
  if (relay !== undefined && URL.canParse(relay) && new URL(relay).origin === origin) return true
  const shop = cookieDomain(domain)
  return protocol === 'https:' && shop !== undefined && `.${hostname}`.endsWith(`.${shop}`)
}

async function readHealth(relay: URL, adminToken: string): Promise<Record<string, unknown> | string> {
  const address = `${relay.href.replace(/\/$/, '')}/health`
  try {
    const headers = { authorization: `Bearer ${adminToken}` }
    const response = await fetch(address, { headers, redirect: 'error', signal: AbortSignal.timeout(timeout) })
    const body: unknown = await response.json()
    if (isRecord(body) && isRecord(body.match_keys)) return body
    return `${address} answered ${response.status} without them.`
  } catch {
    return `${address} could not be read.`
  }
}

const inWords = (shares: unknown): string =>
  Object.entries(recordOf(shares))
    .map(([key, share]) => `${key} ${Math.round(Number(share) * 100)} %`)
    .join(', ')
