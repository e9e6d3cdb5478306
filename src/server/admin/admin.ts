import type { Log } from '../../core/log.ts'
import { isRecord } from '../../core/read.ts'
import type { Store } from '../../store/store.ts'
import { bodyText } from '../body-text.ts'
import type { ForwarderConfig } from '../forwarder-config.ts'
import type { ReadHealth } from '../health.ts'
import type { ReadPause } from '../pause.ts'
import type { RequestContext } from '../request-context.ts'
import { type Answer, refuse, respond } from '../respond.ts'
import { isSameToken } from '../same-token.ts'
import type { SourceCounts } from '../sources/source-counts.ts'
import type { Sources } from '../sources/sources.ts'
import type { Throttle } from '../throttle.ts'
import { addressOf } from './address.ts'
import { changed, parse, readChosen, readDeadLetters, wrongIds } from './dead-letters.ts'
import { readEvents, streamCsv } from './events.ts'
import { createFailedSignIns } from './failed-sign-ins.ts'
import { isFromOwnPage, shopOriginOf } from './own-requests.ts'
import { servePage } from './serve-page.ts'
import { createSessions } from './sessions.ts'
import { toSetup } from './setup.ts'
import { summaryTimes, toSummary } from './summary.ts'

export interface AdminOptions {
  config: ForwarderConfig
  sources: Sources
  sourceCounts: SourceCounts
  readHealth: ReadHealth
  readPause: ReadPause
  log: Log
  throttle: Throttle
  /** Milliseconds since 1970. */
  now: () => number
  monotonic: () => number
  /** The sender's IP address, or an empty text if it is unknown. */
  ipOf: (request: Request, context: RequestContext) => string
}

/** Answers a request to the operator's page. `path` is what follows `admin/`. */
export type TakeAdmin = (request: Request, context: RequestContext, path: string) => Promise<Answer>

type Act = (request: Request, context: RequestContext) => Promise<Answer> | Answer

interface AdminRoute {
  method: 'GET' | 'POST'
  /** True if it needs no session. */
  isOpen?: true
  act: Act
}

const noLogBy = {
  config: 'There is no event log, because log is false in the config. Remove it to see what becomes of each event.',
  database: 'There is no event log, because this database does not keep one.',
} as const

const noRoute = refuse(404, 'This URL has no route.')
const noSession = refuse(401, 'You are not signed in, or your session has ended. Sign in with the admin token.')

/**
 * The operator's page and its API. It exists if `adminToken` and a store are set. It refuses to work on an origin of the shop,
 * because every script there could act as the operator.
 */
export function createAdmin(options: AdminOptions): TakeAdmin {
  const { config, log, throttle } = options
  const { adminToken, store, allowedOrigins } = config
  if (adminToken === undefined) return async () => noRoute
  if (!store) {
    return async () => {
      const line = throttle.allow('admin without a store')
      if (line) log('warn', 'The page /admin needs a database. Start the server with --database', {})
      return noRoute
    }
  }
  const sessions = createSessions(adminToken, options.now)
  const routes = new Map(Object.entries({ ...readRoutes(options, store), ...writeRoutes(options, store, sessions) }))

  return async (request, context, path) => {
    const origin = shopOriginOf(request, allowedOrigins)
    if (origin !== undefined) {
      const line = throttle.allow('admin on an origin of the shop')
      if (line)
        log(
          'warn',
          'The page /admin was answered 404, because allowedOrigins contains its origin, and any script there could act as you. Open it on a host of its own, or give it a port of its own',
          { origin, more: line.leftOut || undefined },
        )
      return noRoute
    }
    const route = routes.get(path)
    if (!route) return noRoute
    const method = request.method === 'HEAD' ? 'GET' : request.method
    if (method !== route.method)
      return refuse(405, `This route only accepts ${route.method}.`, [], { allow: route.method })
    if (method === 'POST' && !isFromOwnPage(request))
      return refuse(403, 'Only the operator’s page itself may post here.')
    if (!route.isOpen && !(await sessions.isOpen(request))) return noSession
    return route.act(request, context)
  }
}

function readRoutes(options: AdminOptions, store: Store): Record<string, AdminRoute> {
  const { config, sources, sourceCounts, readHealth, readPause, now } = options
  const log = config.log === false ? undefined : store.log
  const noLog = config.log === false ? noLogBy.config : noLogBy.database

  async function summary(): Promise<Answer> {
    const { from, recent } = summaryTimes(now())
    const counted = log ? log.summary(from, recent) : noLog
    const [report, pausedBy, counts] = await Promise.all([readHealth(), readPause(), counted])
    const parts = { pixelId: config.pixelId, now: now(), report, pausedBy, log: counts }
    return respond(200, toSummary({ ...parts, sources: sourceCounts.read() }))
  }

  return {
    '': { method: 'GET', isOpen: true, act: servePage },
    'api/summary': { method: 'GET', act: summary },
    'api/events': { method: 'GET', act: ({ url }) => readEvents(log, new URL(url)) },
    'api/events.csv': { method: 'GET', act: ({ url }) => streamCsv(log, new URL(url)) },
    'api/dead-letters': { method: 'GET', act: () => readDeadLetters(store) },
    'api/setup': {
      method: 'GET',
      act: (request, context) => respond(200, toSetup(config, sources.all, addressOf(config, request, context))),
    },
  }
}

function writeRoutes(
  { config, log, monotonic, ipOf }: AdminOptions,
  store: Store,
  sessions: ReturnType<typeof createSessions>,
): Record<string, AdminRoute> {
  const failed = createFailedSignIns(monotonic)
  const { adminToken = '' } = config
  /** Every action leaves a line. It never contains a token. */
  const audit = (action: string, fields: Record<string, string | number> = {}) =>
    log('info', `Operator’s page: ${action}`, fields)

  const signIn: Act = async (request, context) => {
    const body = await bodyText(request, context)
    if (typeof body !== 'string') return body
    // After the body has arrived, so that of many requests at once only one is checked.
    const ip = ipOf(request, context)
    const wait = failed.wait(ip)
    if (wait > 0)
      return refuse(429, 'A sign-in failed a moment ago. Wait a second, and try again.', [], {
        'retry-after': String(Math.ceil(wait / 1000)),
      })
    const json = parse(body)
    const token = isRecord(json) ? json.token : undefined
    if (typeof token !== 'string' || !isSameToken(token, adminToken)) {
      failed.note(ip)
      audit('a sign-in failed, because the token was wrong')
      return refuse(401, 'This is not the admin token.')
    }
    audit('signed in')
    return respond(200, {}, { 'set-cookie': await sessions.open(request) })
  }

  const signOut: Act = async (request) => {
    audit('signed out')
    return respond(200, {}, { 'set-cookie': await sessions.close(request) })
  }

  const change =
    (action: string, work: Store['requeue']): Act =>
    async (request, context) => {
      const body = await bodyText(request, context)
      if (typeof body !== 'string') return body
      const chosen = readChosen(body)
      if (!chosen) return wrongIds
      const count = await work(chosen)
      audit(action, { chosen: chosen === 'all' ? 'all' : chosen.length, changed: count })
      return changed(count)
    }

  return {
    'api/sign-in': { method: 'POST', isOpen: true, act: signIn },
    'api/sign-out': { method: 'POST', act: signOut },
    'api/dead-letters/retry': { method: 'POST', act: change('dead letters were queued again', store.requeue) },
    'api/dead-letters/drop': { method: 'POST', act: change('dead letters were dropped', store.drop) },
  }
}
