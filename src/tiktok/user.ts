import { put, readText } from '../core/read.ts'
import { sha256 } from '../core/sha256.ts'
import type { User } from '../types.ts'

const hash64 = /^[\da-f]{64}$/i
// Placeholders that templates print for missing values, the ID that shop systems use for guests, and the hash of empty text.
const junk = /^(0|undefined|null|none|e3b0c442\w+)$/i
// This accepts more than TikTok's pixel, which drops many valid addresses. It only gets the hash, so it cannot drop these.
const emailShape = /^(?!.{129})[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/u
const phoneShape = /^\+[1-9]\d{6,14}$/ // E.164
const beforeNumber = /^[^+\d]+/ // such as `tel:`
// Letters and characters that may separate two numbers are kept, so that `phoneShape` refuses a text with two numbers.
const separators = /\(0\)|[^+\p{L}\p{N},;#*~]/gu
const extension = /[,;]?(ext(n|ensi[oó]n)?#?|[x#])\d{0,7}$/

/** Reads text, except placeholders. Most events have no match keys, so this returns early. */
const read = (value: unknown): string => (value ? readText(value).replace(junk, '') : '')
const plain = (value: unknown): string => read(value).toLowerCase()

/** Returns the first readable value of a list, or of a single value. */
function readFirst(given: unknown, readOne: (value: unknown) => string): string {
  for (const value of given ? [given].flat() : []) {
    const found = readOne(value)
    if (found) return found
  }
  return ''
}

/** Reduces a phone number to its digits, with a leading `+` if it has one, and without an extension. Letters are kept. */
export const barePhone = (phone: unknown): string =>
  plain(phone).replace(beforeNumber, '').replace(separators, '').replace(extension, '').replace(/^00/, '+')

const readEmail = (email: unknown): string => hash(plain(email), emailShape)
const readPhone = (phone: unknown): string => hash(plain(phone), hash64) || hash(barePhone(phone), phoneShape)
const readCustomer = (id: unknown): string => hash(read(id))

/** Reads the first alias of a namespace that is a match key. */
const readAlias = (aliases: unknown, namespace: string, readOne: (value: unknown) => string): string =>
  readFirst(aliases, (alias) => readOne(new RegExp(`^urn:${namespace}:(.*)`, 'i').exec(readText(alias))?.[1]))

/**
 * Reads the match keys from an event's `$…` properties, or else its aliases `urn:email:`, `urn:phone:` and `urn:customer_id:`,
 * normalized and hashed. Page and server both use this function, so that both copies carry the same match keys. Hashes are
 * kept, and unreadable values are left out. A phone number needs `+` or `00` and its country code. The first valid one of
 * several emails or phones is used.
 */
export function readUser(properties: Record<string, unknown>, aliases?: unknown): User {
  const user: User = {}
  put(user, 'email', readFirst(properties.$email, readEmail) || readAlias(aliases, 'email', readEmail))
  put(user, 'phone', readFirst(properties.$phone_number, readPhone) || readAlias(aliases, 'phone', readPhone))
  put(user, 'external_id', readCustomer(properties.$customer_id) || readAlias(aliases, 'customer_id', readCustomer))
  put(user, 'first_name', hash(plain(properties.$first_name)))
  put(user, 'last_name', hash(plain(properties.$last_name)))
  put(user, 'zip_code', hash(plain(properties.$zip_code).replace(/[\s-]/g, '')))
  put(user, 'city', plain(properties.$city))
  put(user, 'state', plain(properties.$state))
  put(user, 'country', plain(properties.$country_code))
  return user
}

const MOST_ALIASES = 10
const otherAlias = /^urn:(?!email:|phone:|customer_id:)([^:]+):(.+)/i

/**
 * Hashes the aliases that are no match keys: SHA-256 of `urn:namespace:value`. Duplicates and placeholders are left out, and
 * only the first 10 are returned. Page and server both use this function.
 *
 * @param lists lists of aliases; those of an event come before standing ones
 */
export function readAliases(...lists: unknown[]): string[] {
  const urns: string[] = []
  for (const alias of lists.flat()) {
    if (urns.length === MOST_ALIASES) break
    const [, namespace = '', value] = otherAlias.exec(readText(alias)) ?? []
    const urn = `urn:${namespace.toLowerCase()}:${value}`
    if (read(value) && !urns.includes(urn)) urns.push(urn)
  }
  return urns.map(sha256)
}

/** Hashes a text, or returns empty text if it does not match the shape. */
export const hash = (text: string, shape = /./): string =>
  text && (hash64.test(text) ? text.toLowerCase() : shape.test(text) ? sha256(text) : '')

/** Drops match keys that are not hashed, because no place in plain text may be stored on the device. */
export const hashesOf = <Some extends User>({ city, state, country, ...hashes }: Some) => hashes
