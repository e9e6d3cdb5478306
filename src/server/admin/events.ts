import { type EventLog, type LogLine, type LogQuery, type LogStatus, logStatuses } from '../../store/event-log.ts'
import { skipWords } from '../../store/skip-reasons.ts'
import { redact } from '../redact.ts'
import { type Answer, refuse, respond } from '../respond.ts'
import type { AdminEvents, AdminLine } from './admin-api.ts'
import { adviceFor } from './advice.ts'
import { csvHead, toCsv } from './csv.ts'

const DAY = 86_400_000
const LONGEST_TEXT = 200
const PAGE = 100
const LARGEST_PAGE = 1000
/** Lines of the CSV that are written at once. Writing them must not delay intake, and 100 take about 2 ms. */
const CSV_STEP = 100

/** `GET admin/api/events` */
export async function readEvents(log: EventLog | undefined, url: URL): Promise<Answer> {
  const query = readQuery(url.searchParams)
  if (typeof query === 'string') return refuse(400, query)
  const { limit = PAGE } = query
  const found = (await log?.lines({ ...query, limit: limit + 1 })) ?? []
  const lines = found.slice(0, limit).map(toAdminLine)
  const last = lines.at(-1)
  const events: AdminEvents = { lines, ...(found.length > limit && last && { next: last.id }) }
  return respond(200, events)
}

/** `GET admin/api/events.csv`: all lines that fit, a page at a time, as fast as the client reads them. */
export function streamCsv(log: EventLog | undefined, url: URL): Answer {
  const query = readQuery(url.searchParams)
  if (typeof query === 'string') return refuse(400, query)
  const encoder = new TextEncoder()
  let before = query.before
  let isOver = false
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(csvHead)),
    async pull(controller) {
      if (isOver) return controller.close()
      const page = { ...query, limit: CSV_STEP, ...(before !== undefined && { before }) }
      const lines = (await log?.lines(page)) ?? []
      before = lines.at(-1)?.id
      isOver = lines.length < CSV_STEP
      if (lines.length) controller.enqueue(encoder.encode(lines.map((line) => toCsv(toAdminLine(line))).join('')))
      else controller.close()
    },
  })
  return {
    status: 200,
    text: null,
    stream,
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="converge-events.csv"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  }
}

/** Names come from pages, and TikTok's sentences may repeat values, so both are redacted once more. */
function toAdminLine(line: LogLine): AdminLine {
  return {
    ...line,
    eventName: redact(line.eventName),
    event: redact(line.event),
    reason: redact(line.reason),
    ...(line.message !== undefined && { message: redact(line.message) }),
    ...(line.answers && {
      answers: line.answers.map(({ message, ...rest }) => ({ ...rest, message: redact(message) })),
    }),
    why: skipWords(redact(line.reason)).why,
    advice: adviceFor(line),
  }
}

/** Returns a sentence if a parameter is invalid. */
export function readQuery(parameters: URLSearchParams): LogQuery | string {
  const text = (name: string) => parameters.get(name)?.trim().slice(0, LONGEST_TEXT) || undefined
  const [id, status, event, source, day] = ['q', 'status', 'event', 'source', 'day'].map(text)
  const query: LogQuery = {}
  if (id) query.id = id
  if (event) query.event = event
  if (source) query.source = source
  if (status) {
    if (!isStatus(status)) return `status must be one of ${logStatuses.join(', ')}.`
    query.status = status
  }
  if (day) {
    const from = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
    if (Number.isNaN(from)) return 'day must be a date such as 2026-01-31.'
    query.from = from
    query.to = from + DAY
  }
  for (const name of ['before', 'after', 'limit'] as const) {
    const number = text(name)
    if (number === undefined) continue
    if (!/^\d{1,15}$/.test(number)) return `${name} must be a whole number.`
    query[name] = name === 'limit' ? Math.min(LARGEST_PAGE - 1, Math.max(1, Number(number))) : Number(number)
  }
  return query
}

const isStatus = (text: string): text is LogStatus => logStatuses.some((status) => status === text)
