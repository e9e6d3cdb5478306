// Packages that a shop could use instead. They are installed in bench/peers, which has its own package.json and lock file.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Peer {
  name: string
  version: string
  /** A module that imports it and starts it as its documentation says. */
  start: string
}

export const peersFolder = fileURLToPath(new URL('peers/', import.meta.url))

export const howToInstall =
  'The peers are not installed, and are left out. To compare with them: npm ci --ignore-scripts --prefix bench/peers'

const nowhere = 'https://collector.shop.test'

// In order of size. Each sends to a host of the shop, which the bench's network answers with an empty page.
const starts: Record<string, string> = {
  '@vercel/analytics': `import { inject } from '@vercel/analytics'
    inject()`,
  '@plausible-analytics/tracker': `import { init, track } from '@plausible-analytics/tracker'
    init({ domain: 'shop.test', endpoint: '${nowhere}/event' })
    globalThis.track = track`,
  'tiktok-pixel': `import pixel from 'tiktok-pixel'
    const { init, pageView, track } = pixel.default ?? pixel // a CommonJS module
    init('CJQBODJC77UB4MRTGFRF')
    pageView()
    globalThis.track = track`,
  '@walkeros/collector': `import { startFlow } from '@walkeros/collector'
    startFlow({ consent: { marketing: true } }).then(({ elb }) => { globalThis.track = elb })`,
  '@snowplow/browser-tracker': `import { newTracker, trackPageView, trackSelfDescribingEvent } from '@snowplow/browser-tracker'
    newTracker('shop', '${nowhere}', { appId: 'shop' })
    trackPageView()
    globalThis.track = trackSelfDescribingEvent`,
  '@rudderstack/analytics-js': `import { RudderAnalytics } from '@rudderstack/analytics-js'
    const analytics = new RudderAnalytics()
    analytics.load('key', '${nowhere}', { configUrl: '${nowhere}' })
    analytics.page()
    globalThis.track = analytics.track`,
  '@segment/analytics-next': `import { AnalyticsBrowser } from '@segment/analytics-next'
    const analytics = AnalyticsBrowser.load({ writeKey: 'key', cdnURL: '${nowhere}' })
    analytics.page()
    globalThis.track = analytics.track`,
  'posthog-js': `import posthog from 'posthog-js'
    posthog.init('key', { api_host: '${nowhere}' })
    globalThis.track = posthog.capture`,
}

/** The installed peers. */
export function installedPeers(): Peer[] {
  return Object.entries(starts).flatMap(([name, start]) => {
    const file = new URL(`peers/node_modules/${name}/package.json`, import.meta.url)
    if (!existsSync(file)) return []
    const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'))
    return [{ name, version, start }]
  })
}
