import { FastResponse, serve as listen } from 'srvx/node'
import { createAlertMemory } from '../server/alerts/alert-watch.ts'
import { checkConfig } from '../server/check-config.ts'
import { createForwarder, type ForwarderConfig } from '../server/forwarder.ts'
import { createLog, sentencesTo } from '../server/log-line.ts'
import type { Metrics } from '../server/metrics.ts'
import type { RequestContext } from '../server/request-context.ts'
import { type BodyIntakeOptions, createBodyIntake } from './body-intake.ts'
import { createScriptCompressor } from './compress-script.ts'
import { openEventFile } from './event-file.ts'
import type { ServeConfig } from './serve-config.ts'
import { checkServeOptions } from './serve-options.ts'
import { shareEventFile } from './shared-event-file.ts'

export type { ServeConfig } from './serve-config.ts'

/** The config that can change while a server runs: everything except its address, database and pixel. */
export type ReloadConfig = Omit<ForwarderConfig, 'outbox' | 'store' | 'delivery'>

export interface ForwarderServer {
  /** The URL of the server, without a trailing slash. */
  url: string
  /** The URL of the operator's page, if it has a port of its own. */
  adminUrl?: string
  /**
   * Switches to another config without losing a request. Waiting events are sent with the new config. The counters of health
   * are reset. A changed `mergeOrders` and a first `metricsToken` take effect after a restart.
   *
   * @throws a sentence if the config is invalid or for another pixel. The previous config stays in use then
   */
  reload(config: ReloadConfig): void
  /** Finishes requests in flight and closes the database. Takes at most 8 s. */
  close(): Promise<void>
}

// Milliseconds. Docker kills a container 10 s after SIGTERM, and closing the database takes part of that time.
const patience = 2000

/** Limits for clients, and how often alerts are checked. */
export interface Bounds extends BodyIntakeOptions {
  /** Milliseconds between two checks for alerts. Default 30,000. */
  watchEvery?: number
  /** Milliseconds until the headers must have arrived. Default 10,000. */
  headersTimeout?: number
  /** Milliseconds until the body must have arrived. Default 20,000, enough for a page's 64 kB at 26 kbit/s. */
  requestTimeout?: number
}

/**
 * Starts a forwarder as an HTTP server, with its database. Resolves once it listens.
 *
 * @throws a sentence if the config is invalid, the database cannot be opened, or the port is in use
 */
export function serve(config: ServeConfig): Promise<ForwarderServer> {
  return serveWithin({}, config)
}

/** `serve` with other limits. */
export async function serveWithin(
  { headersTimeout = 10_000, requestTimeout = 20_000, watchEvery, ...bounds }: Bounds,
  given: ServeConfig,
): Promise<ForwarderServer> {
  checkServeOptions(given)
  const { port, hostname, admin, database, outbox, logger = createLog(), ...config } = given
  checkConfig(config) // before the file is created
  const file = await openEventFile({ database, outbox, pixelId: config.pixelId, log: sentencesTo(logger) })
  let closeServers = async (): Promise<unknown> => undefined
  try {
    let isClosing = false
    const bodies = createBodyIntake(bounds)
    const compressed = createScriptCompressor()
    const shared = shareEventFile(file.part)
    const env = {
      Response: FastResponse,
      log: logger,
      ...(config.metricsToken !== undefined && { metrics: await createMetrics() }),
      alertMemory: createAlertMemory(),
      ...(watchEvery !== undefined && { watchEvery }),
    }
    const start = (given: ReloadConfig) => createForwarder({ ...given, ...shared }, env)
    let forwarder = start(config)
    const open = (port: number, hostname: string | undefined, context: Pick<RequestContext, 'routes' | 'mainUrl'>) =>
      listenOn({
        port,
        hostname: hostname ?? '', // otherwise srvx uses the environment variable HOST
        async fetch(request) {
          const { req } = request.runtime?.node ?? {}
          const body = req && bodies.open(req)
          try {
            const answer = await forwarder.fetch(request, { ...context, ip: readIp(request.ip), readBody: body?.read })
            const response = request.method === 'GET' ? await compressed(request, answer) : answer
            // Otherwise a client that keeps its connection open delays the shutdown.
            if (isClosing || body?.isEndless()) response.headers.set('connection', 'close')
            return response
          } finally {
            body?.close()
          }
        },
        // Node's defaults are meant for uploads: 60 s and 300 s, checked every 30 s.
        node: { headersTimeout, requestTimeout, connectionsCheckingInterval: Math.min(1000, headersTimeout) },
      })
    const server = await open(port, hostname, { routes: admin && 'others' })
    const servers = [server]
    closeServers = () => Promise.all(servers.map(closeServer))
    const ofAdmin =
      admin && (await open(admin.port, admin.hostname ?? '127.0.0.1', { routes: 'admin', mainUrl: toUrl(server.url) }))
    if (ofAdmin) servers.push(ofAdmin)
    return {
      url: toUrl(server.url),
      ...(ofAdmin && { adminUrl: `${toUrl(ofAdmin.url)}/admin` }),
      reload(given) {
        if (given.pixelId !== config.pixelId)
          throw new Error(
            `converge-tiktok: pixelId is ${given.pixelId}, but the running server uses the database of ${config.pixelId}. Restart it with another database.`,
          )
        const next = start(given)
        forwarder.close()
        forwarder = next
      },
      async close() {
        isClosing = true
        forwarder.close()
        await closeServers()
        await file.close()
      },
    }
  } catch (error) {
    await closeServers()
    await file.close()
    throw error
  }
}

type Server = ReturnType<typeof listen>

/** @throws a sentence if it cannot listen there */
async function listenOn(options: Parameters<typeof listen>[0]): Promise<Server> {
  // The caller handles signals.
  const server = listen({ ...options, gracefulShutdown: false, silent: true })
  await server.ready().catch((error: unknown) => {
    throw portError(Number(options.port), options.hostname || undefined, error)
  })
  return server
}

/** A client that never finishes its request must not keep the database open. */
async function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => void server.close(true), patience)
  await server.close()
  clearTimeout(timer)
}

/** prom-client is loaded on use, because it breaks when esbuild bundles a server as an ES module. */
async function createMetrics(): Promise<Metrics> {
  const { createMetrics } = await import('./metrics.ts')
  return createMetrics()
}

/** On a dual-stack socket, Node reports an IPv4 address as `::ffff:203.0.113.7`. */
function readIp(ip: string | undefined): string | undefined {
  return ip?.startsWith('::ffff:') ? ip.replace(/^::ffff:(?=[\d.]+$)/, '') : ip
}

function toUrl(address: string | undefined): string {
  const url = new URL(address ?? 'http://localhost')
  if (/^(\[::\]|0\.0\.0\.0)$/.test(url.hostname)) url.hostname = 'localhost'
  return url.origin
}

const causes: Record<string, string> = {
  EADDRINUSE: 'Another program uses this port. Stop it, or choose another port.',
  EACCES: 'This process has no permission for this port. Choose one above 1023.',
  EADDRNOTAVAIL: 'This machine does not have that address.',
  ENOTFOUND: 'This host does not exist.',
}

function portError(port: number, hostname = 'all addresses', cause: unknown): Error {
  const { code, message } = Object(cause)
  const reason = causes[String(code)] ?? `${message}.`
  return new Error(`converge-tiktok: could not listen on port ${port} of ${hostname}. ${reason}`, { cause })
}
