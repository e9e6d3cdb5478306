import type { Log } from '../core/log.ts'
import type { Drained, DrainOptions } from '../store/store.ts'
import { createEventsApi } from '../tiktok/events-api/client.ts'
import type { Config } from '../types.ts'
import type { AlertMemory } from './alerts/alert-watch.ts'
import { bodyText } from './body-text.ts'
import { checkConfig } from './check-config.ts'
import { configLine } from './config-line.ts'
import { createCookies } from './cookies.ts'
import { createCors, preflight } from './cors.ts'
import { createEventStore } from './event-store.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { createKeeper } from './keeper.ts'
import { createLateEvents } from './late-events.ts'
import { createLog } from './log-line.ts'
import { createMatchKeys } from './match-keys.ts'
import type { Metrics } from './metrics.ts'
import { checkHistoryStore, readHistoryConfig } from './new-customers.ts'
import { createOperatorRoutes } from './operator-routes.ts'
import type { Deliver } from './outbox.ts'
import { createPageIntake } from './page-intake.ts'
import { parsePageRequest } from './parse.ts'
import { createPause, type ReadPause } from './pause.ts'
import { pickVariant } from './pick-variant.ts'
import { readIp, readUserAgent } from './profile.ts'
import { readResponse } from './read-body.ts'
import { redact } from './redact.ts'
import { createRefusals } from './refusals.ts'
import type { RequestContext } from './request-context.ts'
import { type Answer, refuse } from './respond.ts'
import { type Address, type Route, readAddress, routeOf } from './routes.ts'
import { scriptServer } from './serve-script.ts'
import { createServerIntake } from './server-intake.ts'
import { createSourceCounts } from './sources/source-counts.ts'
import type { Source } from './sources/sources.ts'
import { createWebhooks, skip } from './sources/webhooks.ts'
import { whySkipped } from './sources/why-skipped.ts'
import { createSteadyClock } from './steady-clock.ts'
import { createThrottle } from './throttle.ts'
import { allSkipped } from './unsent.ts'

export type { ForwarderConfig } from './forwarder-config.ts'
export type { RequestContext } from './request-context.ts'

/** The environment of a forwarder. */
export interface ForwarderEnv {
  fetch?: typeof fetch
  /** Milliseconds since 1970. */
  now?: () => number
  /** Returns a random number from 0 up to, but not including, 1. */
  random?: () => number
  /** Milliseconds of a clock that never goes back, for pauses. Default `performance.now`. */
  monotonic?: () => number
  /** Receives each log line. Default: text on the console, as `time level converge-tiktok: message key=value`. */
  log?: Log
  /** What `alerts` has posted. Pass the same one to a forwarder that replaces another one. */
  alertMemory?: AlertMemory
  /** Milliseconds between two checks for alerts. Default 30,000. */
  watchEvery?: number
  /** Counts for `GET metrics`. Default: there are no metrics. `serve` has its own. */
  metrics?: Metrics
  /** The class of the responses, for platforms that have a faster one. */
  Response?: new (
    body: string | ReadableStream | null,
    init: ResponseInit,
  ) => Response
}

export interface Forwarder {
  fetch(request: Request, context?: RequestContext): Promise<Response>
  /** Stops the timer of `alerts`. Requests are still answered. */
  close(): void
  /**
   * Sends waiting events, with `delivery: 'drain'`. Call it regularly, such as every minute by a timer of the platform: it sends
   * what could not be sent after the request. Default: for at most 20 seconds.
   *
   * @throws if `delivery` is not `drain`
   */
  drain(options?: Partial<DrainOptions>): Promise<Drained>
}

const WATCH_EVERY = 30_000
const DRAIN_SECONDS = 20

/** `part`: the source after `webhook/`, or the path after `admin/`. */
type Take = (request: Request, context: RequestContext, part?: string) => Answer | Promise<Answer>

/**
 * The server half: receives events from pages and servers, and sends them to TikTok's Events API. Its `fetch` routes by the
 * last part of the path, so you can mount it anywhere.
 *
 * @throws an error that names the invalid option of the config
 */
