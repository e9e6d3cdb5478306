import type { Config } from '../types.ts'
import { checkConfig } from './check-config.ts'
import { createEventsApi } from './events-api.ts'
import type { Intake, Taken } from './intake.ts'
import { createMatchKeys } from './match-keys.ts'
import type { Outbox, OutboxEvent, Stats } from './outbox.ts'
import { createPageIntake } from './page-intake.ts'
import { readIp, readUserAgent } from './profile.ts'
import { publicConfig } from './public-config.ts'
import { readBody } from './read-body.ts'
import { redact } from './redact.ts'
import { type Answer, refuse, respond, shortened } from './respond.ts'
import { isSameToken } from './same-token.ts'
import { serveScript } from './serve-script.ts'
import { createServerIntake } from './server-intake.ts'

/** The page's config, and what only a server may know. */
export interface ForwarderConfig extends Config {
  /** From TikTok Events Manager. It is sent in one header to TikTok, and nowhere else. */
  accessToken: string
  /** The shop's own origins, `https://www.shop.example`, and `null` for sandboxed pages. Only these may post events. */
  allowedOrigins: readonly string[]
  /** What a server must send as `X-Webhook-Token`. Default: there is no webhook. */
  webhookToken?: string
  /**
   * Takes a visitor's IP from the last entry of `X-Forwarded-For`, the one that the nearest proxy wrote: those before it
   * may be forged. For a server behind one proxy. Default `false`.
   */
  trustProxy?: boolean
  /** Honours a page's `?converge_test=CODE`. Default `false`. */
  allowTest?: boolean
  /** Default: TikTok's own. */
  eventsApiUrl?: string
  /** Keeps events until TikTok has them. Default: each is sent while its sender waits. */
  outbox?: Outbox
}

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

export interface RequestContext {
  /** The visitor's, where the platform knows it. */
  ip?: string | undefined
  /** Keeps a Worker alive until what was begun has ended. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
  /** Reads the body, where the platform has a quicker way or bounds of its own: the text, or what to answer instead. */
  readBody?: ((limit: number) => Promise<string | Answer>) | undefined
}

export interface Forwarder {
  fetch(request: Request, context?: RequestContext): Promise<Response>
}

/** A page hands over 20 events at a time, of 10,000 characters each where former pages kept them, each of up to 3 bytes. */
const MAX_BODY = 1024 * 1024

const routes: Record<string, readonly string[]> = {
  events: ['POST', 'OPTIONS'],
  webhook: ['POST'],
  'converge.js': ['GET', 'HEAD'],
  'consent.js': ['GET', 'HEAD'],
  'inspector.js': ['GET', 'HEAD'],
  health: ['GET', 'HEAD'],
}

/**
 * The server half: takes events from pages and servers, and sends them to TikTok's Events API. Its `fetch` routes by the
 * last part of the path, so that it can be mounted anywhere.
 *
 * @throws a sentence that names the part of the config that can never work
 */
