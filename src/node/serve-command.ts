import type { Log } from '../core/log.ts'
import { createLog, type LogFormat } from '../server/log-line.ts'
import { readConfigFile } from './config-file.ts'
import { readEnvironment } from './environment.ts'
import { fileFlags, type NamedFile, type NamedPostgres, readDatabaseFlags } from './file-flags.ts'
import { readWords } from './read-words.ts'
import { type ForwarderServer, type ServeConfig, serve } from './serve.ts'
import { UsageError } from './usage-error.ts'

/** Serves until a signal arrives, finishes requests in flight, and resolves with the exit code. */
export async function serveCommand(words: string[]): Promise<number> {
  const { values } = readWords({
    args: words,
    options: {
      config: { type: 'string', default: 'converge.json' },
      port: { type: 'string' },
      host: { type: 'string' },
      ...fileFlags,
      'max-bytes': { type: 'string' },
      'reserve-bytes': { type: 'string' },
      'admin-port': { type: 'string' },
      'admin-host': { type: 'string' },
      log: { type: 'string', default: 'text' },
    },
  })
  const log = createLog(readFormat(values.log))
  const port = readPort(values.port, process.env.PORT)
  const admin = readAdmin(values['admin-port'], values['admin-host'])
  const environment = readEnvironment(values.config)
  const named = readDatabaseFlags(values, environment)
  const database = toDatabase(named, values)
  const warn = (sentence: string) => log('warn', sentence)
  const config = readConfigFile(values.config, environment, warn)
  // Listen for signals now, because one may arrive right after the line `listening on` is logged.
  const signalled = nextSignal()
  const server = await serve({
    ...config,
    logger: log,
    port,
    ...(values.host !== undefined && { hostname: values.host }),
    ...admin,
    ...database,
  })
  process.on('SIGHUP', () => reload(server, values.config, log))
  log('info', `listening on ${server.url}`, {
    pixel: config.pixelId,
    [named.kind === 'outbox' ? 'outbox' : 'database']: named.path,
  })
  if (server.adminUrl) log('info', `the operator’s page is ${server.adminUrl}`, {})
  if (named.kind === 'outbox' && named.isFound)
    log(
      'info',
      `Using the existing file ${named.path} without merging orders. To merge orders, start with --database ${named.path}`,
    )

  const signal = await signalled
  log('info', `${signal}: finishing requests in flight. A second signal exits at once`)
  void nextSignal().then(() => process.exit(1))
  await server.close()
  log('info', 'closed.')
  return 0
}

/** The port of the operator's page, if it has one of its own. */
function readAdmin(port: string | undefined, hostname: string | undefined): Pick<ServeConfig, 'admin'> {
  if (port === undefined && hostname !== undefined)
    throw new UsageError('--admin-host needs --admin-port, because the page has no port of its own without it')
  if (port === undefined) return {}
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError(`--admin-port is "${port}", not a number from 0 to 65535`)
  return { admin: { port: Number(port), ...(hostname !== undefined && { hostname }) } }
}

type Limits = Partial<Record<'max-bytes' | 'reserve-bytes', string>>

/** The part of the server's config. */
function toDatabase(named: NamedFile | NamedPostgres, limits: Limits): Pick<ServeConfig, 'database' | 'outbox'> {
  const { 'max-bytes': maxBytes, 'reserve-bytes': reserveBytes } = limits
  if (named.kind !== 'postgres') {
    const options = {
      path: named.path,
      maxBytes: readNumber('max-bytes', maxBytes ?? '1000000000', 1),
      reserveBytes: readNumber('reserve-bytes', reserveBytes ?? '32000000'),
    }
    return named.kind === 'database' ? { database: options } : { outbox: options }
  }
  if (maxBytes !== undefined || reserveBytes !== undefined)
    throw new UsageError(
      '--max-bytes and --reserve-bytes are only for a file. Limit the size of a database in PostgreSQL there',
    )
  const { url, password, schema } = named
  return { database: { url, password, ...(schema !== undefined && { schema }) } }
}

/** Reads the config again. Logs an invalid config and keeps the previous one. */
function reload(server: ForwarderServer, config: string, log: Log): void {
  try {
    server.reload(readConfigFile(config, readEnvironment(config), (sentence) => log('warn', sentence)))
    log('info', 'The config was read again', { config })
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    log('error', 'The new config is invalid, so the previous one stays in use', { config, problem })
  }
}

/** Container platforms set the variable PORT. The flag takes precedence. */
function readPort(flag: string | undefined, environment: string | undefined): number {
  const [name, text] = flag === undefined && environment ? ['PORT', environment] : ['--port', flag ?? '8080']
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`${name} is "${text}", not a number from 0 to 65535`)
  return Number(text)
}

function readNumber(flag: string, text: string, least = 0): number {
  if (!/^\d{1,15}$/.test(text) || Number(text) < least)
    throw new UsageError(`--${flag} is "${text}", not a whole number of bytes of at least ${least}`)
  return Number(text)
}

function readFormat(text: string): LogFormat {
  if (text === 'text' || text === 'json') return text
  throw new UsageError(`--log is "${text}", not text or json`)
}

function nextSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGTERM', 'SIGINT'] as const
  return new Promise((resolve) => {
    const take = (signal: NodeJS.Signals) => {
      for (const one of signals) process.off(one, take)
      resolve(signal)
    }
    for (const signal of signals) process.on(signal, take)
  })
}
