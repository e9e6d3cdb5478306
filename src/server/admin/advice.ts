import type { LogLine } from '../../store/event-log.ts'
import { skipWords } from '../../store/skip-reasons.ts'
import { rowOf } from '../../tiktok/events-api/codes.ts'

/** What to do about a line, or that nothing is missing, in one or two sentences. May be empty. */
export function adviceFor({ status, reason, code }: Pick<LogLine, 'status' | 'reason' | 'code'>): string {
  switch (status) {
    case 'success':
      return code === 20001 ? 'TikTok took the batch only in part. See Diagnostics in Events Manager.' : ''
    case 'waiting':
      return ''
    case 'retry':
      return retryAdvice(code)
    case 'failure':
      return failureAdvice(code, reason)
    case 'filtered':
      return 'Change the filter in the config if TikTok should get such events.'
    case 'no_consent':
      return 'There is nothing to do.'
    case 'skipped':
      return skipWords(reason).advice
  }
}

function retryAdvice(code: number | undefined): string {
  const row = code === undefined ? undefined : rowOf(code)
  return row?.advice ?? 'There is nothing to do.'
}

function failureAdvice(code: number | undefined, reason: string): string {
  if (/too late|too old|longer than TikTok remembers/i.test(reason)) return skipWords('too_late').advice
  if (code === undefined) return 'Correct what sends the event.'
  const row = rowOf(code)
  return row?.advice ?? 'Correct the event or the mapping. Then retry it.'
}