export function createForwarder(config: ForwarderConfig, env: ForwarderEnv = {}): Forwarder {
  const rules = checkConfig(config)
  const { outbox, webhookToken } = config
  const { now = Date.now, log = console.error, Response = globalThis.Response } = env
  const api = createEventsApi({
    ...env,
    pixelId: config.pixelId,
    accessToken: config.accessToken,
    url: config.eventsApiUrl,
  })
  const matchKeys = createMatchKeys()
  const fromPage = createPageIntake(config, rules)
  const fromServer = createServerIntake(config, rules)
  let isRefusing = false
  outbox?.start(api.deliver)

  async function answer(name: string, request: Request, context: RequestContext): Promise<Answer> {
    const methods = Object.hasOwn(routes, name) ? routes[name] : undefined
    if (!methods) return refuse(404, `There is nothing at this address. There is: ${Object.keys(routes).join(', ')}.`)
    if (!methods.includes(request.method))
      return refuse(405, `This takes ${methods.join(' or ')} alone.`, [], { allow: methods.join(', ') })
    switch (name) {
      case 'events':
        return takeFromPage(request, context)
      case 'webhook':
        return takeFromServer(request, context)
      case 'consent.js':
      case 'inspector.js':
        return serveScript(request, name)
      case 'converge.js':
        return serveScript(request, name, configLine(publicConfig(config, baseUrl(request))))
      default:
        return health()
    }
  }

  /** A page that may not read an answer takes it for a broken connection, and would send the same for ever. */
  function corsOf({ headers }: Request): Record<string, string> {
    const origin = headers.get('origin')
    if (!isAllowed(origin)) return { vary: 'origin' }
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'retry-after',
      vary: 'origin',
    }
  }

  const isAllowed = (origin: string | null): origin is string =>
    origin !== null && config.allowedOrigins.includes(origin)

  async function takeFromPage(request: Request, context: RequestContext): Promise<Answer> {
    if (!isAllowed(request.headers.get('origin')))
      return refuse(403, 'Pages of this origin may not post here: allowedOrigins does not name it.')
    return request.method === 'OPTIONS' ? preflight : takePageEvents(request, context)
  }

  async function takePageEvents(request: Request, context: RequestContext): Promise<Answer> {
    const body = await textOf(request, context)
    if (typeof body !== 'string') return body
    const facts = {
      receivedAt: now(),
      ip: readIp(ipOf(request, context)),
      userAgent: readUserAgent(request.headers.get('user-agent')),
      gpc: request.headers.get('sec-gpc') === '1',
      allowTest: config.allowTest === true,
    }
    return keep(fromPage(body, facts), context)
  }

  async function takeFromServer(request: Request, context: RequestContext): Promise<Answer> {
    if (webhookToken === undefined) return refuse(404, 'There is no webhook here: webhookToken is not set.')
    if (!isSameToken(request.headers.get('x-webhook-token') ?? '', webhookToken))
      return refuse(401, 'X-Webhook-Token is missing or wrong.')
    const body = await textOf(request, context)
    return typeof body === 'string' ? keep(fromServer(body, now()), context) : body
  }

  /** Answers once the events are kept, or TikTok has them. */
  async function keep({ taken, problems, statuses }: Intake, context: RequestContext): Promise<Answer> {
    const isByDesign = statuses?.filtered || statuses?.skipped || statuses?.no_consent
    if (taken.length === 0 && !isByDesign) return refuse(400, 'Nothing of this could be taken.', problems)
    const events = taken.map(({ event }) => event)
    const work = outbox ? store(outbox, events) : sendNow(taken)
    context.waitUntil?.(work)
    const refused = await work
    if (!Array.isArray(refused)) return refused
    matchKeys.count(events)
    const accepted = new Set(taken.filter((one) => !refused.includes(one)).map(({ path }) => path)).size
    for (const { path, event } of refused) problems.push({ path, message: event.problem ?? 'was refused by TikTok' })
    return respond(202, { accepted, ...(statuses && { statuses }), ...shortened(problems) })
  }

  async function store(outbox: Outbox, events: OutboxEvent[]): Promise<Answer | Taken[]> {
    try {
      if (events.length > 0) await outbox.add(events)
      isRefusing = false
      return []
    } catch (error) {
      const { name, message } = Object(error)
      const reason = name === 'OutboxFull' ? 'The outbox is full' : 'The outbox could not keep this'
      if (!isRefusing) log(`converge-tiktok: ${reason}: ${redact(String(message))} Senders are told to send it again.`)
      isRefusing = true
      return refuse(503, `${reason}. Send it again later.`, [], { 'retry-after': '60' })
    }
  }

  /** Without an outbox. Gives back what TikTok will never take. */
  async function sendNow(taken: Taken[]): Promise<Answer | Taken[]> {
    const verdicts = await api.deliver(taken.map(({ event }) => event))
    if (verdicts.every((verdict) => verdict === 'done' || verdict === 'dead'))
      return taken.filter((_, index) => verdicts[index] === 'dead')
    return refuse(503, 'TikTok can not take this now. Send it again later.', [], {
      'retry-after': String(api.retryAfter()),
    })
  }

  async function health(): Promise<Answer> {
    const own = api.stats()
    const stats: Stats = { ...own, ...(await outbox?.stats?.()) }
    const stopped = stats.stopped ?? own.stopped
    const { waiting, sent, dead, oldest } = stats
    const body = { status: stopped ? 'stopped' : 'ok', stopped, waiting, sent, failed: dead, oldest }
    return respond(stopped ? 503 : 200, { ...body, match_keys: matchKeys.shares() })
  }

  function ipOf({ headers }: Request, { ip }: RequestContext): string | undefined {
    const forwarded = config.trustProxy === true ? headers.get('x-forwarded-for') : null
    return forwarded?.split(',').pop() ?? ip
  }

  async function answerOrSay(name: string, request: Request, context: RequestContext): Promise<Answer> {
    try {
      return await answer(name, request, context)
    } catch (error) {
      const { name, message } = Object(error)
      log(`converge-tiktok: a request could not be answered: ${redact(`${name}: ${message}`, [config.accessToken])}`)
      return refuse(500, 'Something went wrong here, and is in the log. Send it again later.')
    }
  }

  return {
    async fetch(request, context = {}) {
      const name = lastPart(request.url)
      const { status, text, headers } = await answerOrSay(name, request, context)
      return new Response(request.method === 'HEAD' ? null : text, {
        status,
        headers: name === 'events' ? { ...headers, ...corsOf(request) } : headers,
      })
    },
  }
}

const preflight: Answer = {
  status: 204,
  text: null,
  headers: {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '86400',
  },
}

/** Of a URL's path. */
function lastPart(url: string): string {
  const [path = ''] = url.split(/[?#]/, 1)
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The body, or the answer that says what is wrong with it. */
async function textOf(request: Request, context: RequestContext): Promise<string | Answer> {
  const { headers } = request
  const type = headers.get('content-type') ?? 'application/json'
  if (!/^(application\/json|text\/plain)\b/i.test(type))
    return refuse(415, 'The body must be JSON, sent as application/json or text/plain.')
  if (!/^(identity)?$/.test(headers.get('content-encoding') ?? ''))
    return refuse(415, 'The body must not be compressed.')
  try {
    return await (context.readBody?.(MAX_BODY) ?? readBody(request, MAX_BODY))
  } catch {
    return refuse(400, 'The body broke off.')
  }
}

/** Where the forwarder is mounted. A proxy in front of it may have taken the TLS off. */
function baseUrl({ url, headers }: Request): string {
  const isHttps = headers.get('x-forwarded-proto')?.startsWith('https')
  const base = new URL('.', url).href.replace(/\/$/, '')
  return isHttps ? base.replace(/^http:/, 'https:') : base
}

/** JSON is JavaScript; `<` is written so that it may stand in a page, too. */
function configLine(config: object): string {
  const json = JSON.stringify(config).replaceAll('<', '\\u003c')
  return `(window.converge=window.converge||{}).config=${json};\n`
}
