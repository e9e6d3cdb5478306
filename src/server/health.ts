import type { EventsApi } from '../tiktok/events-api/client.ts'
import type { EventStore } from './event-store.ts'
import type { HealthReport, HealthStatus } from './health-report.ts'
import type { Keeper } from './keeper.ts'
import type { LateEvents } from './late-events.ts'
import type { MatchKeys } from './match-keys.ts'
import { type HistoryConfig, reportNewCustomers } from './new-customers.ts'
import type { ReadPause } from './pause.ts'
import type { Refusals } from './refusals.ts'
import { type Answer, refuse, respond } from './respond.ts'
import { isSameToken } from './same-token.ts'
import type { SourceCounts } from './sources/source-counts.ts'

export interface HealthOptions {
  api: EventsApi
  keeper: Keeper | undefined
  store: EventStore
  matchKeys: MatchKeys
  refusals: Refusals
  lateEvents: LateEvents
  sourceCounts: SourceCounts
  /** How the history of customers is used. `undefined` if no history is kept. */
  history: HistoryConfig | undefined
  /** Milliseconds since 1970. */
  now: () => number
  readPause: ReadPause
  /** Gives access to the details. Without one, only the public part is available. */
  adminToken: string | undefined
}

const httpStatus = { ok: 200, delayed: 200, full: 503, stopped: 503 } as const satisfies Record<HealthStatus, number>

/** Seconds that an event may wait after its due time. */
const LONGEST_WAIT = 300

export type ReadHealth = () => Promise<HealthReport>

/** Returns a function that reads the state of TikTok, of the store and of its disk. */
export function createHealthReader({
  api,
  keeper,
  store,
}: Pick<HealthOptions, 'api' | 'keeper' | 'store'>): ReadHealth {
  return async () => {
    const own = api.stats()
    const stats = { waiting: 0, oldest: undefined, ...own, ...(await keeper?.stats()) }
    const refusal = store.refusal()
    const stopped = stats.stopped ?? own.stopped ?? (refusal?.kind === 'broken' ? refusal.message : undefined)
    const full = stats.full ?? (refusal?.kind === 'full' ? refusal.message : undefined)
    const isDelayed = own.isDown || (stats.overdue ?? stats.oldest ?? 0) > LONGEST_WAIT
    const status = stopped ? 'stopped' : full ? 'full' : isDelayed ? 'delayed' : 'ok'
    return { ...stats, stopped, full, status }
  }
}

/**
 * Reports the forwarder's health. Everybody gets the status, the number of waiting events and the age of the oldest. With the
 * admin token, the report also has the reason of a stop, and counts of sent, failed and refused events.
 */
export function createHealth(
  options: Omit<HealthOptions, 'api' | 'keeper' | 'store'> & { read: ReadHealth },
): (request: Request) => Promise<Answer> {
  const { read, matchKeys, refusals, lateEvents, sourceCounts, history, now, readPause, adminToken } = options

  return async ({ headers }) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
    if (token !== undefined && !(adminToken !== undefined && isSameToken(token, adminToken)))
      return refuse(401, 'The bearer token is wrong, or adminToken is not set.', [], { 'www-authenticate': 'Bearer' })
    const { status, waiting, oldest, stopped, full, sent, dead, ...more } = await read()
    const { orders, customers, no_consent, profiles } = more
    const shown = { status, waiting, oldest }
    if (token === undefined) return respond(httpStatus[status], shown)
    return respond(httpStatus[status], {
      ...shown,
      stopped,
      paused: await readPause(),
      full: full || undefined,
      sent,
      failed: dead,
      orders,
      no_consent,
      profiles,
      new_customers: customers && reportNewCustomers(history, customers, now()),
      too_late: lateEvents.count(),
      refused: refusals.counts(),
      ...matchKeys.report(),
      by_source: sourceCounts.read(),
    })
  }
}
