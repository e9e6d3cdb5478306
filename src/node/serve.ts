import { FastResponse, serve as listen } from 'srvx/node'
import { configError } from '../core/config-error.ts'
import type { Log } from '../core/log.ts'
import { checkConfig } from '../server/check-config.ts'
import { createForwarder, type ForwarderConfig } from '../server/forwarder.ts'
import { createLog, sentencesTo } from '../server/log-line.ts'
import { createSqliteOutbox, type SqliteOutboxOptions } from './sqlite-outbox.ts'

export interface ServeConfig extends Omit<ForwarderConfig, 'outbox'> {
  /** 0: one that is free. */
  port: number
  /** The address to listen on. Default: all. */
  hostname?: string
  /** The outbox's file, or its options. */
  outbox: string | SqliteOutboxOptions
  /** Takes each log line. Default: text on the console, as `time level converge-tiktok: message key=value`. */
  log?: Log
}

export interface ForwarderServer {
  /** Where it listens, without a slash at the end. */
  url: string
  /** Finishes what is in flight, 10 s at the longest, and closes the outbox. */
  close(): Promise<void>
}

const patience = 10_000

/**
 * A forwarder on a port of this machine, with its outbox in a SQLite file. Resolves once it listens.
 *
 * @throws a sentence, where the config can never work, the outbox can't be opened, or the port is taken
 */
export async function serve({
  port,
  hostname,
  outbox: file,
  log = createLog(),
  ...config
}: ServeConfig): Promise<ForwarderServer> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw configError('port', port, 'a number from 0 to 65535')
  checkConfig(config) // before there is a file
  const outbox = createSqliteOutbox({
    pixelId: config.pixelId,
    log: sentencesTo(log),
    ...(typeof file === 'string' ? { path: file } : file),
  })
  try {
    let isClosing = false
    const forwarder = createForwarder({ ...config, outbox }, { Response: FastResponse, log })
    const server = listen({
      port,
      hostname: hostname ?? '', // else srvx takes what HOST says in the environment
      async fetch(request) {
        const response = await forwarder.fetch(request, { ip: readIp(request.ip) })
        // Else a client that keeps its connection holds the end up.
        if (isClosing) response.headers.set('connection', 'close')
        return response
      },
      gracefulShutdown: false, // whoever calls decides about signals
      silent: true,
    })
    await server.ready().catch((error: unknown) => {
      throw portError(port, hostname, error)
    })
    return {
      url: toUrl(server.url),
      async close() {
        isClosing = true
        // A client that never finishes its request must not keep the outbox open.
        const timer = setTimeout(() => void server.close(true), patience)
        await server.close()
        clearTimeout(timer)
        await outbox.close()
      },
    }
  } catch (error) {
    await outbox.close()
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
