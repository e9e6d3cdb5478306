import { lookup, resolveCname } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'
import { cookieDomain } from '../core/domain.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { Finding } from './finding.ts'

/** Looks up a host. */
export interface Dns {
  /** The name that the host is an alias of, if any. */
  alias(host: string): Promise<string | undefined>
  addresses(host: string): Promise<string[]>
}

export const systemDns: Dns = {
  alias: async (host) => (await resolveCname(host).catch(() => [])).at(0),
  addresses: async (host) => (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address),
}

export interface CookiePlace {
  page: URL
  html: string
  /** The forwarder that the page posts to, if it is known. */
  relay: URL | undefined
  config: Pick<ForwarderConfig, 'cookies' | 'domain'>
}

const limits = 'Safari deletes them after 7 days, and the click ID after 24 hours if the visitor came from an ad'
const ownCookies = `The page keeps the click ID in a cookie of its own, and the visitor's ID in its storage. ${limits}.`

/** Reports whether the forwarder can keep the visitor's ID and the click ID in cookies, and for how long in Safari. */
export async function checkCookies(
  { page, html, relay, config }: CookiePlace,
  dns: Dns = systemDns,
): Promise<Finding[]> {
  const note = (text: string): Finding[] => [{ ok: undefined, text }]
  const domain = cookieDomain(config.domain)
  if (config.cookies === false) return note(`cookies is false, so the forwarder sets none. ${ownCookies}`)
  if (domain === undefined) return note(`The forwarder sets no cookies without the option domain. ${ownCookies}`)
  if (relay === undefined) return note('No relay was found in the page, so its cookies were not checked.')
  for (const { hostname } of [page, relay])
    if (!isWithin(hostname, domain))
      return note(`The forwarder sets no cookies, because ${hostname} is not on the domain ${domain}. ${ownCookies}`)
  const limit = await findLimit({ page, html, relay, domain }, dns)
  return limit
    ? note(`The forwarder's cookies last 30 days, but in Safari 7 days: ${limit}`)
    : [
        {
          ok: true,
          text: `The forwarder's cookies last 30 days, also in Safari, which accepts ${relay.hostname} as part of the shop.`,
        },
      ]
}

const isWithin = (host: string, domain: string): boolean => `.${host}`.endsWith(`.${domain}`)

/**
 * The reason why Safari limits the age of cookies that the forwarder sets, if it does. The rules are WebKit's, in
 * NetworkTaskCocoa.mm. A host is limited if it is an alias of another site, or if its addresses differ in their first half.
 */
async function findLimit(
  { page, html, relay, domain }: Omit<CookiePlace, 'config' | 'relay'> & { relay: URL; domain: string },
  { alias, addresses }: Dns,
): Promise<string | undefined> {
  if (/\bcdn\.shopify\.com\b/.test(html))
    return 'the page is hosted by Shopify, whose addresses a forwarder cannot share. This limit stays on every hosted platform.'
  const [own, other] = [relay.hostname, page.hostname]
  if (own === other) return undefined
  const [name, pageName] = await Promise.all([alias(own), alias(other)])
  if (name !== undefined) {
    if (isWithin(name, domain) || siteOf(name) === siteOf(pageName)) return undefined
    return `${own} is an alias (CNAME) of ${name}, which is another site. Serve the forwarder under a path of ${other}, or give ${own} an address near the page's.`
  }
  const [ownAddresses, pageAddresses] = await Promise.all([addresses(own), addresses(other)])
  if (!ownAddresses.length || !pageAddresses.length)
    return `perhaps, because the addresses of ${ownAddresses.length ? other : own} could not be looked up.`
  if (ownAddresses.some((address) => pageAddresses.some((one) => isNear(address, one)))) return undefined
  return `the addresses of ${own} (${ownAddresses.join(', ')}) and ${other} (${pageAddresses.join(', ')}) differ in their first half. Serve the forwarder under a path of ${other}, or from the same network.`
}

/** The last two parts of a host name. */
const siteOf = (host: string | undefined): string => host?.split('.').slice(-2).join('.') ?? ''

/** Whether two addresses have the same first half: 16 bits of an IPv4 address, 64 of an IPv6 address. */
function isNear(one: string, other: string): boolean {
  if (isIPv6(one) !== isIPv6(other)) return false
  const family = isIPv6(one) ? 'ipv6' : 'ipv4'
  const half = new BlockList()
  half.addSubnet(one, family === 'ipv6' ? 64 : 16, family)
  return half.check(other, family)
}
