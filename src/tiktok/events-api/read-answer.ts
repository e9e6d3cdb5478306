import { isRecord, readNumber, readText } from '../../core/read.ts'
import { type Action, type CodeRow, rowOf } from './codes.ts'

/** What TikTok's answer means for the events of the call. */
export interface Outcome {
  action: Action
  /** A sentence for the operator. */
  problem: string
  /** TikTok's code. Missing if there is none. */
  code?: number | undefined
  /** Milliseconds that TikTok asked to wait. */
  wait?: number
  row?: CodeRow | undefined
}

export interface Answer {
  status: number
  text: string
  retryAfter: string | null
  /** The Date header, by TikTok's clock. */
  date: string | null
}

/** `now`: milliseconds since 1970. */
export function readAnswer({ status, text, retryAfter, date }: Answer, now: number): Outcome {
  const json = parse(text)
  const { code, message } = isRecord(json) ? json : {}
  const number = readNumber(code)
  const said = Number.isNaN(number) ? 'without a code' : `code ${number}: ${readText(message)}`
  const answered = `TikTok answered ${status === 200 ? '' : `HTTP ${status}, `}${said}`
  const row = rowOf(number)
  const wait = readWait(retryAfter, Date.parse(date ?? '') || now)
  const answer = { problem: answered, code: Number.isNaN(number) ? undefined : number }
  if (status === 413) return { action: 'split', ...answer }
  // TikTok's gateway sends these. Ignore the body.
  const isTheirs = status === 408 || status === 429 || status >= 500
  const isUnfit = row?.action === 'done' && status >= 300
  if (isTheirs || isUnfit || Number.isNaN(number)) return { action: 'retry', ...answer, wait }
  return { action: row?.action ?? 'isolate', ...answer, wait, row }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads Retry-After, seconds or a date (RFC 9110, 10.2.3), as milliseconds from `now`. A date is read by TikTok's clock. */
function readWait(retryAfter: string | null, now: number): number {
  const seconds = readNumber(retryAfter)
  const wait = Number.isNaN(seconds) ? Date.parse(retryAfter ?? '') - now : seconds * 1000
  return wait > 0 ? wait : 0
}
