import type { AddResult } from './add-result.ts'

/** The code of a reason for which the log calls an event skipped. */
export type SkipReason =
  | Exclude<AddResult, 'kept' | 'merged'>
  | 'too_late'
  | 'paused'
  | 'source_disabled'
  | 'not_mapped'
  | 'browser_only'

interface Words {
  why: string
  /** What it means for the operator, or what to do. */
  advice: string
}

const nothing = 'Nothing is missing.'
const noConsent = {
  why: 'The visitor denied consent, or did not grant it where that is required.',
  advice: 'There is nothing to do.',
}

const words = {
  already_sent: { why: 'The same event arrived before with this event_id.', advice: nothing },
  late_twin: {
    why: 'It is the page’s copy of an order, and the copy of the shop’s server was sent before it arrived.',
    advice: nothing,
  },
  conflict: {
    why: 'The shop’s server sent this order with another email address or time.',
    advice: 'Its own copy is sent instead.',
  },
  for_others: {
    why: 'The mapping sends this event for other customers: only for new ones, or only for returning ones.',
    advice: nothing,
  },
  left_to_source: {
    why: 'The shop’s server sent this order without this event, which only the page sent.',
    advice: 'To send it too, add it to the mapping of that source.',
  },
  undecided: { why: 'The visitor’s decision about consent did not arrive in time.', advice: 'There is nothing to do.' },
  no_consent: noConsent,
  too_late: {
    why: 'It is too old: TikTok would count it twice, or not accept it.',
    advice: 'Check the clock of the sender, or why the event took so long to get here.',
  },
  paused: {
    why: 'The intake was paused when it arrived.',
    advice:
      'Setup shows whether it still is. To accept events again, run "converge-tiktok resume", or set paused to false.',
  },
  source_disabled: {
    why: 'Its source was switched off.',
    advice: 'To switch it on, remove enabled: false from the source in the config.',
  },
  not_mapped: {
    why: 'The mapping has no row for this event.',
    advice: 'Add a row for it to the mapping if TikTok should get it.',
  },
  browser_only: {
    why: 'The mapping sends this event by the browser only.',
    advice: 'Remove forward: "client" from its row if TikTok should get it from a server too.',
  },
} as const satisfies Record<SkipReason, Words>

const isSkipReason = (reason: string): reason is SkipReason => Object.hasOwn(words, reason)

/** A reason of the log in words. Any reason that is not a code is a sentence or the name of a filter, and stays as it is. */
export function skipWords(reason: string): Words {
  return isSkipReason(reason) ? words[reason] : { why: reason, advice: '' }
}
