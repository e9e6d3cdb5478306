import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import {
  type LogAttempt,
  type LogChannel,
  type LogCount,
  type LogHour,
  type LogLine,
  type LogQuery,
  type LogSummary,
  logMatchKeys,
  logStatuses,
} from '../event-log.ts'
import { matchKeyNames, shownId, timeOfGroup } from '../log-entry.ts'
import { statusCode } from './log-changes.ts'
import { linesPerBlock } from './log-tables.ts'

const HOUR = 3_600_000
const longestPage = 1000

type Row = Record<string, SQLOutputValue>

/** Reads the log from a database that may be open read-only. Every method is synchronous. */
export function createLogReader(database: DatabaseSync) {
  return { ...createSearch(database), ...createSummary(database) }
}

const columns = `log.id, time, source, channel, event_name, event, event_id, status, keys, value, currency, attempts, sent,
  code, message, reason, order_id`
const from = 'FROM log JOIN log_kinds ON log_kinds.id = log.kind'

function createSearch(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  // The counts say which blocks have matching lines, so that a search for a rare event does not read all lines.
  const blocks = prepare(`SELECT block FROM log_blocks
    WHERE block <= :before AND block >= :after AND hour >= :fromHour AND hour < :toHour AND EXISTS (
      SELECT 1 FROM log_counts JOIN log_kinds ON log_kinds.id = log_counts.kind
      WHERE log_counts.block = log_blocks.block AND count > 0 AND (:status IS NULL OR status = :status)
        AND (:source IS NULL OR source = :source) AND (:event IS NULL OR event = :event OR event_name = :event))
    ORDER BY block DESC`)
  const ofBlock = prepare(`SELECT ${columns} ${from}
    WHERE log.id >= :first AND log.id < :last AND log.id < :before AND log.id > :after
      AND (:status IS NULL OR status = :status) AND (:source IS NULL OR source = :source)
      AND (:event IS NULL OR event = :event OR event_name = :event) AND time >= :from AND time < :to
    ORDER BY log.id DESC LIMIT :limit`)
  const byId = prepare(`SELECT ${columns} FROM log_blocks CROSS JOIN log
    ON log.block = log_blocks.block AND log.event_id = :id JOIN log_kinds ON log_kinds.id = log.kind
    UNION SELECT ${columns} ${from} WHERE order_id = :id ORDER BY 1 DESC LIMIT ${longestPage}`)

  const answers = prepare(`SELECT line, time, code, message FROM log_answers
    WHERE line IN (SELECT value FROM json_each(?)) ORDER BY line, time`)

  function find(id: string): LogLine[] {
    return byId.all({ id: shownId(id.trim()) }).map(toLine)
  }

  function* matching(query: LogQuery): Generator<LogLine> {
    const { status, event = null, source = null, from = 0, to = Number.MAX_SAFE_INTEGER } = query
    const { before = Number.MAX_SAFE_INTEGER, after = -1, limit = 100 } = query
    const wanted = { status: status === undefined ? null : statusCode(status), event, source }
    const hours = { fromHour: Math.floor(from / HOUR), toHour: Math.ceil(to / HOUR) }
    const range = { before: Math.floor(before / linesPerBlock), after: Math.floor(Math.max(0, after) / linesPerBlock) }
    let left = Math.min(limit, longestPage)
    for (const row of blocks.iterate({ ...wanted, ...hours, ...range })) {
      const first = Number(row.block) * linesPerBlock
      const bounds = { first, last: first + linesPerBlock, before, after, from, to, limit: left }
      for (const line of ofBlock.all({ ...wanted, ...bounds })) {
        left--
        yield toLine(line)
      }
      if (left <= 0) return
    }
  }

  /** Adds the answers to the attempts of lines that were not taken at once. */
  function withAnswers(lines: LogLine[]): LogLine[] {
    const tried = lines.filter(({ status, attempts }) => attempts > (status === 'success' ? 1 : 0))
    if (tried.length === 0) return lines
    const byLine = new Map<number, LogAttempt[]>()
    for (const { line, time, code, message } of answers.iterate(JSON.stringify(tried.map(({ id }) => id)))) {
      const answer = { time: Number(time), message: String(message), ...(code !== null && { code: Number(code) }) }
      byLine.set(Number(line), [...(byLine.get(Number(line)) ?? []), answer])
    }
    return lines.map((line) => {
      const earlier = byLine.get(line.id)
      if (!earlier) return line
      const { sent, code, message = '' } = line
      const last = sent === undefined ? [] : [{ time: sent, message, ...(code !== undefined && { code }) }]
      return { ...line, answers: [...earlier, ...last] }
    })
  }

  return {
    /** Newest first. */
    lines(query: LogQuery): LogLine[] {
      const { id, before = Number.MAX_SAFE_INTEGER, after = -1 } = query
      if (id === undefined) return withAnswers([...matching(query)])
      const found = find(id).filter((line) => line.id < before && line.id > after && fits(line, query))
      return withAnswers(found.slice(0, query.limit ?? 100))
    },

    find: (ids: readonly string[]): LogLine[] => ids.slice(0, longestPage).flatMap(find),
  }
}

