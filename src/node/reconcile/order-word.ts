import type { LogLine, LogStatus } from '../../store/event-log.ts'
import type { OrderTrace } from '../../store/order-traces.ts'

/** The status of an order of the shop. */
export type OrderWord = keyof typeof orderWords

export const orderWords = {
  page: 'sent, from the page only',
  server: "sent, from the shop's server only",
  merged: 'sent, from both',
  filtered: 'not sent, because of a filter',
  no_consent: 'not sent, because the visitor did not consent',
  skipped: 'not sent, for another reason in the config',
  dead: 'not sent: TikTok refused it, or it waited too long',
  too_late: 'not sent, because it arrived too late',
  unknown: 'not known, because it is older than the event log',
  never_seen: 'never arrived here',
} as const

/** Statuses of orders that TikTok has or will receive. */
export const sentWords: readonly OrderWord[] = ['page', 'server', 'merged']

export interface OrderFinding {
  word: OrderWord
  /** The filter, the problem or another reason. Empty if the status needs none. */
  why: string
}

/** What the database knows about an order. */
export interface OrderFacts {
  /** When it was placed, in milliseconds since 1970. */
  time: number
  trace: OrderTrace | undefined
  /** Its lines in the event log. */
  lines: readonly LogLine[]
  /** From when on the log has every event, in milliseconds since 1970. Infinity if there is no log. */
  logStart: number
}

const wordOfStatus = {
  waiting: 'sent',
  success: 'sent',
  retry: 'sent',
  failure: 'dead',
  filtered: 'filtered',
  skipped: 'skipped',
  no_consent: 'no_consent',
} as const satisfies Record<LogStatus, OrderWord | 'sent'>

/** Decides the status of an order. */
export function wordOf({ time, trace, lines, logStart }: OrderFacts): OrderFinding {
  const sent = sentBy(trace, lines)
  if (sent) return { word: sent, why: '' }
  const problem = trace?.dead[0]
  if (problem !== undefined) return { word: 'dead', why: problem }
  // The shop's server decides, and what came last is the newest answer.
  const newest = [...lines].sort((one, other) => other.id - one.id)
  const line = newest.find(({ channel }) => channel !== 'page') ?? newest[0]
  if (line) return fromLine(line)
  return { word: time < logStart ? 'unknown' : 'never_seen', why: '' }
}

function sentBy(trace: OrderTrace | undefined, lines: readonly LogLine[]): OrderWord | undefined {
  const channels = lines.filter(({ status }) => wordOfStatus[status] === 'sent').map(({ channel }) => channel)
  if (channels.includes('merged')) return 'merged'
  const isFromPage = channels.includes('page') || Boolean(trace?.page)
  const isFromServer = channels.includes('server') || Boolean(trace?.signed)
  if (isFromPage && isFromServer) return 'merged'
  return isFromServer ? 'server' : isFromPage ? 'page' : undefined
}

function fromLine({ status, reason, message }: LogLine): OrderFinding {
  const word = wordOfStatus[status]
  if (word === 'skipped' && /^too_late\b/.test(reason)) return { word: 'too_late', why: '' }
  return { word: word === 'sent' ? 'server' : word, why: word === 'no_consent' ? '' : reason || message || '' }
}
