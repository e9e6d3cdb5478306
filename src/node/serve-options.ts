import { checkOption, type Option, record, refuseUnknown } from '../core/options.ts'
import { forwarderOptions } from '../server/forwarder-options.ts'
import type { ServeConfig } from './serve-config.ts'

const port: Option = [
  (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535,
  'a number from 0 to 65535',
]

const hostname: Option = [
  (value) => typeof value === 'string' && value.trim() !== '',
  'the address to listen on, such as 127.0.0.1. Leave it out to listen on all addresses',
]

const database: Option = [
  (value) => (typeof value === 'string' ? value.trim() !== '' : record[0](value)),
  'the name of a file, such as converge.db, the URL of a PostgreSQL server, or an object with the options of one of them',
]

const outbox: Option = [
  (value) => (typeof value === 'string' ? value.trim() !== '' : record[0](value)),
  'the name of a file, such as outbox.db, or an object with its options',
]

const { store: _, outbox: _outbox, delivery: _delivery, ...ofForwarder } = forwarderOptions

/** All options of `serve`: the forwarder's and its own. */
const serveOptions = {
  ...ofForwarder,
  port,
  hostname,
  database,
  outbox,
  admin: [record[0], 'an object with port and, optionally, hostname'],
  logger: [(value) => typeof value === 'function', 'a function that receives each log line'],
} satisfies Record<keyof ServeConfig, Option>

const adminOptions = {
  port,
  hostname: [hostname[0], 'the address to listen on. Leave it out for 127.0.0.1, only this machine'],
} satisfies Record<keyof NonNullable<ServeConfig['admin']>, Option>

/**
 * Checks the options that only `serve` has, and the names of all. `checkConfig` checks the values of the others.
 *
 * @throws an error that names the invalid option
 */
export function checkServeOptions(config: ServeConfig): void {
  refuseUnknown('serve', config, serveOptions)
  const { admin } = config
  checkOption('port', config.port, port)
  for (const name of ['hostname', 'admin', 'logger', 'database', 'outbox'] as const)
    if (config[name] !== undefined) checkOption(name, config[name], serveOptions[name])
  if (!admin) return
  refuseUnknown('admin', admin, adminOptions)
  checkOption('admin.port', admin.port, port)
  if (admin.hostname !== undefined) checkOption('admin.hostname', admin.hostname, adminOptions.hostname)
}
