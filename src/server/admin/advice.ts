import type { LogLine } from '../../store/event-log.ts'
import { rowOf } from '../../tiktok/events-api/codes.ts'

const byReason: Readonly<Record<string, string>> = {
  already_sent: 'The same event and event_id arrived before. Nothing is missing.',
  late_twin: 'The order was sent before with the data of the shop’s server. Nothing is missing.',
  left_to_source: 'The shop’s server sent this order without this event, so it is not sent.',
  conflict: 'The shop’s server sent this order with another email address or time. Its own copy was sent.',
  too_late: 'TikTok could count it twice. Check the clock of the sender, or why the event waited that long.',
  paused: 'The intake is paused. To accept events again, run "converge-tiktok resume", or set paused to false.',
  source_disabled: 'The source is switched off in the config.',
  not_mapped: 'Add a row for this event to the mapping if TikTok should get it.',
  browser_only: 'The mapping sends this event by the browser only.',
}

/** What a line means and what to do, in one or two sentences. Empty if there is nothing to do. */
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
      return 'The visitor did not grant consent for marketing. There is nothing to do.'
    case 'skipped':
      return Object.hasOwn(byReason, reason) ? (byReason[reason] ?? '') : ''
  }
}

function retryAdvice(code: number | undefined): string {
  const row = code === undefined ? undefined : rowOf(code)
  return row?.advice ?? 'The next attempt follows by itself. There is nothing to do.'
}

function failureAdvice(code: number | undefined, reason: string): string {
  if (/too late|too old|longer than TikTok remembers/i.test(reason)) return byReason.too_late ?? ''
  if (code === undefined) return 'Correct what sends the event.'
  const row = rowOf(code)
  return (
    row?.advice ?? 'TikTok refused it for good. Correct the event or the mapping. Then retry it under Dead letters.'
  )
}
