import type { Channel, Reason, State, Status, TrackResult } from '../types.ts'

export type Delivery =
  | 'handed'
  | 'waiting' // until TikTok's script has loaded
  | 'blocked'
  | 'held' // until the visitor decides
  | 'denied'
  | 'kept' // tried again
  | 'refused'
  | 'late'
  | 'lost' // too many others wait for the relay
  | 'none' // not sent by this channel

/** The state of an event's copy on each channel. `channels` are the channels of its mapping rows. */
export function deliveriesOf(
  { status, reason, destinationEvents }: TrackResult,
  { pixel, relay }: Pick<State, 'pixel' | 'relay'>,
  channels: readonly Channel[],
): Record<Channel, Delivery> {
  const goes = (via: Channel) => destinationEvents.some((event) => event.via.includes(via))
  const refused = reason === 'undecided' ? 'held' : reason === 'denied' ? 'denied' : 'none'
  const isOff = { pixel: pixel === 'off', relay: relay === 'off' }
  const missing = (via: Channel) => (channels.includes(via) && !isOff[via] ? refused : 'none')
  return {
    pixel: reason === 'pixel_blocked' ? 'blocked' : goes('pixel') ? handed[pixel] : missing('pixel'),
    relay: goes('relay') ? relayed(status, reason, goes('pixel')) : missing('relay'),
  }
}

const handed: Record<State['pixel'], Delivery> = {
  live: 'handed',
  waiting: 'waiting',
  blocked: 'blocked',
  off: 'handed',
}

function relayed(status: Status, reason: Reason | undefined, hasPixel: boolean): Delivery {
  if (reason === 'relay_down') return status === 'retry' ? 'kept' : 'lost'
  if (reason === 'relay_refused') return 'refused'
  // If the status is a success and there is no pixel copy, only the pixel was denied.
  if (reason === 'denied' && (hasPixel || status === 'no_consent')) return 'denied'
  return reason === 'too_late' ? 'late' : 'handed'
}
