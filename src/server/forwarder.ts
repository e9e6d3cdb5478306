import { createEventsApi } from '../tiktok/events-api/client.ts'
import { bodyText } from './body-text.ts'
import { checkConfig } from './check-config.ts'
import { configLine } from './config-line.ts'
import { createCors, preflight } from './cors.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { createHealth } from './health.ts'
import { createMatchKeys } from './match-keys.ts'
import { createPageIntake } from './page-intake.ts'
import { readIp, readUserAgent } from './profile.ts'
import { redact } from './redact.ts'
import type { RequestContext } from './request-context.ts'
import { type Answer, refuse } from './respond.ts'
import { lastPart, type Route, routeOf } from './routes.ts'
import { isSameToken } from './same-token.ts'
import { serveScript } from './serve-script.ts'
import { createServerIntake } from './server-intake.ts'
import { createStoreEvents } from './store-events.ts'

export type { ForwarderConfig } from './forwarder-config.ts'
export type { RequestContext } from './request-context.ts'

/** The world around a forwarder. */
export interface ForwarderEnv {
  fetch?: typeof fetch
  /** Milliseconds since 1970. */
  now?: () => number
  /** From 0 up to 1. */
  random?: () => number
  /** Takes the sentences that a person must read. Default `console.error`. */
  log?: (sentence: string) => void
  /** What answers are made of, where a platform has a quicker one. */
  Response?: new (
    body: string | null,
    init: ResponseInit,
  ) => Response
}

export interface Forwarder {
  fetch(request: Request, context?: RequestContext): Promise<Response>
}

type Take = (request: Request, context: RequestContext) => Answer | Promise<Answer>

/**
 * The server half: takes events from pages and servers, and sends them to TikTok's Events API. Its `fetch` routes by the
 * last part of the path, so that it can be mounted anywhere.
 *
 * @throws a sentence that names the part of the config that can never work
 */
export function createForwarder(config: ForwarderConfig, env: ForwarderEnv = {}): Forwarder {
  const rules = checkConfig(config)
  const { pixelId, accessToken, outbox, webhookToken } = config
  const { now = Date.now, log = console.error, Response = globalThis.Response } = env
  const api = createEventsApi({ ...env, pixelId, accessToken, url: config.eventsApiUrl, redact })
  const matchKeys = createMatchKeys()
  const deliver = matchKeys.counting(api.deliver)
  const cors = createCors(config.allowedOrigins)
  const store = createStoreEvents({ api: { ...api, deliver }, outbox, log })
  const readPageEvents = createPageIntake(config, rules)
  const readServerEvents = createServerIntake(config, rules)
  outbox?.start(deliver)

  const routes: Record<Route, Take> = {
    events: takeFromPage,
    webhook: takeFromServer,
    'converge.js': (request) => serveScript(request, 'converge.js', configLine(config, request)),
    'consent.js': (request) => serveScript(request, 'consent.js'),
    'inspector.js': (request) => serveScript(request, 'inspector.js'),
    health: createHealth({ api, outbox, matchKeys }),
  }

  async function takeFromPage(request: Request, context: RequestContext): Promise<Answer> {
    if (!cors.allows(request))
      return refuse(403, 'Pages of this origin may not post here: allowedOrigins does not name it.')
    if (request.method === 'OPTIONS') return preflight
    const body = await bodyText(request)
    if (typeof body !== 'string') return body
    const facts = {
      receivedAt: now(),
      ip: readIp(ipOf(request, context)),
      userAgent: readUserAgent(request.headers.get('user-agent')),
      gpc: request.headers.get('sec-gpc') === '1',
      allowTest: config.allowTest === true,
    }
    return store(readPageEvents(body, facts), context)
  }

  async function takeFromServer(request: Request, context: RequestContext): Promise<Answer> {
    if (webhookToken === undefined) return refuse(404, 'There is no webhook here: webhookToken is not set.')
    if (!isSameToken(request.headers.get('x-webhook-token') ?? '', webhookToken))
      return refuse(401, 'X-Webhook-Token is missing or wrong.')
    const body = await bodyText(request)
    return typeof body === 'string' ? store(readServerEvents(body, now()), context) : body
  }

  function ipOf({ headers }: Request, { ip }: RequestContext): string | undefined {
    const forwarded = config.trustProxy === true ? headers.get('x-forwarded-for') : null
    return forwarded?.split(',').pop() ?? ip
  }

  async function answer(request: Request, context: RequestContext): Promise<Answer> {
    try {
      const route = routeOf(lastPart(request.url), request.method)
      return typeof route === 'string' ? await routes[route](request, context) : route
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      log(`converge-tiktok: a request could not be answered: ${redact(`${name}: ${message}`, [accessToken])}`)
      return refuse(500, 'Something went wrong here, and is in the log. Send it again later.')
    }
  }

  return {
    async fetch(request, context = {}) {
      const { status, text, headers } = await answer(request, context)
      return new Response(request.method === 'HEAD' ? null : text, {
        status,
        headers: lastPart(request.url) === 'events' ? { ...headers, ...cors.headers(request) } : headers,
      })
    },
  }
}
