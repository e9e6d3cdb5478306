/** The hosts that a request was sent to: the server's, and the one that a proxy received. */
function hostsOf({ url, headers }: Request): string[] {
  const forwarded = headers.get('x-forwarded-host')?.split(',') ?? []
  return [new URL(url).host, headers.get('host') ?? '', ...forwarded].map((host) => host.trim().toLowerCase())
}

/**
 * Returns the shop's origin that the request was sent to, or came from. Any script of the shop, also a third party's, could act
 * as the operator there.
 */
export function shopOriginOf(request: Request, allowedOrigins: readonly string[]): string | undefined {
  const { headers } = request
  const hosts = hostsOf(request)
  const isOwn = headers.get('sec-fetch-site') === 'same-origin'
  const from = [headers.get('origin') ?? '', isOwn ? originOf(headers.get('referer') ?? '') : '']
  return allowedOrigins.find(
    (origin) => origin !== 'null' && (hosts.includes(new URL(origin).host) || from.includes(origin)),
  )
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : '')

/**
 * True if a POST comes from the operator's page itself. Browsers set `Sec-Fetch-Site` and `Origin`, and pages cannot change
 * them. A request without both is not from a browser that could have a session.
 */
export function isFromOwnPage(request: Request): boolean {
  const { headers } = request
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = headers.get('origin')
  return origin !== null && URL.canParse(origin) && hostsOf(request).includes(new URL(origin).host)
}
