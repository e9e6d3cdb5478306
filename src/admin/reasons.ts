/** The codes that a line's `reason` may have. Any other reason is a sentence or the name of a filter. */
const reasons: Readonly<Record<string, string>> = {
  already_sent: 'This order was sent before, under the same event_id.',
  late_twin: 'The other copy of this order was already sent.',
  conflict: 'The page and the shop’s server disagree about this order, so they were not merged.',
  too_late: 'It is too old: TikTok would count it twice, or not accept it.',
  paused: 'Tracking was paused.',
  source_disabled: 'Its source is switched off.',
  unmapped: 'The mapping has no row for this event.',
  not_mapped: 'The mapping has no row for this event.',
  denied: 'The visitor denied consent.',
  undecided: 'The visitor did not decide about consent.',
}

/** A reason in words. */
export const reasonInWords = (reason: string): string =>
  (Object.hasOwn(reasons, reason) ? reasons[reason] : undefined) ?? reason
