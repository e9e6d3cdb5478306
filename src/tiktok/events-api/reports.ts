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
export function createReports(log: (sentence: string) => void): Reports {
  let stopped: string | undefined
  let isOut = false
  const said = new Set<string>()

  function sayOnce(sentence: string): void {
    if (said.has(sentence) || said.size === MAX_SENTENCES) return
    said.add(sentence)
    log(`converge-tiktok: ${sentence}`)
  }

  return {
    deadLetter: (event, problem) => sayOnce(`an event (${event}) was set aside. ${problem}`),
    takenInPart: (events, problem) => log(`converge-tiktok: TikTok took ${events} events in part. ${problem}`),
    unknownCode: (problem) => sayOnce(`${problem}, which is unknown here. What it was about is tried again.`),
    failure(failures, problem) {
      if (isOut || stopped || failures < OUTAGE) return
      isOut = true
      log(`converge-tiktok: ${problem}, ${OUTAGE} times in a row. What came is kept, and tried again.`)
    },
    stop(row, problem) {
      const sentence = `${problem} (${row?.meaning}). Nothing is sent until that is mended; what came is kept. ${row?.advice}`
      if (stopped !== sentence) log(`converge-tiktok: ${sentence}`)
      stopped = sentence
    },
    success() {
      if (stopped || isOut) log('converge-tiktok: TikTok takes events again.')
      isOut = false
      stopped = undefined
    },
    stopped: () => stopped,
  }
}
