import type { Refusal } from '../core/consent.ts'
import type { Reason, Status } from '../types.ts'

/** Where the browser copy of an event is. */
export type PixelCopy =
  | 'none' // this event has none
  | 'held' // consent is not decided
  | 'denied'
  | 'waiting' // the former person's hits have to leave first
  | 'queued' // handed to ttq; TikTok's script has not taken over yet
  | 'live' // handed to TikTok's pixel, which was live
  | 'blocked' // handed to ttq, but TikTok's script did not come
  | 'not_taken' // ttq is another program's, or threw

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
const UNDECIDED: Outcome = ['no_consent', 'undecided']

const outcomes: Record<PixelCopy | RelayCopy, Outcome | undefined> = {
  none: undefined,
  held: UNDECIDED,
  denied: ['no_consent', 'denied'],
  waiting: SUCCESS,
  queued: SUCCESS,
  live: SUCCESS,
  blocked: ['failure', 'pixel_blocked'],
  not_taken: ['failure', 'pixel_blocked'],
  posting: SUCCESS,
  taken: SUCCESS,
  retrying: ['retry', 'relay_down'],
  refused: ['failure', 'relay_refused'],
  too_late: ['skipped', 'too_late'],
  dropped: ['failure', 'relay_down'],
}

/**
 * What became of an event, from what became of its two copies. One copy that is under way is a success, with the reason why
 * the other one is not. A server copy that is sent again is a `retry`.
 */
export function statusOf(pixel: PixelCopy, relay: RelayCopy): Outcome {
  const byPixel = outcomes[pixel]
  const byRelay = outcomes[relay]
  if (byRelay?.[0] === 'retry') return byRelay
  if (byPixel === SUCCESS) return ['success', byRelay?.[1]]
  if (byRelay === SUCCESS) return ['success', byPixel?.[1]]
  // A server copy that waits for consent says nothing that the browser copy does not say better.
  const [first, second] = byRelay === UNDECIDED ? [byPixel, byRelay] : [byRelay, byPixel]
  return first ?? second ?? ['skipped', 'no_channel']
}

/** Whether a copy was handed to its channel. */
export const isHanded = (copy: PixelCopy | RelayCopy): boolean =>
  copy !== 'none' && copy !== 'not_taken' && outcomes[copy]?.[0] !== 'no_consent'

/** Whether a copy has still to be handed over. */
export const isLeft = (copy: PixelCopy | RelayCopy): boolean => copy === 'held' || copy === 'not_taken'

/** What a copy is that consent does not allow to leave now. */
export const copyUnder = (no: Refusal | undefined): 'held' | 'denied' => (no === 'undecided' ? 'held' : 'denied')

/** Whether the relay has a copy to answer for. */
export const isUnderWay = (relay: RelayCopy): boolean => relay === 'posting' || relay === 'retrying'
