import type { Reason, Status } from '../types.ts'

/** Where the browser copy of an event is. */
export type PixelCopy =
  | 'none' // this event has none
  | 'held' // consent is not decided
  | 'denied'
  | 'queued' // handed to ttq; TikTok's script has not taken over yet
  | 'live' // handed to TikTok's pixel, which was live
  | 'blocked' // TikTok's script did not come, or threw

/** Where the server copy of an event is. */
export type RelayCopy =
  | 'none' // this event has none
  | 'held' // consent is not decided
  | 'denied' // also: dropped, because consent was taken back before the relay had it
  | 'posting'
  | 'taken'
  | 'retrying' // the relay is down: kept, and sent again
  | 'refused' // the relay will never take it
  | 'too_late' // kept for longer than TikTok remembers an event_id
  | 'dropped' // the relay is down, and too many others wait

export type Outcome = readonly [status: Status, reason?: Reason | undefined]

const SUCCESS: Outcome = ['success']

const relayOutcomes: Record<RelayCopy, Outcome | undefined> = {
  none: undefined,
  held: ['no_consent', 'undecided'],
  denied: ['no_consent', 'denied'],
  posting: SUCCESS,
  taken: SUCCESS,
  retrying: ['retry', 'relay_down'],
  refused: ['failure', 'relay_refused'],
  too_late: ['skipped', 'too_late'],
  dropped: ['failure', 'relay_down'],
}

const pixelOutcomes: Record<PixelCopy, Outcome | undefined> = {
  none: undefined,
  held: ['no_consent', 'undecided'],
  denied: ['no_consent', 'denied'],
  queued: SUCCESS,
  live: SUCCESS,
  blocked: ['failure', 'pixel_blocked'],
}

/**
 * What became of an event, from what became of its two copies. One copy that is under way is a success, with the reason why
 * the other one is not. A server copy that is sent again is a `retry`.
 */
export function statusOf(pixel: PixelCopy, relay: RelayCopy): Outcome {
  const byPixel = pixelOutcomes[pixel]
  const byRelay = relayOutcomes[relay]
  if (relay === 'retrying') return ['retry', 'relay_down']
  if (byPixel === SUCCESS) return ['success', byRelay?.[1]]
  if (byRelay === SUCCESS) return ['success', byPixel?.[1]]
  // A copy that waits for consent says nothing that the other one does not know better.
  if (byRelay && relay !== 'held') return byRelay
  return byPixel ?? byRelay ?? ['skipped', 'no_channel']
}
