import type { EventLog, LogLine, LogQuery, LogSummary } from '../event-log.ts'
import { statusCode } from '../line-outcome.ts'
import { HOUR, longestPage, sumDelivery, sumMatchKeys, toHours, toLine } from '../log-reading.ts'
import type { Query, Row } from './connections.ts'
import { toStoredId } from './log-transaction.ts'

const SEARCH_SECONDS = 60
/** Fewer lines than this are found by the counts of each hour. */
const MOST_RARE = 2000

/** Reads the event log. `schema` is quoted. `ready` resolves once the tables exist. */
export function createLogReader(query: Query, schema: string, ready: () => Promise<void>): EventLog {
  const columns = `id, time, source, channel, event_name, event, event_id, order_id, status, keys, value, currency, attempts,
    sent, code, message, reason, answers`
  const findSql = `SELECT ${columns} FROM ${schema}.log WHERE event_id = ANY($1) OR order_id = ANY($1)
    ORDER BY id DESC LIMIT ${longestPage}`
  // Match keys and times, which have most rows, are only read for the recent hours.
  const countsSql = `SELECT hour, key, sum(count) AS count, sum(value) AS value FROM ${schema}.log_counts
    WHERE hour >= least($1::bigint, $2::bigint) AND (hour >= $2 OR (hour >= $1 AND key < '["p' AND key >= '["l')) AND key <> '["bytes"]' GROUP BY hour, key HAVING sum(count) <> 0`
  // Each count's key is a JSON array: "line", source, channel, Converge's name, TikTok's name and status.
  const hoursSql = `SELECT hour, sum(count) AS count FROM (
      SELECT hour, key::json AS kind, sum(count) AS count FROM ${schema}.log_counts
      WHERE key LIKE '["line",%' GROUP BY hour, key HAVING sum(count) > 0
    ) AS counted
    WHERE ($1::text IS NULL OR kind ->> 1 = $1) AND ($2::text IS NULL OR kind ->> 3 = $2 OR kind ->> 4 = $2)
      AND ($3::integer IS NULL OR (kind ->> 5)::integer = $3)
    GROUP BY hour`
  const lastOrderSql = `SELECT max(time) AS time FROM ${schema}.log WHERE is_order`

  /**
   * The hours of lines that are rare. Without them, a search for a rare line would read all lines. `undefined` if lines that fit
   * are so frequent that the newest of them are found at once.
   */
  async function rareHours({ id, status, event, source }: LogQuery): Promise<number[] | undefined> {
    if (id !== undefined || (status ?? event ?? source) === undefined) return undefined
    const wanted = [source, event].map((text) => text?.replaceAll('\0', '') ?? null)
    const hours = await query(hoursSql, [...wanted, status === undefined ? null : statusCode(status)], SEARCH_SECONDS)
    const lines = hours.reduce((sum, { count }) => sum + Number(count), 0)
    return lines > MOST_RARE ? undefined : hours.map(({ hour }) => Number(hour))
  }

  return {
    async lines(given) {
      await ready()
      const { conditions, values } = toConditions(given)
      const hours = await rareHours(given)
      if (hours && !hours.length) return []
      const of = hours
        ? `unnest($${values.push(hours)}::bigint[]) AS wanted (hour) JOIN ${schema}.log
          ON time >= hour * ${HOUR} AND time < (hour + 1) * ${HOUR}`
        : `${schema}.log`
      const limit = Math.min(given.limit ?? 100, longestPage)
      const where = conditions.length ? `WHERE ${conditions.join(' AND ')}` : ''
      // The addition keeps the planner from reading all lines backward by ID.
      const order = hours || isShort(given) ? 'id + 0' : 'id'
      const sql = `SELECT ${columns} FROM ${of} ${where} ORDER BY ${order} DESC LIMIT ${Math.floor(limit)}`
      return (await query(sql, values, SEARCH_SECONDS)).map(withAnswers)
    },

    async find(ids) {
      await ready()
      const wanted = ids.slice(0, longestPage).map((id) => toStoredId(id.trim()))
      return (await query(findSql, [wanted], SEARCH_SECONDS)).map(withAnswers)
    },

    async summary(from, recent) {
      await ready()
      const hour = Math.floor(from / HOUR)
      const recentHour = Math.floor(recent / HOUR)
      const counts = createCounts(await query(countsSql, [hour, recentHour], SEARCH_SECONDS))
      const [last] = await query(lastOrderSql, [], SEARCH_SECONDS)
      return toSummary({ counts, hour, recentHour, lastOrder: last?.time })
    },
  }
}

