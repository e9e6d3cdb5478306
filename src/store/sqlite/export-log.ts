import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { statusCode } from '../line-outcome.ts'
import { timeGroup } from '../log-entry.ts'
import { referenceBytes } from '../log-reference.ts'
import { linesPerBlock } from './log-tables.ts'

export type ExportedRow = Record<string, SQLOutputValue>

/** A count of lines, as the other engine has it. `key` is what is counted: a kind, and the values of its columns. */
export interface ExportedCount {
  /** In hours since 1970. */
  hour: number
  key: readonly (string | number)[]
  count: number
  /** The value of orders. */
  value: number
}

export interface LogExport {
  /** The secret of the references in hex. `undefined` if there is none. */
  secret(): string | undefined
  /** The largest ID that a line has had. */
  lastId(): number
  /** Reads the oldest lines behind an ID. `person` has references as decimal numbers, `answers` is JSON. */
  lines(after: number): ExportedRow[]
  /** Reads lines by ID, without those that wait for an event that the file does not have any more. */
  linesOf(ids: readonly number[]): ExportedRow[]
  /** What is counted but has no line any more. */
  countsOfDeleted(): ExportedCount[]
}

const success = statusCode('success')
const LINES_OF_PART = 5000

const columns = `log.id, time, source, channel, event_name, event, event_id, order_id, status, keys, is_order, attempts, value,
  currency, person, sent, code, message, reason,
  (SELECT json_group_array(json_object('time', answer.time, 'code', answer.code, 'message', answer.message) ORDER BY answer.time)
    FROM log_answers AS answer WHERE answer.line = log.id) AS answers`
const from = 'FROM lines AS log CROSS JOIN log_kinds ON log_kinds.id = log.kind'

/** Reads the event log, so that it can be copied to another database. */
export function createLogExport(database: DatabaseSync): LogExport {
  const prepare = (sql: string) => database.prepare(sql)
  const secret = prepare('SELECT lower(hex(secret)) AS secret FROM log_secret')
  const lastBlock = prepare('SELECT block, used FROM log_blocks ORDER BY block DESC LIMIT 1')
  const lastLine = prepare('SELECT max(id) AS id FROM log')
  const next = prepare(`SELECT ${columns} ${from} WHERE log.id > ? ORDER BY log.id LIMIT ${LINES_OF_PART}`)
  const byId = prepare(`SELECT ${columns} ${from} WHERE log.id IN (SELECT value FROM json_each(?))
    AND (status NOT IN (${statusCode('waiting')}, ${statusCode('retry')}) OR log.id IN (SELECT line FROM waiting))`)

  return {
    secret: () => textOf(secret.get()?.secret),
    lastId() {
      const { block = 0, used = 0 } = lastBlock.get() ?? {}
      return Math.max(Number(lastLine.get()?.id ?? 0), Number(block) * linesPerBlock + Number(used))
    },
    lines: (after) => next.all(after).map(toExported),
    linesOf: (ids) => byId.all(JSON.stringify(ids)).map(toExported),
    countsOfDeleted: () => readCountsOfDeleted(database),
  }
}

const textOf = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

function toExported({ person, ...line }: ExportedRow): ExportedRow {
  if (!(person instanceof Uint8Array)) return { ...line, person: null }
  const bytes = Buffer.from(person)
  const references = Array.from({ length: bytes.length / referenceBytes }, (_, index) =>
    bytes.readBigInt64BE(index * referenceBytes).toString(),
  )
  return { ...line, person: `{${references.join(',')}}` }
}

/** Lines that were deleted for lack of room, or with their person, stay in the counts. */
function readCountsOfDeleted(database: DatabaseSync): ExportedCount[] {
  const counts = createCounts()
  const rows = (sql: string) => database.prepare(sql).iterate()
  const kind = 'source, channel, event_name, event'
  for (const row of rows(`SELECT hour, ${kind}, status, count FROM log_blocks CROSS JOIN log_counts USING (block)
    JOIN log_kinds ON log_kinds.id = log_counts.kind`))
    counts.addLine(row, Number(row.count))
  for (const row of rows('SELECT hour, currency, count, value FROM log_blocks CROSS JOIN log_orders USING (block)'))
    counts.addOrder(row, Number(row.count), Number(row.value))
  for (const row of rows('SELECT hour, keys, is_order, count FROM log_blocks CROSS JOIN log_keys USING (block)'))
    counts.addSent(row, Number(row.count))
  for (const { hour, time_group, count } of rows(
    'SELECT hour, time_group, count FROM log_blocks CROSS JOIN log_times USING (block)',
  ))
    counts.add(hour, ['time', Number(time_group)], Number(count))
  for (const line of rows(
    `SELECT time / 3600000 AS hour, time, ${kind}, status, keys, is_order, value, currency, sent ${from}`,
  )) {
    counts.addLine(line, -1)
    if (line.is_order) counts.addOrder(line, -1, -Number(line.value ?? 0))
    if (line.status !== success) continue
    counts.addSent(line, -1)
    counts.add(line.hour, ['time', timeGroup(Number(line.sent) - Number(line.time))], -1)
  }
  return counts.left()
}

function createCounts() {
  const sums = new Map<string, ExportedCount>()

  function add(hour: unknown, key: ExportedCount['key'], count: number, value = 0): void {
    const name = JSON.stringify([hour, key])
    const sum = sums.get(name) ?? { hour: Number(hour), key, count: 0, value: 0 }
    sum.count += count
    sum.value += value
    sums.set(name, sum)
  }

  return {
    add,
    addLine: ({ hour, source, channel, event_name, event, status }: ExportedRow, count: number): void =>
      add(hour, ['line', ...[source, channel, event_name, event].map(String), Number(status)], count),
    addOrder: ({ hour, currency }: ExportedRow, count: number, value: number): void =>
      add(hour, ['order', String(currency ?? '')], count, value),
    addSent: ({ hour, keys, is_order }: ExportedRow, count: number): void =>
      add(hour, ['keys', Number(keys), Number(is_order)], count),
    /** Sums of money are exact to the cent. */
    left: (): ExportedCount[] => [...sums.values()].filter(({ count, value }) => count || Math.abs(value) >= 0.005),
  }
}
