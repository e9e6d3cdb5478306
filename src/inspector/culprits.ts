/** Other products that load TikTok's pixel in shops, by the addresses of their scripts. */
const known: readonly [address: RegExp, name: string][] = [
  [/googletagmanager\.com\/gtm/, 'a tag in Google Tag Manager'],
  [/tiktok-for-business/, "WooCommerce's TikTok plugin"],
  [/pixelyoursite/, 'the plugin PixelYourSite'],
  [/web-pixel|\/wpm@/, 'a Shopify app, such as its TikTok channel'],
  [/tealium|\/utag\.js/, 'a tag in Tealium'],
  [/cdn\.segment\.com/, 'Segment'],
  [/adobedtm/, 'a tag in Adobe Launch'],
  [/elevar/, 'Elevar'],
  [/rudder/, 'RudderStack'],
]

export interface Script {
  src: string
  /** The source of an inline script. */
  text: string
}

/**
 * Who else may call this pixel: scripts that contain its ID and partners that signed TikTok's global. If there are none,
 * the tag managers and plugins of the page.
 */
export function culpritsAmong(scripts: readonly Script[], pixelId: string, partner: unknown): string[] {
  const snippet = new RegExp(`\\.load\\(\\s*.${pixelId}|sdkid=${pixelId}`)
  const named = scripts.flatMap(({ src, text }) => {
    if (snippet.test(text)) return `an inline script that calls ttq.load('${pixelId}'): TikTok's own snippet`
    return src.includes(pixelId) && !isPixel(src) ? src.replace(/^https?:\/\/|[?#].*/g, '') : []
  })
  if (partner) named.push(`the integration that calls itself ${partner}`)
  const there = scripts.flatMap(({ src }) => known.filter(([address]) => address.test(src)).map(([, name]) => name))
  return [...new Set(named.length ? named : there)]
}

/** True for the address of TikTok's own script for a pixel. */
export function isPixel(src: string): boolean {
  return src.includes('/i18n/pixel/events.js')
}
