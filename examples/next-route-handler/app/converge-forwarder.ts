import { createPostgresStore } from 'converge-tiktok/postgres'
import { createForwarder, type Forwarder } from 'converge-tiktok/server'

const pixelId = 'CJQBODJC77UB4MRTGFRF'

let forwarder: Forwarder | undefined

/** Creates it on the first request, because `next build` imports the routes without the secrets. */
export function getForwarder(): Forwarder {
  // With a database, events are kept until TikTok has them. Without one, they are sent while the page's request waits.
  const { DATABASE_URL: url } = process.env
  forwarder ??= createForwarder({
    pixelId,
    domain: 'shop.example',
    consent: 'require',
    allowedOrigins: ['https://www.shop.example'],
    accessToken: process.env.TIKTOK_ACCESS_TOKEN ?? '',
    webhookToken: process.env.CONVERGE_WEBHOOK_TOKEN ?? '',
    ...(url && { store: createPostgresStore({ url, pixelId }), delivery: 'drain' }),
  })
  return forwarder
}
