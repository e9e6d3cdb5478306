// A Worker with a bound queue that its config does not name.
import { createWorker, type Queue } from '../../src/cloudflare/index.ts'

interface Env {
  EVENTS_API_URL: string
  EVENTS: Queue
}

const worker = createWorker((env: Env) => ({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  accessToken: 'an-access-token-of-tiktok',
  allowedOrigins: ['https://www.shop.example'],
  eventsApiUrl: env.EVENTS_API_URL,
}))

export default {
  queue: worker.queue,
  async fetch(_: Request, env: Env): Promise<Response> {
    await env.EVENTS.sendBatch([{ body: { left: 'behind' }, contentType: 'json' }])
    return new Response()
  },
}
