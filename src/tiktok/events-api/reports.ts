import type { Log, LogFields } from '../../core/log.ts'
import type { CodeRow } from './codes.ts'

/** Failures in a row that are an outage: one alone is none. */
export const OUTAGE = 3
const MAX_SENTENCES = 100

export interface Reports {
  /** An event will never be sent. */
  deadLetter(event: string, problem: string): void
  /** TikTok took a call, but not all of it. */
  takenInPart(events: number, problem: string): void
  /** TikTok answered a code that is not in our table. */
  unknownCode(problem: string): void
  /** A call failed, after so many others in a row. */
  failure(failures: number, problem: string): void
  /** Nothing can be sent until a person has mended something. */
  stop(row: CodeRow | undefined, problem: string): void
  /** TikTok took a call. */
  success(): void
  /** The configuration fault that has stopped everything. */
  stopped(): string | undefined
}

/** What the log says of TikTok: each kind of problem once, and the beginning and the end of an outage. */
export function createReports(log: Log): Reports {
  let stopped: string | undefined
  let isOut = false
  const said = new Set<string>()

  function logOnce(message: string, fields: LogFields): void {
    const sentence = `${message} ${fields.problem}`
    if (said.has(sentence) || said.size === MAX_SENTENCES) return
    said.add(sentence)
    log('warn', message, fields)
  }

  return {
    deadLetter: (event, problem) =>
      logOnce('An event was set aside as a dead letter and will not be sent', { problem, event }),
    takenInPart: (events, problem) => log('warn', 'TikTok accepted a batch only in part', { events, problem }),
    unknownCode: (problem) =>
      logOnce('TikTok answered with a code that is not known here. The event is kept and retried', { problem }),
    failure(failures, problem) {
      if (isOut || stopped || failures < OUTAGE) return
      isOut = true
      log('error', `TikTok failed ${OUTAGE} times in a row. Events are kept and retried`, { problem })
    },
    stop(row, problem) {
      const sentence = `${problem} (${row?.meaning}). ${row?.advice}`
      if (stopped !== sentence)
        log('error', `Nothing can be sent to TikTok: ${row?.meaning}. Events are kept. ${row?.advice}`, { problem })
      stopped = sentence
    },
    success() {
      if (stopped || isOut) log('info', 'TikTok accepts events again')
      isOut = false
      stopped = undefined
    },
    stopped: () => stopped,
  }
}
