import { FastResponse, serve as listen } from 'srvx/node'
import { configError } from '../core/config-error.ts'
import type { Log } from '../core/log.ts'
import { checkConfig } from '../server/check-config.ts'
import { createForwarder, type ForwarderConfig } from '../server/forwarder.ts'
import { createLog, sentencesTo } from '../server/log-line.ts'
import type { SqliteOutboxOptions } from '../store/sqlite/sqlite-outbox.ts'
import { type BodyIntakeOptions, createBodyIntake } from './body-intake.ts'
import { createScriptCompressor } from './compress-script.ts'
import { type DatabaseOptions, openEventFile } from './event-file.ts'
import { shareEventFile } from './shared-event-file.ts'

export interface ServeConfig extends Omit<ForwarderConfig, 'outbox' | 'store'> {
  /** 0: one that is free. */
  port: number
  /** The address to listen on. Default: all. */
  hostname?: string
  /** The database's file, or its options: it keeps events until TikTok has them, and merges orders. */
  database?: string | DatabaseOptions
  /** Instead of `database`: the file of an outbox, or its options. It keeps events, and merges nothing. */
  outbox?: string | SqliteOutboxOptions
  /** Receives each log line. Default: text on the console, as `time level converge-tiktok: message key=value`. */
  log?: Log
}

/** What may change while a server runs: all but its address, its database and its pixel. */
export type ReloadConfig = Omit<ForwarderConfig, 'outbox' | 'store'>

export interface ForwarderServer {
  /** Where it listens, without a slash at the end. */
  url: string
  /**
   * Takes over another config, without losing a request. What waits is sent by the new one. Counters of health start anew.
   * A changed `mergeOrders` holds from the next start on.
   *
   * @throws a sentence, where the config can never work or is another pixel's; the former one stays
   */
  reload(config: ReloadConfig): void
  /** Finishes what is in flight, and closes the database. Takes 8 s at the longest. */
  close(): Promise<void>
}

// Docker kills a container 10 s after it has told it to end, and the database needs some of them.
const patience = 2000

/** What a client may take. */
export interface Bounds extends BodyIntakeOptions {
  /** Milliseconds until the headers must be there. Default 10,000. */
  headersTimeout?: number
  /** Milliseconds until the body must be there, too. Default 20,000: a page's 64 kB in time at 26 kbit/s. */
  requestTimeout?: number
}

/**
 * A forwarder on a port of this machine, with its database in a SQLite file. Resolves once it listens.
 *
 * @throws a sentence, where the config can never work, the database can't be opened, or the port is taken
 */
export function serve(config: ServeConfig): Promise<ForwarderServer> {
  return serveWithin({}, config)
}

/** `serve`, with other bounds. */
export async function serveWithin(
  { headersTimeout = 10_000, requestTimeout = 20_000, ...bounds }: Bounds,
  { port, hostname, database, outbox, log = createLog(), ...config }: ServeConfig,
): Promise<ForwarderServer> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw configError('port', port, 'a number from 0 to 65535')
  checkConfig(config) // before there is a file
  const file = openEventFile({ database, outbox, pixelId: config.pixelId, log: sentencesTo(log) })
  try {
    let isClosing = false
    const bodies = createBodyIntake(bounds)
    const compressed = createScriptCompressor()
    const shared = shareEventFile(file.part)
    const start = (given: ReloadConfig) => createForwarder({ ...given, ...shared }, { Response: FastResponse, log })
    let forwarder = start(config)
    const server = listen({
      port,
      hostname: hostname ?? '', // else srvx takes what HOST says in the environment
      async fetch(request) {
        const { req } = request.runtime?.node ?? {}
        const body = req && bodies.open(req)
        try {
          const answer = await forwarder.fetch(request, { ip: readIp(request.ip), readBody: body?.read })
          const response = await compressed(request, answer)
          // Else a client that keeps its connection holds the end up.
          if (isClosing || body?.isEndless()) response.headers.set('connection', 'close')
          return response
        } finally {
          body?.close()
        }
      },
      // Node's own are made for uploads: 60 s and 300 s, looked at every 30 s.
      node: { headersTimeout, requestTimeout, connectionsCheckingInterval: Math.min(1000, headersTimeout) },
      gracefulShutdown: false, // whoever calls decides about signals
      silent: true,
    })
    await server.ready().catch((error: unknown) => {
      throw portError(port, hostname, error)
    })
    return {
      url: toUrl(server.url),
      reload(given) {
        if (given.pixelId !== config.pixelId)
          throw new Error(
            `converge-tiktok: pixelId is ${given.pixelId}, and the running server has the database of ${config.pixelId}. Restart it with a database of its own.`,
          )
        forwarder = start(given)
      },
      async close() {
        isClosing = true
        // A client that never finishes its request must not keep the database open.
        const timer = setTimeout(() => void server.close(true), patience)
        await server.close()
        clearTimeout(timer)
        await file.close()
      },
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** An IPv4 visitor on a socket that takes both kinds is `::ffff:203.0.113.7` to Node. */
function readIp(ip: string | undefined): string | undefined {
  return ip?.replace(/^::ffff:(?=[\d.]+$)/, '')
}

function toUrl(address: string | undefined): string {
  const url = new URL(address ?? 'http://localhost')
  if (/^(\[::\]|0\.0\.0\.0)$/.test(url.hostname)) url.hostname = 'localhost'
  return url.origin
}

const causes: Record<string, string> = {
  EADDRINUSE: 'Another program listens there: stop it, or choose another port.',
  EACCES: 'This process may not: choose a port above 1023.',
  EADDRNOTAVAIL: 'This machine does not have that address.',
  ENOTFOUND: 'There is no such host.',
}

function portError(port: number, hostname = 'all addresses', cause: unknown): Error {
  const { code, message } = Object(cause)
  const reason = causes[String(code)] ?? `${message}.`
  return new Error(`converge-tiktok: could not listen on port ${port} of ${hostname}. ${reason}`, { cause })
}
