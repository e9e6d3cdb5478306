import type { Refusal } from '../core/consent.ts'
import type { Reason, Status } from '../types.ts'

/** The state of an event's browser copy. */
export type PixelCopy =
  | 'none' // this event has none
  | 'held' // consent is not decided
  | 'denied'
  | 'waiting' // the former person's hits are sent first
  | 'queued' // passed to ttq before TikTok's script took over
  | 'live' // passed to TikTok's live pixel
  | 'blocked' // passed to ttq, but TikTok's script did not load
  | 'not_taken' // ttq belongs to another program, or threw

/** The state of an event's server copy. */
export type RelayCopy =
  | 'none' // this event has none
  | 'held' // consent is not decided
  | 'denied' // also if consent was withdrawn before the relay had it
  | 'posting'
  | 'taken'
  | 'retrying' // the relay is down, and the copy is stored for a retry
  | 'refused' // the relay refused it permanently
  | 'too_late' // older than TikTok's time limit
  | 'dropped' // the relay is down, and too many newer copies wait

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
 * Derives an event's status from its two copies. If one copy is on its way, the event is a success, with the reason for the
 * other copy. If the server copy is retried, the status is `retry`.
 */
export function statusOf(pixel: PixelCopy, relay: RelayCopy): Outcome {
  const byPixel = outcomes[pixel]
  const byRelay = outcomes[relay]
  if (byRelay?.[0] === 'retry') return byRelay
  if (byPixel === SUCCESS) return ['success', byRelay?.[1]]
  if (byRelay === SUCCESS) return ['success', byPixel?.[1]]
  // If the server copy waits for consent, the browser copy's reason is more useful.
  const [first, second] = byRelay === UNDECIDED ? [byPixel, byRelay] : [byRelay, byPixel]
  return first ?? second ?? ['skipped', 'no_channel']
}

/** Whether a copy was passed to its channel. */
export const isHanded = (copy: PixelCopy | RelayCopy): boolean =>
  copy !== 'none' && copy !== 'not_taken' && outcomes[copy]?.[0] !== 'no_consent'

/** Whether a copy must still be sent. */
export const isLeft = (copy: PixelCopy | RelayCopy): boolean => copy === 'held' || copy === 'not_taken'

/** The state of a copy that consent does not allow now. */
export const copyUnder = (no: Refusal | undefined): 'held' | 'denied' => (no === 'undecided' ? 'held' : 'denied')

/** Whether a copy waits for the relay's answer. */
export const isUnderWay = (relay: RelayCopy): boolean => relay === 'posting' || relay === 'retrying'
