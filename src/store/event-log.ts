/** What became of a logged event. The words are Converge's, except `waiting`. */
export type LogStatus =
  | 'waiting' // It is stored and not sent yet.
  | 'success' // TikTok took it.
  | 'retry' // TikTok did not take it yet. It is tried again.
  | 'failure' // It is a dead letter, or could not be read.
  | 'filtered' // A filter stopped it.
  | 'skipped' // It is not sent, for the `reason`: already_sent, late_twin, too_late, paused, not_mapped and so on.
  | 'no_consent' // The visitor denied consent, or did not decide where consent is required.

/** How an event came: `page` from a page, `server` from a signed source, `merged` from both as one event. */
export type LogChannel = 'page' | 'server' | 'merged'

/** One TikTok event, or one Converge event of which no TikTok event was made. It has no value of a person. */
export interface LogLine {
  id: number
  /** When it arrived, in milliseconds since 1970. */
  time: number
  /** The name of the source, such as `web`. */
  source: string
  channel: LogChannel
  /** Converge's name of the event, such as `Placed Order`. */
  eventName: string
  /** TikTok's name of the event, such as `Purchase`. Empty if no TikTok event was made. */
  event: string
  event_id: string
  status: LogStatus
  /** A code or a sentence: the filter's name, `already_sent`, the problem of a dead letter. Empty on success. */
  reason: string
  /** TikTok's code and sentence of the last attempt. Missing before an attempt. */
  code?: number
  message?: string
  /** The names of the match keys that it had when it was sent, or when it arrived. */
  matchKeys: readonly string[]
  value?: number
  currency?: string
  attempts: number
  /** When TikTok took it, in milliseconds since 1970. */
  sent?: number
}
