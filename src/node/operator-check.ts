import { readAlerts } from '../server/alerts/read-alerts.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import { defaultRetention } from '../store/event-log.ts'
import type { NamedFile, NamedPostgres } from './file-flags.ts'
import type { Finding } from './finding.ts'

type DatabaseKind = (NamedFile | NamedPostgres)['kind']

/** Reports what the operator of a server will see of it: the page, the event log, metrics and alerts. */
export function checkOperator(config: ForwarderConfig, kind: DatabaseKind): Finding[] {
  return [checkPage(config, kind), checkLog(config, kind), checkMetrics(config), ...checkAlerts(config, kind)]
}

function checkPage({ adminToken, relay, allowedOrigins }: ForwarderConfig, kind: DatabaseKind): Finding {
  if (adminToken === undefined)
    return note(
      'There is no operator’s page, because adminToken is not set. Set CONVERGE_ADMIN_TOKEN, such as to the output of: openssl rand -hex 32',
    )
  if (kind === 'outbox')
    return note('There is no operator’s page, because it needs a database: start the server with --database.')
  const origin = relay === undefined ? undefined : allowedOrigins.find((one) => isOn(one, relay))
  if (origin !== undefined)
    return note(
      `The operator’s page is answered 404 on ${origin}, because relay is on that origin of allowedOrigins, and any script there could act as you. Start the server with --admin-port, or give the forwarder a host of its own.`,
    )
  return fine(
    'The operator’s page is /admin of the forwarder. It is answered 404 on an origin of allowedOrigins: give the forwarder a host of its own, or start the server with --admin-port.',
  )
}

/** True if a relay, which may be a path of the shop's own host, is on this origin. */
function isOn(origin: string, relay: string): boolean {
  return origin !== 'null' && URL.canParse(relay, origin) && new URL(relay, origin).origin === origin
}

const hasLog = { database: true, outbox: false, postgres: true } as const satisfies Record<DatabaseKind, boolean>

function checkLog({ log }: ForwarderConfig, kind: DatabaseKind): Finding {
  if (log === false)
    return note(
      'There is no event log, because log is false: the operator’s page shows no events, and reconcile has nothing to compare.',
    )
  if (hasLog[kind]) {
    const { days, maxBytes } = { ...defaultRetention, ...log }
    return fine(`The event log keeps ${days} days, at most ${Math.round(maxBytes / 1e6)} MB.`)
  }
  if (log) return toFix('log is set, but an outbox has no event log. Use a database, or remove log.')
  return note('There is no event log, because an outbox has none, so reconcile has nothing to compare.')
}

function checkMetrics({ metricsToken }: ForwarderConfig): Finding {
  if (metricsToken === undefined)
    return note('There are no metrics, because metricsToken is not set. Set CONVERGE_METRICS_TOKEN if you want them.')
  return fine('GET /metrics answers with metricsToken.')
}

function checkAlerts({ alerts: given, log }: ForwarderConfig, kind: DatabaseKind): Finding[] {
  const alerts = readAlerts(given)
  if (!alerts)
    return [note('There are no alerts, so nobody is notified when something stops. See alerts in the README.')]
  const { oldestMinutes, deadLetters, silentHours } = alerts
  const isSilenceWatched = silentHours !== undefined && hasLog[kind] && log !== false
  const silence = isSilenceWatched ? `, when no order came for ${silentHours} hours` : ''
  const text = `Alerts are posted when sending stops, when an event waits for more than ${oldestMinutes} minutes${silence}, and above ${deadLetters} dead letters.`
  if (silentHours === undefined || isSilenceWatched) return [fine(text)]
  return [fine(text), toFix('alerts.silentHours has no effect, because it needs a database with an event log.')]
}

const fine = (text: string): Finding => ({ ok: true, text })
const note = (text: string): Finding => ({ ok: undefined, text })
const toFix = (text: string): Finding => ({ ok: false, text })