function fits(line: LogLine, { status, event, source, from = 0, to = Number.MAX_SAFE_INTEGER }: LogQuery): boolean {
  return (
    (status === undefined || line.status === status) &&
    (source === undefined || line.source === source) &&
    (event === undefined || line.event === event || line.eventName === event) &&
    line.time >= from &&
    line.time < to
  )
}

function toLine(row: Row): LogLine {
  const number = (name: string) => (row[name] === null ? undefined : Number(row[name]))
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]))
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

function channelOf(value: SQLOutputValue | undefined): LogChannel {
  return value === 'server' || value === 'merged' ? value : 'page'
}

/** Without the fields that are `undefined`. */
function defined<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: NonNullable<Fields[Key]> } {
  const given: { [Key in keyof Fields]?: NonNullable<Fields[Key]> } = {}
  for (const key in fields) {
    const value = fields[key]
    if (value !== undefined && value !== null) given[key] = value
  }
  return given
}

function createSummary(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const counts = prepare(`SELECT hour, source, channel, event_name, event, status, sum(count) AS count
    FROM log_blocks CROSS JOIN log_counts USING (block) JOIN log_kinds ON log_kinds.id = log_counts.kind
    WHERE hour >= ? GROUP BY hour, kind, status HAVING sum(count) <> 0 ORDER BY hour`)
  const orders = prepare(`SELECT hour, currency, sum(count) AS count, sum(value) AS value
    FROM log_blocks CROSS JOIN log_orders USING (block) WHERE hour >= ? GROUP BY hour, currency`)
  const keys = prepare(`SELECT keys, is_order, sum(count) AS count FROM log_blocks CROSS JOIN log_keys USING (block)
    WHERE hour >= ? GROUP BY keys, is_order`)
  const times = prepare(`SELECT time_group, sum(count) AS count FROM log_blocks CROSS JOIN log_times USING (block)
    WHERE hour >= ? GROUP BY time_group ORDER BY time_group`)
  const lastOrder = prepare(`SELECT max(time) AS time FROM log WHERE is_order = 1 AND block =
    (SELECT max(block) FROM log_orders WHERE count > 0)`)

  function hoursFrom(hour: number): LogHour[] {
    const byHour = new Map<number, { counts: LogCount[]; orders: LogHour['orders'][number][] }>()
    const at = (row: Row) => {
      const found = byHour.get(Number(row.hour)) ?? { counts: [], orders: [] }
      byHour.set(Number(row.hour), found)
      return found
    }
    for (const row of counts.all(hour)) at(row).counts.push(toCount(row))
    for (const row of orders.all(hour)) {
      const count = Number(row.count)
      // Sums of money are exact to the cent, although they are added and subtracted as floating-point numbers.
      const value = Math.round(Number(row.value) * 100) / 100
      if (count) at(row).orders.push({ currency: String(row.currency), count, value })
    }
    const hours = [...byHour].map(([start, parts]) => ({ start: start * HOUR, ...parts }))
    return hours.sort((one, other) => one.start - other.start)
  }

  function matchKeysFrom(hour: number): LogSummary['matchKeys'] {
    const has = Object.fromEntries(logMatchKeys.map((key) => [key, { events: 0, orders: 0 }]))
    const sum = { events: 0, orders: 0, has }
    for (const row of keys.all(hour)) {
      const count = Number(row.count)
      const all = [sum, ...matchKeyNames(Number(row.keys)).flatMap((key) => has[key] ?? [])]
      for (const one of all) {
        one.events += count
        if (row.is_order === 1) one.orders += count
      }
    }
    return sum
  }

  function deliveryFrom(hour: number): LogSummary['delivery'] {
    const rows = times.all(hour).map((row) => ({ group: Number(row.time_group), count: Number(row.count) }))
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

  return {
    summary(from: number, recent: number): LogSummary {
      const recentHour = Math.floor(recent / HOUR)
      const delivery = deliveryFrom(recentHour)
      const last = lastOrder.get()?.time
      return {
        hours: hoursFrom(Math.floor(from / HOUR)),
        matchKeys: matchKeysFrom(recentHour),
        ...(delivery && { delivery }),
        ...(typeof last === 'number' && { lastOrder: last }),
      }
    },
  }
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

export type LogReader = ReturnType<typeof createLogReader>
