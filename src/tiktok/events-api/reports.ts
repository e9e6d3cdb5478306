import type { Log, LogFields } from '../../core/log.ts'
import type { CodeRow } from './codes.ts'

/** This many failures in a row are an outage. */
export const OUTAGE = 3
const MAX_SENTENCES = 100

export interface Reports {
  /** Reports a dead letter. */
  deadLetter(event: string, problem: string): void
  /** Reports a batch that TikTok accepted in part. */
  takenInPart(events: number, problem: string): void
  /** Reports a code that is not in the table. */
  unknownCode(problem: string): void
  /** Reports a failed call and the number of failures in a row. */
  failure(failures: number, problem: string): void
  /** Reports a configuration fault that stops all calls. */
  stop(row: CodeRow | undefined, problem: string): void
  /** Reports a successful call. */
  success(): void
  /** The configuration fault that has stopped all calls. */
  stopped(): string | undefined
}

/** Logs problems with TikTok: each kind once, and the beginning and end of an outage. */
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
    takenInPart: (events, problem) => logOnce('TikTok accepted a batch only in part', { events, problem }),
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
