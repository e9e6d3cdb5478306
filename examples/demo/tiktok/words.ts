import type { PixelCause, Reason, TrackResult } from '../../../src/types.ts'

const reasons: Partial<Record<Reason, string>> = {
  filter: 'Held back by the filter that is switched on: it lets only orders from €50 through.',
  unmapped: 'The default mapping has no row for this event.',
  undecided: 'The visitor has not answered the banner. It waits in the page, and goes if the answer is yes.',
  denied: 'The visitor said no.',
  already_sent: 'This order was sent before.',
  same_page: 'A page view of the same address was the last one.',
  pixel_blocked: 'TikTok’s script did not come, and this event has no server copy.',
  relay_down: 'The forwarder could not be reached: the page keeps it, and tries again.',
  relay_refused: 'The forwarder will never take it.',
}

const causes: Record<PixelCause, string> = {
  csp: 'the page’s Content-Security-Policy refuses TikTok’s script',
  script_error: 'TikTok’s script did not load in the page, as with an ad blocker',
  stand_in: 'something else came in place of TikTok’s script',
  sandboxed: 'the sandbox of this frame',
  no_answer: 'TikTok’s script did not take over for 25 s',
}

/** Why there is no hit, for people. */
export function whyBlocked(cause: PixelCause | undefined): string {
  return cause ? causes[cause] : 'TikTok’s script is blocked in the page'
}

/** Why nothing of an event has left, for people. */
export function whyNotSent(result: TrackResult | undefined): string {
  return (result?.reason && reasons[result.reason]) ?? `Not sent: ${result?.reason ?? result?.status ?? 'unknown'}.`
}
