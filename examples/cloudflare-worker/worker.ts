// The forwarder as a Worker, without a queue: each event is sent while its sender waits. While TikTok is down, it answers 503,
// so that pages keep their events.
import { createWorker } from 'converge-tiktok/cloudflare'

interface Env {
  TIKTOK_ACCESS_TOKEN: string
  CONVERGE_WEBHOOK_TOKEN: string
  CONVERGE_ADMIN_TOKEN?: string
}

export default createWorker((env: Env) => ({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  domain: 'shop.example',
  consent: 'require',
  allowedOrigins: ['https://www.shop.example'],
  accessToken: env.TIKTOK_ACCESS_TOKEN,
  webhookToken: env.CONVERGE_WEBHOOK_TOKEN,
  adminToken: env.CONVERGE_ADMIN_TOKEN,
}))
