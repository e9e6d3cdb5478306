import type { Reason, Status, TrackResult } from '../types.ts'
import type { Delivery } from './deliveries.ts'

const outcomes: Record<Status, string> = {
  success: 'Sent by every allowed channel',
  failure: 'Not sent',
  retry: 'Kept, and retried later',
  filtered: 'Stopped',
  skipped: 'Skipped',
  no_consent: 'Not sent',
}

const causes: Record<Reason, string> = {
  unmapped: 'no mapping row has this event name, or its row is turned off',
  filter: 'it matches no condition of one of the filters',
  paused: 'the config or the forwarder is paused',
  no_window: 'track() was called on a server, where there is no page',
  no_channel: 'its row needs a channel that this config does not have, such as a relay',
  pixel_blocked: "TikTok's script did not load, or threw. The state says what blocks it",
  before_send: 'your beforeSend returned null',
  already_sent: 'this order, or an event with this eventID, was already sent',
  same_page: 'the last page view had the same URL',
  undecided: 'the visitor has not decided yet. The event is held, and sent when consent is granted',
  denied: 'the visitor denied marketing',
  relay_down: 'the relay could not be reached, or could not accept it now',
  relay_refused: 'the relay refused it for good',
  too_late: 'it is older than TikTok remembers an event_id, and would count twice',
}

type Outcome = Pick<TrackResult, 'status' | 'reason' | 'destinationEvents'>

/** The status of an event and the reason, in a sentence. `pixel` is the state of its browser copy. */
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
  // One channel failed, but the other one has the event, so its status is still `success`.
  const outcome = status === 'success' && reason ? `Sent only by ${channelLeft(result)}` : outcomes[status]
  return `${outcome}${reason ? `: ${causes[reason]}` : ''}.`
}

function channelLeft({ reason, destinationEvents }: Pick<TrackResult, 'reason' | 'destinationEvents'>): string {
  const hasPixel = reason !== 'pixel_blocked' && destinationEvents.some(({ via }) => via.includes('pixel'))
  return hasPixel ? 'the pixel' : 'the relay'
}
