// A pixel for the bench. It sets TikTok's marks and only counts its calls, so that no figure includes TikTok's own work.

export const pixelId = 'CJQBODJC77UB4MRTGFRF'
export const pixelHost = 'analytics.tiktok.com'

export type PixelState = 'live' | 'waiting' | 'blocked'

/** The response of events.js for each state. Waiting: the script has loaded, but TikTok's main script never does. */
export const eventsScript: Record<PixelState, { body: string; status: number; type: string }> = {
  live: script(`(${goLive})()`),
  waiting: script(`for (const queue of Object.values(ttq._i)) queue.info = { status: 0 }`),
  blocked: { ...script(''), status: 404 },
}

function script(body: string) {
  return { body, status: 200, type: 'text/javascript', headers: { 'cross-origin-resource-policy': 'cross-origin' } }
}

/** Runs in the page. */
function goLive(): void {
  const { ttq } = window
  const take = (...call: unknown[]) => {
    window.lastCall = call
  }
  for (const queue of Object.values(ttq._i)) Object.assign(queue, { info: { status: 0 }, _init: true, track: take })
  Object.assign(ttq, { initialize: true, _mounted: true, instance: (id: string) => ttq._i[id] })
  for (const method of ['track', 'page', 'identify'])
    Object.defineProperty(ttq, method, { get: () => take, set: () => {}, configurable: true })
  ttq.length = 0
}

declare global {
  interface Window {
    /** The last call. A stored call cannot be optimized away. */
    lastCall?: unknown
  }
}
