import { type LogStatus, logStatuses } from './event-log.ts'
import type { Settled, WaitingEvent } from './waiting-event.ts'

const codes = Object.fromEntries(logStatuses.map((status, index) => [status, index]))

/** The number that a store has for a status. */
export const statusCode = (status: LogStatus): number => codes[status] ?? 0

/** The maximum number of answers in a line. An outage of days may take thousands of attempts. */
export const answersKept = 10

/** The outcome of a line's event. */
export interface LineOutcome {
  line: number
  status: Extract<LogStatus, 'success' | 'retry' | 'failure'>
  reason?: string | undefined
  /** TikTok's code and sentence. */
  code?: number | undefined
  message?: string | undefined
  /** Bits of the match keys that it was sent with, if they are not those that it arrived with. */
  keys?: number | undefined
  /** 1 if it was sent to TikTok, else 0. */
  tries: 0 | 1
}

/** The outcome for the line of an event, if it has one. */
export function outcomeOf({ line, answer, ...settled }: Settled): LineOutcome[] {
  if (line === undefined) return []
  if (settled.outcome === 'done' && !answer) return [sentLine(line)]
  const common = { line, code: answer?.code, message: answer?.message, tries: 1 as const }
  switch (settled.outcome) {
    case 'done':
      return [{ ...common, status: 'success' }]
    case 'dead':
      return [{ ...common, status: 'failure', reason: settled.problem }]
    case 'putOff':
      return [{ ...common, status: 'retry', reason: answer?.message }]
  }
}

/** The outcome of almost every event. */
const sentLine = (line: number): LineOutcome => ({ line, code: 0, message: 'OK', tries: 1, status: 'success' })

/** An attempt that failed for all events of a batch. */
export function triedOutcomeOf({ line, event }: WaitingEvent): LineOutcome[] {
  const message = event.answer?.message ?? event.problem
  const common = { status: 'retry', code: event.answer?.code, message, reason: message, tries: 1 } as const
  return line === undefined ? [] : [{ line, ...common }]
}
