import type { LogPart } from '../store/event-log.ts'
import type { HealthReport } from './health-report.ts'
import type { DeliveryResult, OutboxEvent } from './outbox.ts'
import { type Answer, refuse } from './respond.ts'
import { isSameToken } from './same-token.ts'
import type { SourceCount } from './sources/source-counts.ts'

/** Figures that are read when somebody requests the metrics. */
export interface CurrentFigures {
  health: HealthReport
  sources: Readonly<Record<string, SourceCount>>
}

/** Counts for a monitoring system. */
export interface Metrics {
  /** Counts the events of a request that were accepted, and those that are not sent. */
  countReceived(part: Pick<LogPart, 'source' | 'unsent'>, events: readonly OutboxEvent[]): void
  /** Counts the outcomes of events. `now` is in milliseconds since 1970. */
  countResults(events: readonly OutboxEvent[], results: readonly DeliveryResult[], now: number): void
  /** Resolves with all figures, in the OpenMetrics format. */
  expose(current: CurrentFigures): Promise<{ text: string; contentType: string }>
}

export interface MetricsRouteOptions {
  metrics: Metrics | undefined
  metricsToken: string | undefined
  readFigures: () => Promise<CurrentFigures>
}

/** `GET metrics`. It exists if `metricsToken` is set, on platforms that count. */
export function createMetricsRoute({ metrics, metricsToken, readFigures }: MetricsRouteOptions) {
  return async ({ headers }: Request): Promise<Answer> => {
    if (metricsToken === undefined || !metrics)
      return refuse(404, 'There are no metrics here: metricsToken is not set, or this platform has none.')
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
    if (!isSameToken(token, metricsToken))
      return refuse(401, 'The bearer token is missing or wrong.', [], { 'www-authenticate': 'Bearer' })
    const { text, contentType } = await metrics.expose(await readFigures())
    return { status: 200, text, headers: { 'content-type': contentType, 'cache-control': 'no-store' } }
  }
}
