// The same with a queue. The Worker answers once an event is in the queue, and retries until TikTok has it. Events that TikTok
// refuses for good go to the dead-letter queue, with the reason.
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
