import { put, readText } from '../core/read.ts'
import { sha256 } from '../core/sha256.ts'
import type { User } from '../types.ts'

const hash64 = /^[\da-f]{64}$/i
// What a template prints where it has nothing, the id that shop systems give a guest, and the hash of nothing.
const junk = /^(0|undefined|null|none|e3b0c442\w+)$/i
// Wider than TikTok's own: its pixel sees the hash alone, and leaves out many addresses that work.
const emailShape = /^(?!.{129})[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/u
const phoneShape = /^\+[1-9]\d{6,14}$/ // E.164
const beforeNumber = /^[^+\d]+/ // such as `tel:`
// Letters and what may part two numbers stay, so that the shape refuses a text with more than one number in it.
const separators = /\(0\)|[^+\p{L}\p{N},;#*~]/gu
const extension = /[,;]?(ext(n|ensi[oó]n)?#?|[x#])\d{0,7}$/

// Most events name nobody, and should cost nothing.
const read = (value: unknown): string => (value ? readText(value).replace(junk, '') : '')
const plain = (value: unknown): string => read(value).toLowerCase()

/** Of one value or a list of them, the first that can be read. */
function readFirst(given: unknown, readOne: (value: unknown) => string): string {
  for (const value of given ? [given].flat() : []) {
    const found = readOne(value)
    if (found) return found
  }
  return ''
}

/** A phone number as bare digits, with its `+` if it has one, and without an extension. Letters in it stay. */
export const barePhone = (phone: unknown): string =>
  plain(phone).replace(beforeNumber, '').replace(separators, '').replace(extension, '').replace(/^00/, '+')

const readEmail = (email: unknown): string => hash(plain(email), emailShape)
const readAlias = (alias: unknown): string => readEmail(/^urn:email:(.*)/i.exec(readText(alias))?.[1])
const readPhone = (phone: unknown): string => hash(plain(phone), hash64) || hash(barePhone(phone), phoneShape)

/**
 * The match keys among an event's `$…` properties and its `urn:email:` aliases, normalised and hashed: the one way for
 * page and server, so that both copies carry the same. What is already a hash passes; what can't be understood is left
 * out. A phone number needs `+` or `00` and its country code. Of several e-mails or phones, the first valid one counts.
 */
export function readUser(properties: Record<string, unknown>, aliases?: unknown): User {
  const user: User = {}
  put(user, 'email', readFirst(properties.$email, readEmail) || readFirst(aliases, readAlias))
  put(user, 'phone', readFirst(properties.$phone_number, readPhone))
  put(user, 'external_id', hash(read(properties.$customer_id)))
  put(user, 'first_name', hash(plain(properties.$first_name)))
  put(user, 'last_name', hash(plain(properties.$last_name)))
  put(user, 'zip_code', hash(plain(properties.$zip_code).replace(/[\s-]/g, '')))
  put(user, 'city', plain(properties.$city))
  put(user, 'state', plain(properties.$state))
  put(user, 'country', plain(properties.$country_code))
  return user
}

/** Empty, where the text doesn't have the shape. */
export const hash = (text: string, shape = /./): string =>
  text && (hash64.test(text) ? text.toLowerCase() : shape.test(text) ? sha256(text) : '')

/** Without what is no hash: nothing that names a place or a person is kept on the device. */
export const hashesOf = <Some extends User>({ city, state, country, ...hashes }: Some) => hashes
