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
