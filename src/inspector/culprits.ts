/** What else brings TikTok's pixel into shops, by the addresses of its scripts. */
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
  /** Of an inline script. */
  text: string
}

/**
 * Who else may call this pixel: whoever names its ID in the page, or has signed TikTok's global; else the tag managers
 * and plugins that are there.
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

/** TikTok's own file for a pixel. */
export function isPixel(src: string): boolean {
  return src.includes('/i18n/pixel/events.js')
}
