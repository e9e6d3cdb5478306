// A shop's Worker for tests, with a local stand-in for TikTok and delays that a test can wait for.
import { createWorker, type Queue } from '../../src/cloudflare/index.ts'

interface Env {
  EVENTS_API_URL: string
  EVENTS?: Queue
  DEAD_LETTERS?: Queue
  RETRY_AFTER: { first: number; longest: number }
}

export default createWorker((env: Env) => ({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  accessToken: 'an-access-token-of-tiktok',
  webhookToken: 'a-token-of-the-forwarder',
  adminToken: 'an-admin-token-of-32-characters-or-more',
  allowedOrigins: ['https://www.shop.example'],
  eventsApiUrl: env.EVENTS_API_URL,
  queue: env.EVENTS,
  deadLetterQueue: env.DEAD_LETTERS,
  retryAfter: env.RETRY_AFTER,
}))
