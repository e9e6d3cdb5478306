import type { LogHour, LogSummary } from '../../store/event-log.ts'
import type { HealthReport } from '../health-report.ts'
import type { PausedBy } from '../pause.ts'
import { redact } from '../redact.ts'
import type { SourceCount } from '../sources/source-counts.ts'
import type { AdminPeriod, AdminSource, AdminSummary } from './admin-api.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const HOURS = 24
const DAYS = 30

/** From when the log is read for a summary, in milliseconds since 1970: whole days in UTC, and the last 24 hours. */
export function summaryTimes(now: number): { from: number; recent: number } {
  return { from: startOf(now, DAY) - (DAYS - 1) * DAY, recent: startOf(now, HOUR) - (HOURS - 1) * HOUR }
}

export interface SummaryParts {
  pixelId: string
  now: number
  report: HealthReport
  /** What pauses the intake. */
  pausedBy: PausedBy | undefined
  /** The log's summary, or a sentence if there is no log. */
  log: LogSummary | string
  sources: Readonly<Record<string, SourceCount>>
}

export function toSummary({ pixelId, now, report, pausedBy, log: given, sources }: SummaryParts): AdminSummary {
  const { status, stopped, full, waiting, oldest, dead, disk } = report
  const message = stopped ?? (typeof full === 'string' ? full : undefined)
  const { from, recent } = summaryTimes(now)
  const log = typeof given === 'string' ? undefined : given
  const hours = log?.hours ?? []
  return {
    pixelId,
    now,
    state: { status, paused: pausedBy ?? false, ...(message !== undefined && { message: redact(message) }) },
    ...(typeof given === 'string' && { noLog: given }),
    waiting,
    ...(oldest !== undefined && { oldest }),
    dead: Object.fromEntries(Object.entries(dead).map(([problem, count]) => [redact(problem), count])),
    hours: periodsOf(hours, recent, HOUR, HOURS),
    days: periodsOf(hours, from, DAY, DAYS),
    matchKeys: toShares(log?.matchKeys),
    ...(log?.delivery && { delivery: log.delivery }),
    sources: Object.entries(sources).map(toSource),
    disk: {
      used: Math.max(0, (disk?.used ?? 0) - (disk?.log ?? 0)),
      limit: disk?.limit ?? 0,
      ...(disk?.free !== undefined && { free: disk.free }),
    },
  }
}

/** Counts of `count` periods of the same length, from `from`. Empty periods are included. */
function periodsOf(hours: readonly LogHour[], from: number, length: number, count: number): AdminPeriod[] {
  const periods = Array.from({ length: count }, (_, index) => emptyPeriod(from + index * length))
  for (const hour of hours) {
    const period = periods[Math.floor((hour.start - from) / length)]
    if (period) addHour(period, hour)
  }
  return periods
}

function addHour(period: AdminPeriod, { counts, orders }: LogHour): void {
  for (const { event, eventName, channel, status, count } of counts) {
    const name = redact(event || eventName)
    const ofEvent = period.events[name] ?? {}
    period.events[name] = { ...ofEvent, [status]: (ofEvent[status] ?? 0) + count }
    period.channels[channel] += count
  }
  for (const { currency, count, value } of orders) {
    period.orders += count
    if (currency) period.value[currency] = toCents((period.value[currency] ?? 0) + value)
  }
}

const emptyPeriod = (start: number): AdminPeriod => ({
  start,
  events: {},
  channels: { page: 0, server: 0, merged: 0 },
  orders: 0,
  value: {},
})

const toCents = (value: number): number => Math.round(value * 100) / 100
const startOf = (time: number, length: number): number => Math.floor(time / length) * length

function toShares(matchKeys: LogSummary['matchKeys'] | undefined): AdminSummary['matchKeys'] {
  const { events = 0, orders = 0, has = {} } = matchKeys ?? {}
  const share = (part: number, all: number) => (all ? Number((part / all).toFixed(3)) : 0)
  const shares = Object.entries(has).map(([key, count]) => [
    key,
    { events: share(count.events, events), orders: share(count.orders, orders) },
  ])
  return { events, orders, share: Object.fromEntries(shares) }
}

function toSource([name, count]: [string, SourceCount]): AdminSource {
  const { type, enabled = true, accepted, unauthorized, unavailable, last } = count
  return { name, type, enabled, accepted, unauthorized, unavailable, ...(last && { last: Date.parse(last) }) }
}
