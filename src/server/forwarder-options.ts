import { type Option, onOrOff, options, text } from '../core/options.ts'
import { isRecord } from '../core/read.ts'
import type { Config } from '../types.ts'
import type { ForwarderConfig, NewCustomersConfig } from './forwarder-config.ts'
import { isToken } from './is-token.ts'
import { LONGEST_MERGE_WINDOW } from './merge-window.ts'
import { safeUrl } from './safe-url.ts'

/** An order may be sent again for days, also by another source. Its answer must not change meanwhile. */
export const FEWEST_DAYS = 30
/** 100 years. A database cannot store the milliseconds of a much longer time, and would refuse all orders. */
export const MOST_DAYS = 36_500

/** Options that only a forwarder has. */
export type OwnOption = Exclude<keyof ForwarderConfig, keyof Config>

/** All options of a forwarder: the page's and its own. Errors about a secret never show its value. */
export const forwarderOptions = {
  ...options,
  accessToken: [isToken, 'an access token'],
  allowedOrigins: [
    (value) => Array.isArray(value) && value.length > 0,
    "a list of the shop's origins, such as https://www.shop.example",
  ],
  webhookToken: [isToken, 'text without spaces'],
  sources: [isRecord, 'an object with source names as its keys'],
  trustProxy: onOrOff,
  allowTest: onOrOff,
  eventsApiUrl: text(safeUrl, 'an https:// URL (the access token is sent there)'),
  adminToken: [isToken, 'text without spaces'],
  metricsToken: [isToken, 'text without spaces'],
  alerts: [isRecord, 'an object'],
  outbox: [hasMethods('add', 'start'), 'an outbox, an object with the methods add and start'],
  store: [
    hasMethods('add', 'start', 'stats', 'erase'),
    'a store, such as that of createSqliteStore from converge-tiktok/node',
  ],
  newCustomers: [isRecord, 'an object with since and, optionally, days'],
  delivery: [(value) => value === 'loop' || value === 'drain', 'loop or drain'],
  mergeOrders: [isMergeWindow, `whole seconds from 0 to ${LONGEST_MERGE_WINDOW}`],
  profiles: [(value) => value === false || isRecord(value), 'false, or an object with days and max'],
  log: [
    isLogOption,
    `false, or an object such as { "days": 30, "maxBytes": 1000000000 } with numbers above 0 and at most ${MOST_DAYS} days`,
  ],
} satisfies Record<keyof ForwarderConfig, Option>

/** The options of `newCustomers`. */
export const newCustomersOptions = {
  since: [isDate, 'a date such as 2024-05-01, or a time with its zone such as 2024-05-01T00:00:00+02:00'],
  days: [
    (value) => isWholeUpTo(MOST_DAYS)(value) && Number(value) >= FEWEST_DAYS,
    `whole days from ${FEWEST_DAYS} to ${MOST_DAYS}`,
  ],
} satisfies Record<keyof NewCustomersConfig, Option>

/** One of `allowedOrigins`. */
export const originOption: Option = [isOrigin, 'an origin, such as https://www.shop.example (without a path), or null']

/** A date, or a time with its zone. */
export const dateRule = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

function isWholeUpTo(most: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most
}

function isDate(value: unknown): boolean {
  if (typeof value !== 'string') return false
  return dateRule.test(value) && !Number.isNaN(Date.parse(value))
}

function hasMethods(...names: string[]): Option[0] {
  return (value) => isRecord(value) && names.every((name) => typeof value[name] === 'function')
}

function isMergeWindow(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LONGEST_MERGE_WINDOW
}

function isLogOption(value: unknown): boolean {
  if (value === false) return true
  return isRecord(value) && hasOnly(value, { days: isDays, maxBytes: isPositive })
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value > 0

const isDays = (value: unknown): boolean => isPositive(value) && Number(value) <= MOST_DAYS

/** True if a record has only known keys, and each value passes its test. */
function hasOnly(record: Record<string, unknown>, tests: Record<string, (value: unknown) => boolean>): boolean {
  return Object.entries(record).every(([key, value]) => value === undefined || tests[key]?.(value))
}

function isOrigin(origin: unknown): boolean {
  try {
    return origin === 'null' || new URL(String(origin)).origin === origin
  } catch {
    return false
  }
}

/** The most days that a profile may be kept. TikTok's own cookie lasts as long. */
export const LONGEST_PROFILE_DAYS = 390
export const MOST_PROFILES = 100_000_000

/** The options of `profiles`. */
export const profileOptions = {
  days: [isWholeUpTo(LONGEST_PROFILE_DAYS), `whole days from 1 to ${LONGEST_PROFILE_DAYS}`],
  max: [isWholeUpTo(MOST_PROFILES), `a whole number from 1 to ${MOST_PROFILES}`],
} satisfies Record<'days' | 'max', Option>
