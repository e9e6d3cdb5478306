import type { Log } from '../core/log.ts'
import type { Answer } from './respond.ts'
import type { Address } from './routes.ts'
import type { Throttle } from './throttle.ts'

const causes = {
  origin: 'A page was refused, because allowedOrigins does not contain its origin',
  token: 'A request with a missing or wrong token or signature was refused',
  body: 'A request was refused, because nothing in its body could be accepted',
  too_large: 'A request was refused, because its body is too large',
  content_type: 'A request was refused, because of the type or encoding of its body',
  no_webhook: 'A webhook was refused, because no source has this URL',
} as const

type Cause = keyof typeof causes

export interface Refusals {
  /** Counts and logs a refused request, if its sender or the shop can fix the cause. */
  note(request: Request, address: Address, answer: Answer): void
  /** Refusals since the start, by cause. */
  counts(): Record<Cause, number>
}

/** Counts refused requests, and logs one line a minute for each cause and origin. */
export function createRefusals(log: Log, throttle: Throttle): Refusals {
  const counts: Record<Cause, number> = { origin: 0, token: 0, body: 0, too_large: 0, content_type: 0, no_webhook: 0 }
  return {
    note(request, { route, source }, { status, problem }) {
      // The operator's page has lines of its own.
      const cause = route === 'admin' ? undefined : causeOf(status, route)
      if (!cause) return
      counts[cause]++
      const origin = originOf(request)
      // The name in an unknown URL is arbitrary text, so do not log it.
      const name = cause === 'no_webhook' ? undefined : source
      const line = throttle.allow(`${cause} ${origin ?? name ?? route}`)
      if (!line) return
      log('warn', causes[cause], {
        status,
        route,
        source: name,
        origin,
        problem: problem && `${problem.path} ${problem.message}`.trim(),
        more: line.leftOut || undefined,
      })
    },
    counts: () => ({ ...counts }),
  }
}

function causeOf(status: number, route: string): Cause | undefined {
  switch (status) {
    case 400:
      return 'body'
    case 401:
      return 'token'
    case 403:
      return 'origin'
    case 404:
      return route === 'webhook' ? 'no_webhook' : undefined
    case 413:
      return 'too_large'
    case 415:
      return 'content_type'
    default:
      return undefined
  }
}

const MAX_ORIGIN = 100

/** The part of the Origin header that is logged: scheme, host and port. */
function originOf({ headers }: Request): string | undefined {
  const origin = headers.get('origin')
  if (origin === null || origin === 'null') return origin ?? undefined
  return URL.canParse(origin) ? new URL(origin).origin.slice(0, MAX_ORIGIN) : 'invalid'
}
