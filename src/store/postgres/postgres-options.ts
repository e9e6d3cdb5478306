import { checkOption, type Option, refuseUnknown } from '../../core/options.ts'
import { isRecord } from '../../core/read.ts'
import type { PostgresOptions } from './postgres-engine.ts'

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isText = (value: unknown): boolean => typeof value === 'string'

/** The options of a store in PostgreSQL. The URL and the schema's name are checked where they are read. */
const postgresOptions = {
  url: [isText, 'a URL, such as postgres://user@host:5432/database'],
  password: [isText, 'text'],
  pixelId: [(value) => isText(value) && value !== '', 'a pixel ID'],
  schema: [isText, 'the name of a schema, such as converge'],
  retryAfter: [isRecord, 'an object with first and longest'],
  leaseSeconds: [(value) => typeof value === 'number' && Number.isFinite(value) && value > 0, 'a number above 0'],
  now: [isFunction, 'a function'],
  random: [isFunction, 'a function'],
  log: [isFunction, 'a function that receives each sentence'],
} satisfies Record<keyof PostgresOptions, Option>

/**
 * Checks the options of a store in PostgreSQL.
 *
 * @throws an error that names the invalid option. It never repeats the URL or the password
 */
export function checkPostgresOptions(options: object): void {
  refuseUnknown('database', options, postgresOptions)
  const given: Record<string, unknown> = { ...options }
  const { url, password } = given
  if (!isText(url) || !(password === undefined || isText(password)))
    throw new Error(
      'converge-tiktok: database.url or database.password is not text. Set url to a URL, such as postgres://user@host:5432/database.',
    )
  for (const [name, option] of Object.entries(postgresOptions))
    if (given[name] !== undefined) checkOption(`database.${name}`, given[name], option)
}
