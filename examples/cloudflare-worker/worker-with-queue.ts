// The same with a queue: an event is answered once it is kept, and tried until TikTok has it. What TikTok will never take
// goes to the dead-letter queue with its reason.
import { createWorker, type Queue } from 'converge-tiktok/cloudflare'

interface Env {
  TIKTOK_ACCESS_TOKEN: string
  CONVERGE_WEBHOOK_TOKEN: string
  CONVERGE_ADMIN_TOKEN?: string
  EVENTS: Queue
  DEAD_LETTERS: Queue
}

export default createWorker((env: Env) => ({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  domain: 'shop.example',
  consent: 'require',
  allowedOrigins: ['https://www.shop.example'],
  accessToken: env.TIKTOK_ACCESS_TOKEN,
  webhookToken: env.CONVERGE_WEBHOOK_TOKEN,
  adminToken: env.CONVERGE_ADMIN_TOKEN,
  queue: env.EVENTS,
  deadLetterQueue: env.DEAD_LETTERS,
}))
