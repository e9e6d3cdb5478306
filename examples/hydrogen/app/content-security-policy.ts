// In app/entry.server.tsx, in the place of Hydrogen's own call: its default policy stops TikTok's script and hits.
import { createContentSecurityPolicy } from '@shopify/hydrogen'

const tiktok = 'https://analytics.tiktok.com'
const forwarder = 'https://converge.shop.example'

export function createPolicy(shop: { checkoutDomain: string; storeDomain: string }) {
  return createContentSecurityPolicy({
    shop,
    // A list of its own takes the place of default-src: what Hydrogen needs there has to be said again.
    scriptSrc: ["'self'", 'https://cdn.shopify.com', 'https://shopify.com', tiktok],
    connectSrc: [tiktok, forwarder],
  })
}