/** True if lines are sought in a short time, such as a day. */
const isShort = ({ from, to }: LogQuery): boolean => from !== undefined && to !== undefined && to - from <= 48 * HOUR

/** The conditions of a query, in SQL. */
function toConditions({ id, status, event, source, from, to, before, after }: LogQuery) {
  const values: unknown[] = []
  const place = (value: unknown) => `$${values.push(value)}`
  const conditions: string[] = []
  if (id !== undefined) {
    const wanted = place(toStoredId(id.trim()))
    conditions.push(`(event_id = ${wanted} OR order_id = ${wanted})`)
  }
  if (status !== undefined) conditions.push(`status = ${statusCode(status)}`)
  if (event !== undefined) {
    const wanted = place(event.replaceAll('\0', ''))
    conditions.push(`(event = ${wanted} OR event_name = ${wanted})`)
  }
  if (source !== undefined) conditions.push(`source = ${place(source.replaceAll('\0', ''))}`)
  if (from !== undefined) conditions.push(`time >= ${place(Math.ceil(from))}`)
  if (to !== undefined) conditions.push(`time < ${place(Math.ceil(to))}`)
  if (before !== undefined) conditions.push(`id < ${place(Math.floor(before))}`)
  if (after !== undefined) conditions.push(`id > ${place(Math.floor(after))}`)
  return { conditions, values }
}

/** Adds the answers to the attempts of a line that TikTok did not accept at once. */
function withAnswers(row: Row): LogLine {
  const line = toLine(row)
  const wasTakenAtOnce = line.attempts <= (line.status === 'success' ? 1 : 0)
  if (wasTakenAtOnce || !Array.isArray(row.answers) || !row.answers.length) return line
  const earlier = row.answers.map(({ time, code, message }) => ({
    time: Number(time),
    message: String(message),
    ...(typeof code === 'number' && { code }),
  }))
  const { sent, code, message = '' } = line
  const last = sent === undefined ? [] : [{ time: sent, message, ...(code !== undefined && { code }) }]
  return { ...line, answers: [...earlier, ...last] }
}

type Counts = ReturnType<typeof createCounts>

/** Sorts counts by what they count. The key is a JSON array: the kind, and its columns. */
function createCounts(rows: readonly Row[]) {
  const kinds: Record<'line' | 'order' | 'keys' | 'time', Row[]> = { line: [], order: [], keys: [], time: [] }
  for (const { hour, key, count, value } of rows) {
    const [kind, ...of]: unknown[] = JSON.parse(String(key))
    const common = { hour: Number(hour), count, value }
    if (kind === 'line') {
      const [source, channel, event_name, event, status] = of
      kinds.line.push({ ...common, source, channel, event_name, event, status })
    } else if (kind === 'order') kinds.order.push({ ...common, currency: of[0] })
    else if (kind === 'keys') kinds.keys.push({ ...common, keys: of[0], is_order: of[1] })
    else if (kind === 'time') kinds.time.push({ ...common, time_group: of[0] })
  }
  return kinds
}

interface SummaryParts {
  counts: Counts
  hour: number
  recentHour: number
  lastOrder: unknown
}

function toSummary({ counts, hour, recentHour, lastOrder }: SummaryParts): LogSummary {
  const since = (rows: readonly Row[], first: number) => rows.filter((row) => Number(row.hour) >= first)
  const times = since(counts.time, recentHour).sort((one, other) => Number(one.time_group) - Number(other.time_group))
  const delivery = sumDelivery(times)
  return {
    hours: toHours(since(counts.line, hour), since(counts.order, hour)),
    matchKeys: sumMatchKeys(since(counts.keys, recentHour)),
    ...(delivery && { delivery }),
    ...(lastOrder !== null && lastOrder !== undefined && { lastOrder: Number(lastOrder) }),
  }
}
