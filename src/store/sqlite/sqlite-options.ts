import { checkOption, type Option, refuseUnknown } from '../../core/options.ts'
import { isRecord } from '../../core/read.ts'
import type { SqliteOptions } from './sqlite-engine.ts'

const isFunction = (value: unknown): boolean => typeof value === 'function'

/** The options of a store or an outbox in a file. `pixelId` is compared with the file's. */
const sqliteOptions = {
  path: [
    (value) => typeof value === 'string' && value.trim() !== '' && !value.includes('://'),
    'the name of a file, such as converge.db',
  ],
  pixelId: [(value) => typeof value === 'string' && value !== '', 'a pixel ID'],
  maxBytes: [(value) => typeof value === 'number' && value > 0, 'a number of bytes above 0'],
  reserveBytes: [
    (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
    'a number of bytes, 0 or more',
  ],
  retryAfter: [isRecord, 'an object with first and longest'],
  now: [isFunction, 'a function'],
  random: [isFunction, 'a function'],
  log: [isFunction, 'a function that receives each sentence'],
} satisfies Record<keyof SqliteOptions, Option>

/**
 * Checks the options of a store or an outbox in a file.
 *
 * @param where what they are called in the config
 * @throws an error that names the invalid option
 */
export function checkSqliteOptions(where: 'database' | 'outbox', options: object): void {
  refuseUnknown(where, options, sqliteOptions)
  const given: Record<string, unknown> = { ...options }
  checkOption(`${where}.path`, given.path, sqliteOptions.path)
  for (const [name, option] of Object.entries(sqliteOptions))
    if (given[name] !== undefined) checkOption(`${where}.${name}`, given[name], option)
}
