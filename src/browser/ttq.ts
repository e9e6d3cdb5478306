// TikTok's global, typed and built in one place, to the letter of TikTok's own snippet. Until TikTok's script has run it
// is an array, in which each call waits as `[method, ...parameters]`; a callable stub, as other pixels have, sends nothing.

export const methods =
  'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
    ' ',
  )

type Calls = Record<
  'track' | 'identify' | 'enableCookie' | 'disableCookie' | 'grantConsent' | 'revokeConsent',
  (...parameters: unknown[]) => void
>

/** One pixel's queue, on which TikTok's scripts leave their marks. */
export interface PixelQueue extends Array<unknown>, Calls {
  /** The script's address: its loading has begun. */
  _u?: string
  /** events.js came for this pixel. `status` is 0 unless TikTok says that the pixel isn't live. */
  info?: { status?: number }
  /** The main script came: this pixel takes its calls. */
  _init?: boolean
}

export interface LoadOptions {
  limited_data_use?: boolean
  autoConfig?: boolean
  historyObserver?: boolean
}

export interface Ttq extends Array<unknown>, Calls {
  methods: string[]
  setAndDefer(target: unknown[], method: string): void
  instance(pixelId: string): PixelQueue
  load(pixelId: string, options?: LoadOptions): void
  _i: Record<string, PixelQueue>
  _t: Record<string, number>
  _o: Record<string, LoadOptions>
}

declare global {
  interface Window {
    /** Names TikTok's global. */
    TiktokAnalyticsObject?: string
  }
}

/** What waits in a pixel's queue is kept. */
export const queueOf = ({ _i }: Ttq, pixelId: string): PixelQueue => (_i[pixelId] ??= Object([]))

export function setAndDefer(target: unknown[], method: string): void {
  Object(target)[method] = (...parameters: unknown[]) => target.push([method, ...parameters])
}

/** Puts the methods on a queue. */
export function deferCalls(queue: unknown[]): Ttq & PixelQueue {
  for (const method of methods) setAndDefer(queue, method)
  return Object(queue)
}
