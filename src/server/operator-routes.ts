import type { Log } from '../core/log.ts'
import { createAdmin } from './admin/admin.ts'
import { type AlertMemory, createAlertMemory, createAlertWatch } from './alerts/alert-watch.ts'
import { readAlerts } from './alerts/read-alerts.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { createHealth, createHealthReader, type HealthOptions } from './health.ts'
import { createMetricsRoute, type Metrics } from './metrics.ts'
import type { RequestContext } from './request-context.ts'
import type { Answer } from './respond.ts'
import type { Sources } from './sources/sources.ts'
import type { Throttle } from './throttle.ts'

export interface OperatorOptions extends Omit<HealthOptions, 'adminToken'> {
  config: ForwarderConfig
  sources: Sources
  metrics: Metrics | undefined
  log: Log
  throttle: Throttle
  monotonic: () => number
  fetch: typeof fetch
  /** The sender's IP address, or an empty text if it is unknown. */
  ipOf: (request: Request, context: RequestContext) => string
  alertMemory: AlertMemory | undefined
  /** Milliseconds between two checks for alerts. */
  watchEvery: number
}

type Take = (request: Request, context: RequestContext, part?: string) => Answer | Promise<Answer>

/** What an operator uses: the health report, the page, metrics and alerts. `stop` ends the alerts' timer. */
export function createOperatorRoutes(
  options: OperatorOptions,
): Record<'health' | 'admin' | 'metrics', Take> & { stop(): void } {
  const { config, metrics, sourceCounts } = options
  const readHealth = createHealthReader(options)
  const takeAdmin = createAdmin({ ...options, readHealth })
  return {
    health: createHealth({ ...options, read: readHealth, adminToken: config.adminToken }),
    admin: (request, context, path = '') => takeAdmin(request, context, path),
    metrics: createMetricsRoute({
      metrics,
      metricsToken: config.metricsToken,
      readFigures: async () => ({ health: await readHealth(), sources: sourceCounts.read() }),
    }),
    stop: startAlerts(options, readHealth),
  }
}

/** Returns a function that stops the timer. */
function startAlerts(options: OperatorOptions, readHealth: ReturnType<typeof createHealthReader>): () => void {
  const { config, log, watchEvery, alertMemory: memory = createAlertMemory() } = options
  const alerts = readAlerts(config.alerts)
  const posted = config.store?.postedAlerts
  if (!alerts) return () => {}
  const eventLog = config.log === false ? undefined : config.store?.log
  if (alerts.silentHours !== undefined && !eventLog)
    log('warn', 'alerts.silentHours has no effect, because it needs a database with an event log', {})
  const look = createAlertWatch({ ...options, alerts, pixelId: config.pixelId, memory, readHealth, eventLog, posted })
  const timer = setInterval(look, watchEvery)
  // On Node, it must not keep the process alive.
  if (typeof timer === 'object') timer.unref()
  return () => clearInterval(timer)
}
