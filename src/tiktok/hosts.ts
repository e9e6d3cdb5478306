import type { Config } from '../types.ts'

/** The origin of TikTok's pixel: its scripts and the hits that it sends. */
export const pixelOrigin = (region: Config['region']): string =>
  `https://analytics.${region === 'us' ? 'us.' : ''}tiktok.com`

/** TikTok's Events API v1.3. */
export const eventsApiUrl = 'https://business-api.tiktok.com/open_api/v1.3/event/track/'
