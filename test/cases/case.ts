import type { Config, EventParameters, Reason, Status, TrackOptions } from '../../src/types.ts'

/** One statement about the product, as data: a call, and the result in `ttq` or at TikTok. */
export interface Case {
  title: string
  config?: Partial<Config>
  track: readonly [eventName: string, properties?: object, options?: TrackOptions]
  /** The events that the pixel sends, in order. `event_id` is given only if it is not random. */
  pixel: readonly { event: string; parameters: EventParameters; event_id?: string }[]
  /** The events that the Events API receives if a server makes the same call. Default: the same as the pixel. */
  server?: Case['pixel']
  /** Default: `success` if the pixel sends something. */
  status?: Status
  reason?: Reason
}

export const pixelId = 'CJQBODJC77UB4MRTGFRF'

/** One call of Converge's own global: `cvg({ method: 'track', … })`. */
export interface CvgCall {
  method: string
  [field: string]: unknown
}

/** A page's calls, as data, and their results, which are the same for every form of calling. */
export interface CallCase {
  title: string
  config?: Partial<Config>
  /** The calls in Converge's own form, all on one page. */
  cvg: readonly CvgCall[]
  /** The same calls for `converge`: method name and arguments. Default: each call of `cvg` as a `track`. */
  converge?: readonly (readonly [method: 'track' | 'set' | 'consent', ...parameters: unknown[]])[]
  /** The events that the pixel sends, in order, as in `Case`. */
  pixel: Case['pixel']
  /** The events that the relay sends. Default: the same as the pixel. */
  server?: Case['pixel']
  /** The calls of `ttq.identify`, with the values before hashing. Default: one call, without a named visitor. */
  identify?: readonly Person[]
  /** The final status of each event. Default: `success`. */
  results?: readonly (readonly [status: Status, reason?: Reason])[]
  /** The page is reloaded once the pixel is live, and makes its calls again. */
  isReloaded?: true
  /** A fault of the page. `storage`: its storage and cookies throw. `pixel`: TikTok's script does not load. */
  blocked?: 'storage' | 'pixel'
}

/** The visitor's values before hashing. `external_id` is given if the shop names a customer; otherwise it is generated. */
export interface Person {
  email?: string
  phone_number?: string
  external_id?: string
}

/** Converts a tracking call of `cvg` to the equivalent call of `converge`. */
export function asTrack({ method: _, eventName, properties, ...options }: CvgCall) {
  return ['track', eventName, properties, options] as const
}
