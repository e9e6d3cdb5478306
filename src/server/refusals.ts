import type { Log } from '../core/log.ts'
import type { Answer } from './respond.ts'
import type { Address } from './routes.ts'
import type { Throttle } from './throttle.ts'

const causes = {
  origin: 'A page was refused, because allowedOrigins does not name its origin',
  token: 'A request with a missing or wrong token or signature was refused',
  body: 'A request was refused, because nothing in its body could be accepted',
  too_large: 'A request was refused, because its body is too large',
  content_type: 'A request was refused, because of the type or encoding of its body',
  no_webhook: 'A webhook was refused, because no source has this address',
} as const

type Cause = keyof typeof causes

export interface Refusals {
  /** Counts and logs a request that was refused for a reason that its sender or the shop can remove. */
  note(request: Request, address: Address, answer: Answer): void
  /** Since the start, by cause. */
  counts(): Record<Cause, number>
}

/** What was refused: one log line a minute for each cause and origin, and counters. */
export function createRefusals(log: Log, throttle: Throttle): Refusals {
  const counts: Record<Cause, number> = { origin: 0, token: 0, body: 0, too_large: 0, content_type: 0, no_webhook: 0 }
  return {
    note(request, { route, source }, { status, problem }) {
      const cause = causeOf(status, route)
      if (!cause) return
      counts[cause]++
      const origin = originOf(request)
      // Behind an address that is no source's stands what anybody wrote there.
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

/** What a log line may say of the Origin header: scheme, host and port. */
function originOf({ headers }: Request): string | undefined {
  const origin = headers.get('origin')
  if (origin === null || origin === 'null') return origin ?? undefined
  return URL.canParse(origin) ? new URL(origin).origin.slice(0, MAX_ORIGIN) : 'invalid'
}
