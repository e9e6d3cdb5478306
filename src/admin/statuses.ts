import type { LogChannel, LogLine, LogStatus } from '../store/event-log.ts'
import { statusNames as namesOfConverge, statusTones as tonesOfConverge } from '../ui/statuses.ts'
import type { Tone } from '../ui/tone.ts'

/** The statuses of a logged event, in the order of the plots: from the bottom of a bar to its top. */
export const statusNames = {
  success: namesOfConverge.success,
  waiting: 'Waiting',
  retry: namesOfConverge.retry,
  failure: namesOfConverge.failure,
  filtered: namesOfConverge.filtered,
  skipped: namesOfConverge.skipped,
  no_consent: namesOfConverge.no_consent,
} as const satisfies Record<LogStatus, string>

export const statusTones: Record<LogStatus, Tone> = { ...tonesOfConverge, waiting: 'calm' }

export const isStatus = (name: string): name is LogStatus => Object.hasOwn(statusNames, name)

export const statuses = Object.keys(statusNames).filter(isStatus)

const statusSentences = {
  success: 'TikTok accepted it.',
  waiting: 'It is stored here, and will be sent soon.',
  retry: 'TikTok has not accepted it yet. It is sent again.',
  failure: 'TikTok will not receive it, unless you retry it.',
  filtered: 'A filter of the config stopped it.',
  skipped: 'It was not sent.',
  no_consent: 'Nothing was sent, because consent is missing.',
} as const satisfies Record<LogStatus, string>

/** True for events that can be retried under Dead letters. An event that could not be read has no TikTok event. */
export const isDeadLetter = ({ status, event }: Pick<LogLine, 'status' | 'event'>): boolean =>
  status === 'failure' && event !== ''

/** The outcome of an event, in words. */
export function outcomeOf(line: Pick<LogLine, 'status' | 'event'>): string {
  if (line.status === 'failure' && !isDeadLetter(line)) return 'It could not be read, so nothing was sent.'
  return statusSentences[line.status]
}

export const channelNames: Record<LogChannel, string> = { page: 'Browser', server: 'Server', merged: 'Merged' }

export const channelSentences: Record<LogChannel, string> = {
  page: 'Posted by a page of the shop',
  server: 'Posted by the shop’s server',
  merged: 'Posted by a page and by the shop’s server, and sent as one event',
}
