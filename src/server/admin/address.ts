import type { ForwarderConfig } from '../forwarder-config.ts'
import type { RequestContext } from '../request-context.ts'

/** Where pages and shop systems reach the forwarder. */
export interface Address {
  /** With a slash at its end. */
  base: string
  /** What to check about it, as a sentence. Empty if the config names it. */
  note: string
}

const setRelay = 'set relay in the config to the public URL of your forwarder, and this page shows it'

/** Only `relay` says for sure how the shop reaches the forwarder: the operator may have another host or port. */
export function addressOf(
  { relay, allowedOrigins }: Pick<ForwarderConfig, 'relay' | 'allowedOrigins'>,
  request: Request,
  { mainUrl }: Pick<RequestContext, 'mainUrl'>,
): Address {
  const named = relay === undefined ? undefined : urlOf(relay, allowedOrigins)
  if (named !== undefined) return { base: `${named.replace(/\/+$/, '')}/`, note: '' }
  if (mainUrl !== undefined)
    return {
      base: `${mainUrl}/`,
      note: `The snippet and the webhooks have the address of the forwarder on its own machine. For others, ${setRelay}.`,
    }
  return {
    base: baseOf(request),
    note: `The snippet and the webhooks have the host of this page. If your shop uses another one for the forwarder, ${setRelay}.`,
  }
}

/** A relay may be a path on the shop's own host. */
function urlOf(relay: string, allowedOrigins: readonly string[]): string | undefined {
  const origin = allowedOrigins.find((one) => one !== 'null')
  return URL.canParse(relay, origin) ? new URL(relay, origin).href : undefined
}

/** The forwarder's address, as the browser of the operator sees it. */
function baseOf({ url, headers }: Request): string {
  const { protocol, host, pathname } = new URL(url)
  const forwarded = (name: string) => headers.get(`x-forwarded-${name}`)?.split(',')[0]?.trim()
  const scheme = forwarded('proto') ?? protocol.slice(0, -1)
  return `${scheme}://${forwarded('host') ?? host}${pathname.slice(0, pathname.lastIndexOf('/admin') + 1)}`
}
