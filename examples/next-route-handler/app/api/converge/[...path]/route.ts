// The forwarder inside a Next.js app: /api/converge/converge.js, /api/converge/events, /api/converge/webhook.
import { createForwarder, type Forwarder } from 'converge-tiktok/server'

let forwarder: Forwarder | undefined

function answer(request: Request): Promise<Response> {
  // Not before the first request, since `next build` imports this file without the secrets.
  forwarder ??= createForwarder({
    pixelId: 'CJQBODJC77UB4MRTGFRF',
    domain: 'shop.example',
    consent: 'require',
    allowedOrigins: ['https://www.shop.example'],
    accessToken: process.env.TIKTOK_ACCESS_TOKEN ?? '',
    webhookToken: process.env.CONVERGE_WEBHOOK_TOKEN ?? '',
  })
  // Vercel sets x-real-ip itself. Elsewhere take what your own proxy sets, and nothing that a visitor could.
  return forwarder.fetch(request, { ip: request.headers.get('x-real-ip') ?? undefined })
}

export { answer as GET, answer as OPTIONS, answer as POST }
