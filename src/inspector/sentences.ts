import type { Reason, Status, TrackResult } from '../types.ts'
import type { Delivery } from './deliveries.ts'

const outcomes: Record<Status, string> = {
  success: 'Sent by every channel that its row and consent allow',
  failure: 'Not sent',
  retry: 'Kept, and sent again later',
  filtered: 'Held back',
  skipped: 'Skipped',
  no_consent: 'Not sent',
}

const causes: Record<Reason, string> = {
  unmapped: 'no row of the mapping names this event, or its row is switched off',
  filter: "none of a filter's conditions holds for it",
  paused: 'the config pauses everything',
  no_window: 'track() was called on a server, where there is no page',
  no_channel: 'its row asks for a way that this config does not have, such as a relay',
  pixel_blocked: "TikTok's script did not come, or threw; the state says what blocks it",
  before_send: "the shop's own beforeSend said no",
  already_sent: 'this order, or an event of this eventID, was sent before',
  same_page: 'a page view of this URL was the last one',
  undecided: 'the visitor has not decided yet; what waits for consent is held, and sent when it is granted',
  denied: 'the visitor said no to marketing',
  relay_down: 'the relay could not take it now',
  relay_refused: 'the relay answered that it will never take it',
  too_late: 'it was kept for longer than TikTok remembers an event_id, and would count twice',
}

type Outcome = Pick<TrackResult, 'status' | 'reason' | 'destinationEvents'>

/** What became of an event and why, for people. `pixel` is how its browser copy is doing. */
export function sentence(result: Outcome, pixel?: Delivery): string {
  return pixel === 'waiting' && result.status === 'success' ? waiting(result) : settled(result)
}

function waiting({ reason, destinationEvents }: Outcome): string {
  const hasRelay = !reason && destinationEvents.some(({ via }) => via.includes('relay'))
  const relay = hasRelay ? ' The relay has sent its copy, or is sending it.' : ''
  return `Queued for the pixel: TikTok's script has not loaded yet.${relay}${reason ? ` Not sent by the relay: ${causes[reason]}.` : ''}`
}

function settled(result: Outcome): string {
  const { status, reason } = result
  // What one way could not have, the other has: that is why it is a success still.
  const outcome = status === 'success' && reason ? `Sent by ${wayLeft(result)} alone` : outcomes[status]
  return `${outcome}${reason ? `: ${causes[reason]}` : ''}.`
}

function wayLeft({ reason, destinationEvents }: Pick<TrackResult, 'reason' | 'destinationEvents'>): string {
  const hasPixel = reason !== 'pixel_blocked' && destinationEvents.some(({ via }) => via.includes('pixel'))
  return hasPixel ? 'the pixel' : 'the relay'
}
