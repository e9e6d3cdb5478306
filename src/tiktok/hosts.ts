/** Where TikTok's pixel is loaded from and sends its hits to. `us` is TikTok's US residency. */
export const pixelHosts = {
  default: 'https://analytics.tiktok.com',
  us: 'https://analytics.us.tiktok.com',
} as const
