import type { PixelCause, Reason, TrackResult } from '../../../src/types.ts'

const reasons: Partial<Record<Reason, string>> = {
  filter: 'Stopped by the filter: only orders from €50 pass it.',
  unmapped: 'The default mapping has no row for this event.',
  undecided: 'The visitor has not answered the banner. The event waits in the page, and is sent after a grant.',
  denied: 'The visitor denied consent.',
  already_sent: 'This order was already sent.',
  same_page: 'The last page view had the same address.',
  pixel_blocked: 'TikTok’s script did not load, and this event has no server copy.',
  relay_down: 'The forwarder could not be reached. The page keeps the event and tries again.',
  relay_refused: 'The forwarder refused it for good.',
}

const causes: Record<PixelCause, string> = {
  csp: 'the page’s Content-Security-Policy blocks TikTok’s script',
  script_error: 'TikTok’s script did not load in the page, as with an ad blocker',
  stand_in: 'another script replaces TikTok’s',
  sandboxed: 'the page is a sandboxed iframe, where the pixel never starts',
  no_answer: 'TikTok’s script did not start within 25 s',
}

/** Why there is no pixel hit, in words. */
export function whyBlocked(cause: PixelCause | undefined): string {
  return cause ? causes[cause] : 'TikTok’s script is blocked in the page'
}

/** Why an event was not sent, in words. */
export function whyNotSent(result: TrackResult | undefined): string {
  return (result?.reason && reasons[result.reason]) ?? `Not sent: ${result?.reason ?? result?.status ?? 'unknown'}.`
}
