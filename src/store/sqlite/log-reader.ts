import type { DatabaseSync } from 'node:sqlite'
import type { LogAttempt, LogLine, LogQuery, LogSummary } from '../event-log.ts'
import { statusCode } from '../line-outcome.ts'
import { shownId } from '../log-entry.ts'
import { HOUR, longestPage, sumDelivery, sumMatchKeys, toHours, toLine } from '../log-reading.ts'
import { linesPerBlock } from './log-tables.ts'

/** Reads the log from a database that may be open read-only. Every method is synchronous. */
export function createLogReader(database: DatabaseSync) {
  return { ...createSearch(database), ...createSummary(database) }
}

const columns = `line.id, time, source, channel, event_name, event, event_id, status, keys, value, currency, attempts, sent,
  code, message, reason, order_id`

function createSearch(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  // Comparing the names of the events in each line would take longer than reading the lines.
  const kinds = prepare(`SELECT json_group_array(id) AS ids FROM log_kinds
    WHERE (:source IS NULL OR source = :source) AND (:event IS NULL OR event = :event OR event_name = :event)`)
  // The counts say which blocks have matching lines, so that a search for a rare event does not read all lines.
  const blocks = prepare(`SELECT block FROM log_blocks
    WHERE block <= :before AND block >= :after AND hour >= :fromHour AND hour < :toHour AND EXISTS (
      SELECT 1 FROM log_counts WHERE log_counts.block = log_blocks.block AND count > 0
        AND (:status IS NULL OR status = :status) AND kind IN (SELECT value FROM json_each(:kinds)))
    ORDER BY block DESC`)
  const ofBlock = prepare(`SELECT ${columns} FROM lines AS line CROSS JOIN log_kinds ON log_kinds.id = kind
    WHERE line.id >= :first AND line.id < :last AND line.id < :before AND line.id > :after
      AND (:status IS NULL OR status = :status) AND kind IN (SELECT value FROM json_each(:kinds))
      AND time >= :from AND time < :to
    ORDER BY line.id DESC LIMIT :limit`)
  // The index of `waiting` begins with the event's name. The few names are found one by one, without reading all rows.
  const byId = prepare(`WITH RECURSIVE names (name) AS (SELECT min(event) FROM waiting
      UNION ALL SELECT (SELECT min(event) FROM waiting WHERE event > name) FROM names WHERE name IS NOT NULL)
    SELECT ${columns} FROM lines AS line JOIN log_kinds ON log_kinds.id = kind WHERE line.id IN (
      SELECT log.id FROM log_blocks CROSS JOIN log ON log.block = log_blocks.block AND log.event_id = :shown
      UNION SELECT line FROM names CROSS JOIN waiting ON waiting.event = name AND waiting.event_id = :id
      UNION SELECT log.id FROM log WHERE order_id = :shown) ORDER BY 1 DESC LIMIT ${longestPage}`)

  const answers = prepare(`SELECT line, time, code, message FROM log_answers
    WHERE line IN (SELECT value FROM json_each(?)) ORDER BY line, time`)

  function find(id: string): LogLine[] {
    const wanted = id.trim()
    return byId.all({ id: wanted, shown: shownId(wanted) }).map(toLine)
  }

  function* matching(query: LogQuery): Generator<LogLine> {
    const { status, event = null, source = null, from = 0, to = Number.MAX_SAFE_INTEGER } = query
    const { before = Number.MAX_SAFE_INTEGER, after = -1, limit = 100 } = query
    const wanted = {
      status: status === undefined ? null : statusCode(status),
      kinds: String(kinds.get({ source, event })?.ids),
    }
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

  /** Adds the answers to the attempts of lines that TikTok did not accept at once. */
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
  const lastOrder = prepare(`SELECT max(time) AS time FROM (SELECT max(block) AS last FROM log_orders WHERE count > 0)
    JOIN log ON id >= last * ${linesPerBlock} AND id < (last + 1) * ${linesPerBlock} WHERE is_order = 1`)

  return {
    summary(from: number, recent: number): LogSummary {
      const hour = Math.floor(from / HOUR)
      const recentHour = Math.floor(recent / HOUR)
      const delivery = sumDelivery(times.all(recentHour))
      const last = lastOrder.get()?.time
      return {
        hours: toHours(counts.all(hour), orders.all(hour)),
        matchKeys: sumMatchKeys(keys.all(recentHour)),
        ...(delivery && { delivery }),
        ...(typeof last === 'number' && { lastOrder: last }),
      }
    },
  }
}

export type LogReader = ReturnType<typeof createLogReader>
