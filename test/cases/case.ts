import type { Config, EventParameters, Reason, Status, TrackOptions } from '../../src/types.ts'

/** One sentence about the product, as data: what is called, and what then stands in `ttq` or arrives at TikTok. */
export interface Case {
  title: string
  config?: Partial<Config>
  track: readonly [eventName: string, properties?: object, options?: TrackOptions]
  /** What the pixel sends, in order. `event_id` only where it is not random. */
  pixel: readonly { event: string; parameters: EventParameters; event_id?: string }[]
  /** What the Events API gets, where a server tracks the same. Default: as the pixel. */
  server?: Case['pixel']
  /** Default: `success` where the pixel sends something. */
  status?: Status
  reason?: Reason
}

export const pixelId = 'CJQBODJC77UB4MRTGFRF'

/** One call of Converge's own global: `cvg({ method: 'track', … })`. */
export interface CvgCall {
  method: string
  [field: string]: unknown
}

/** A page's calls, as data, and what becomes of them whichever way they are made. */
export interface CallCase {
  title: string
  config?: Partial<Config>
  /** As Converge's own pages make them, in one page. */
  cvg: readonly CvgCall[]
  /** The same by `converge`: the method's name, and what it is given. Default: each call of `cvg` as a `track`. */
  converge?: readonly (readonly [method: 'track' | 'set' | 'consent', ...parameters: unknown[]])[]
  /** What the pixel sends, in order, as in `Case`. */
  pixel: Case['pixel']
  /** What is relayed. Default: as the pixel sends it. */
  server?: Case['pixel']
  /** What `ttq.identify` is told, one by one, by the values whose hashes it gets. Default: once, of nobody by name. */
  identify?: readonly Person[]
  /** What becomes of each event in the end. Default: `success`. */
  results?: readonly (readonly [status: Status, reason?: Reason])[]
  /** The page is reloaded once the pixel is live, and makes its calls again. */
  isReloaded?: true
  /** What is wrong with the page. `storage`: its storage and cookies throw. `pixel`: TikTok's script does not load. */
  blocked?: 'storage' | 'pixel'
}

/** Who the visitor is, in the form that is hashed; `external_id` where the shop names a customer, else it is an id of ours. */
export interface Person {
  email?: string
  phone_number?: string
  external_id?: string
}

/** A call of `cvg` that tracks, as the call of `converge` that says the same. */
export function asTrack({ method: _, eventName, properties, ...options }: CvgCall) {
  return ['track', eventName, properties, options] as const
}