export function createForwarder(config: ForwarderConfig, env: ForwarderEnv = {}): Forwarder {
  const { sources } = checkConfig(config)
  const { web } = sources
  checkHistoryStore(config)
  const history = readHistoryConfig(config.newCustomers)
  const { accessToken, paused = false } = config
  const keeper = createKeeper(config)
  const { now = Date.now, monotonic = () => performance.now(), Response = globalThis.Response } = env
  const log = env.log ?? createLog()
  const throttle = createThrottle(monotonic)
  const { api, matchKeys, metrics } = createSender(config, env, log)
  const cors = createCors(config.allowedOrigins)
  const refusals = createRefusals(log, throttle)
  const lateEvents = createLateEvents(log, throttle)
  const store = createEventStore({ api, keeper, metrics, log, throttle, monotonic })
  const cookies = createCookies(config)
  const clock = createSteadyClock(now, monotonic)
  const sourceCounts = createSourceCounts(sources)
  const counters = { matchKeys, refusals, lateEvents, sourceCounts }
  const readPause = createPause({ paused, pauseSwitch: keeper?.pauseSwitch, log, monotonic })
  const readPageEvents = createPageIntake(web)
  const takeWebhook = createWebhooks({
    sources,
    readPause,
    store,
    readerOf: (source) => createServerIntake(source, web, { history, canWait: config.store?.keepsProfiles === true }),
    lateEvents,
    log,
    throttle,
    facts: () => ({ receivedAt: now(), isClockSteady: clock.isSteady() }),
    erase: keeper?.erase,
  })
  const { fetch = globalThis.fetch, alertMemory, watchEvery = WATCH_EVERY } = env
  const { stop, ...operatorRoutes } = createOperatorRoutes({
    ...{ config, sources, api, keeper, store, ...counters, history, readPause, metrics },
    ...{ log, throttle, now, monotonic, fetch, alertMemory, watchEvery, ipOf },
  })
  if (!keeper?.drain) keeper?.start(api.deliver)

  const served = { cookies: cookies !== undefined, ...(keeper?.keepsDenials && { denials: true }) }
  const routes: Record<Route, Take> = {
    events: takeFromPage,
    webhook: takeFromServer,
    'converge.js': pageScript(web, served, readPause),
    'consent.js': scriptServer('consent.js'),
    'inspector.js': scriptServer('inspector.js'),
    ...operatorRoutes,
  }

  async function takeFromPage(request: Request, context: RequestContext): Promise<Answer> {
    if (!cors.allows(request))
      return refuse(403, 'Pages of this origin may not post here: allowedOrigins does not contain it.')
    if (request.method === 'OPTIONS') return preflight
    const body = await bodyText(request, context)
    if (typeof body !== 'string') return body
    const facts = {
      receivedAt: now(),
      ...clock.bounds(),
      ip: ipOf(request, context),
      userAgent: readUserAgent(request.headers.get('user-agent')),
      gpc: request.headers.get('sec-gpc') === '1',
      allowTest: config.allowTest === true,
    }
    const intake = readPageEvents(body, facts)
    const why = whySkipped(web, await readPause())
    const events = why ? parsePageRequest(body).good.length : 0
    if (why && events > 0) {
      const skipped = skip(why.message, events)
      const log = allSkipped(intake, why.code)
      if (intake.denials.length === 0) {
        store.note(log)
        return skipped
      }
      // A denial counts, even while the intake is paused.
      const statuses = { skipped: events }
      const answer = await store.store({ ...intake, taken: [], problems: [], late: [], statuses, log }, context)
      return answer.status === 202 ? skipped : answer
    }
    lateEvents.note(intake.late, web.name, facts.receivedAt)
    const answer = await store.store(intake, context)
    const isKept = answer.status === 202 || intake.cookies === 'expired'
    return isKept && cookies ? { ...answer, cookies: cookies.toSet(request, intake.cookies, facts.receivedAt) } : answer
  }

  async function takeFromServer(request: Request, context: RequestContext, name?: string): Promise<Answer> {
    const { source, answer } = await takeWebhook(request, context, name)
    sourceCounts.note(source, answer, now())
    return answer
  }

  function ipOf({ headers }: Request, { ip }: RequestContext): string {
    const forwarded = config.trustProxy === true ? headers.get('x-forwarded-for') : null
    return readIp(forwarded?.split(',').pop() ?? ip)
  }

  async function answer(address: Address, request: Request, context: RequestContext): Promise<Answer> {
    try {
      clock.look()
      const route = routeOf(address, request.method, context.routes)
      const answer =
        typeof route === 'string' ? await routes[route](request, context, address.source ?? address.rest) : route
      if (route === 'events' && request.method === 'POST') sourceCounts.note(web.name, answer, now())
      refusals.note(request, address, answer)
      return answer
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      const problem = redact(`${name}: ${message}`, [accessToken])
      const line = throttle.allow(`error ${problem}`)
      if (line) log('error', 'A request failed', { problem, more: line.leftOut || undefined })
      return refuse(500, 'The server failed to answer, and has logged the error. Send the request again later.')
    }
  }

  return {
    close: stop,
    async drain({ seconds = DRAIN_SECONDS } = {}) {
      if (!keeper?.drain)
        throw new Error(
          "converge-tiktok: drain() is only for delivery: 'drain'. This forwarder sends events by itself.",
        )
      return keeper.drain(api.deliver, seconds)
    },
    async fetch(request, context = {}) {
      const address = readAddress(request.url)
      const { status, text, stream = text, headers, cookies } = await answer(address, request, context)
      const all = address.route === 'events' ? { ...headers, ...cors.headers(request) } : headers
      return new Response(request.method === 'HEAD' ? null : stream, {
        status,
        headers: cookies?.length
          ? [...Object.entries(all), ...cookies.map((one): [string, string] => ['set-cookie', one])]
          : all,
      })
    },
  }
}

/** TikTok's Events API, and the counters of the events that it accepted. */
function createSender(
  { pixelId, accessToken, eventsApiUrl, metricsToken }: ForwarderConfig,
  env: ForwarderEnv,
  log: Log,
) {
  const api = createEventsApi({ ...env, log, pixelId, accessToken, url: eventsApiUrl, redact, readBody: readResponse })
  const matchKeys = createMatchKeys()
  const metrics = metricsToken === undefined ? undefined : env.metrics
  const counted = matchKeys.counting(api.deliver)
  const deliver = metrics ? countingDeliver(counted, metrics, env.now ?? Date.now) : counted
  return { api: { ...api, deliver }, matchKeys, metrics }
}

function countingDeliver(deliver: Deliver, metrics: Metrics, now: () => number): Deliver {
  return async (events, signal) => {
    const results = await deliver(events, signal)
    metrics.countResults(events, results, now())
    return results
  }
}

/** Serves converge.js with the config for pages. While the intake is paused, the pages send nothing. */
function pageScript({ config: given, isEnabled }: Source, served: Partial<Config>, readPause: ReadPause): Take {
  const config = { ...given, ...served }
  const variant = pickVariant(config)
  const live = scriptServer(variant, configLine(config))
  const paused = scriptServer(variant, configLine({ ...config, paused: true }))
  return async (request) => ((await readPause()) || !isEnabled ? paused : live)(request)
}
