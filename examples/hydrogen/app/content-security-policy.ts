// Use this in app/entry.server.tsx instead of Hydrogen's own call, whose default policy blocks TikTok's script and requests.
import { createContentSecurityPolicy } from '@shopify/hydrogen'

const tiktok = 'https://analytics.tiktok.com'
const forwarder = 'https://converge.shop.example'

export function createPolicy(shop: { checkoutDomain: string; storeDomain: string }) {
  return createContentSecurityPolicy({
    shop,
    // A directive of its own replaces default-src, so Hydrogen's own sources are repeated here.
    scriptSrc: ["'self'", 'https://cdn.shopify.com', 'https://shopify.com', tiktok],
    connectSrc: [tiktok, forwarder],
  })
}
