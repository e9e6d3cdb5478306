import {
  type LogChannel,
  type LogCount,
  type LogHour,
  type LogLine,
  type LogSummary,
  logMatchKeys,
  logStatuses,
} from './event-log.ts'
import { matchKeyNames, timeOfGroup } from './log-entry.ts'

/** A row of a database, by the names of its columns. */
type Row = Readonly<Record<string, unknown>>

export const HOUR = 3_600_000
/** The maximum number of lines in an answer. */
export const longestPage = 1000

export function toLine(row: Row): LogLine {
  const isMissing = (name: string) => row[name] === null || row[name] === undefined
  const number = (name: string) => (isMissing(name) ? undefined : Number(row[name]))
  const text = (name: string) => (isMissing(name) ? undefined : String(row[name]))
  const optional = {
    order_id: text('order_id'),
    code: number('code'),
    message: text('message'),
    value: number('value'),
    currency: text('currency'),
    sent: number('sent'),
  }
  return {
    id: Number(row.id),
    time: Number(row.time),
    source: String(row.source),
    channel: channelOf(row.channel),
    eventName: String(row.event_name),
    event: String(row.event),
    event_id: String(row.event_id),
    status: logStatuses[Number(row.status)] ?? 'failure',
    reason: text('reason') ?? '',
    matchKeys: matchKeyNames(Number(row.keys)),
    attempts: Number(row.attempts),
    ...defined(optional),
  }
}

function channelOf(value: unknown): LogChannel {
  return value === 'server' || value === 'merged' ? value : 'page'
}

/** Returns the fields that are not `undefined`. */
function defined<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  const given: { [Key in keyof Fields]?: NonNullable<Fields[Key]> } = {}
  for (const key in fields) {
    const value = fields[key]
    if (value !== undefined && value !== null) given[key] = value
  }
  return given
}

function toCount(row: Row): LogCount {
  return {
    source: String(row.source),
    channel: channelOf(row.channel),
    eventName: String(row.event_name),
    event: String(row.event),
    status: logStatuses[Number(row.status)] ?? 'failure',
    count: Number(row.count),
  }
}

/** The hours of counts of lines and orders, oldest first. `hour` is in hours since 1970. */
export function toHours(counts: readonly Row[], orders: readonly Row[]): LogHour[] {
  const byHour = new Map<number, { counts: LogCount[]; orders: LogHour['orders'][number][] }>()
  const at = (row: Row) => {
    const found = byHour.get(Number(row.hour)) ?? { counts: [], orders: [] }
    byHour.set(Number(row.hour), found)
    return found
  }
  for (const row of counts) at(row).counts.push(toCount(row))
  for (const row of orders) {
    const count = Number(row.count)
    // Sums of money are exact to the cent, although they are added and subtracted as floating-point numbers.
    const value = Math.round(Number(row.value) * 100) / 100
    if (count) at(row).orders.push({ currency: String(row.currency), count, value })
  }
  const hours = [...byHour].map(([start, parts]) => ({ start: start * HOUR, ...parts }))
  return hours.sort((one, other) => one.start - other.start)
}

/** Sums counts of sent events by `keys` and `is_order`. */
export function sumMatchKeys(rows: readonly Row[]): LogSummary['matchKeys'] {
  const has = Object.fromEntries(logMatchKeys.map((key) => [key, { events: 0, orders: 0 }]))
  const sum = { events: 0, orders: 0, has }
  for (const row of rows) {
    const count = Number(row.count)
    const all = [sum, ...matchKeyNames(Number(row.keys)).flatMap((key) => has[key] ?? [])]
    for (const one of all) {
      one.events += count
      if (row.is_order === 1) one.orders += count
    }
  }
  return sum
}

/** Delivery times, from counts by `time_group` in ascending order. */
export function sumDelivery(counts: readonly Row[]): LogSummary['delivery'] {
  const rows = counts.map((row) => ({ group: Number(row.time_group), count: Number(row.count) }))
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return undefined
  const quantile = (share: number) => {
    let left = share * total
    const found = rows.find(({ count }) => {
      left -= count
      return left <= 0
    })
    return timeOfGroup(found?.group ?? 0)
  }
  return { p50: quantile(0.5), p99: quantile(0.99) }
}
