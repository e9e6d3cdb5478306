import type { Answer } from './respond.ts'

export interface Cors {
  /** True if pages of this request's origin may post events. */
  allows(request: Request): boolean
  /** The CORS headers of a response, errors included: without them the page sees a network failure and retries forever. */
  headers(request: Request): Record<string, string>
}

/** Cross-origin requests of the shop's own pages. */
export function createCors(allowedOrigins: readonly string[]): Cors {
  // Made once, because they are the same for each request of an origin.
  const headersOf = new Map(allowedOrigins.map((origin) => [origin, toHeaders(origin)]))
  const find = ({ headers }: Request) => headersOf.get(headers.get('origin') ?? '')
  return {
    allows: (request) => find(request) !== undefined,
    headers: (request) => find(request) ?? { vary: 'origin' },
  }
}

function toHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    // Pages post with cookies, if the script that they got from here says so. A sandboxed page of any site has the origin null.
    ...(origin !== 'null' && { 'access-control-allow-credentials': 'true' }),
    'access-control-expose-headers': 'retry-after',
    vary: 'origin',
  }
}

/** The answer to a CORS preflight request. */
export const preflight: Answer = {
  status: 204,
  text: null,
  headers: {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '86400',
  },
}
