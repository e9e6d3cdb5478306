import { createForwarder, type ForwarderConfig, type RequestContext } from '../../src/server/forwarder.ts'
import { pixelId } from '../cases/case.ts'
import { logTo } from './log-to.ts'
import { createMemoryOutbox, type MemoryOutbox } from './memory-outbox.ts'

export const shop = 'https://www.shop.test'
export const accessToken = 'secret-access-token-1234567890'
export const webhookToken = 'secret-webhook-token'
export const adminToken = 'secret-admin-token-of-32-characters'
/** The fixed time of the forwarder's clock, in milliseconds since 1970. */
export const noon = Date.parse('2026-03-01T12:00:00Z')

export interface StartedForwarder {
  outbox: MemoryOutbox
  /** Every line that was logged. */
  log: string[]
  fetch(request: Request, context?: RequestContext): Promise<Response>
  /** Posts as a page does. A string is posted unchanged. */
  postEvents(body: unknown, headers?: Record<string, string>, context?: RequestContext): Promise<Answered>
  /** Posts as a server does. */
  postWebhook(body: unknown, headers?: Record<string, string>): Promise<Answered>
}

export interface Answered {
  status: number
  headers: Headers
  text: string
  body: {
    error?: string
    accepted?: number
    statuses?: Record<string, number>
    problems?: { path: string; message: string }[]
    too_late?: { event_name: string; event_id: string }[]
    more_problems?: number
  }
}

/** A forwarder at /relay with an outbox in memory and a clock that always shows noon. */
export function startForwarder(
  config: Partial<ForwarderConfig> = {},
  now: () => number = () => noon,
  /** Milliseconds, of the clock for pauses. */
  monotonic: () => number = () => 0,
): StartedForwarder {
  const outbox = createMemoryOutbox()
  const log: string[] = []
  const whole = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], outbox, ...config }
  const forwarder = createForwarder(whole, { now, monotonic, random: () => 0.5, log: logTo(log) })

  const post = async (path: string, body: unknown, headers: Record<string, string>, context?: RequestContext) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const request = new Request(`${shop}/relay/${path}`, { method: 'POST', body: text, headers })
    return read(await forwarder.fetch(request, context))
  }
  return {
    outbox,
    log,
    fetch: forwarder.fetch,
    postEvents: (body, headers, context) =>
      post('events', body, { origin: shop, 'content-type': 'text/plain;charset=UTF-8', ...headers }, context),
    postWebhook: (body, headers) =>
      post('webhook', body, { 'x-webhook-token': webhookToken, 'content-type': 'application/json', ...headers }),
  }
}

async function read(response: Response): Promise<Answered> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : {} }
}
