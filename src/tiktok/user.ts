import { put, readText } from '../core/read.ts'
import { sha256 } from '../core/sha256.ts'
import type { User } from '../types.ts'

const hash64 = /^[\da-f]{64}$/i
// What a template prints where it has nothing, the id that shop systems give a guest, and the hash of nothing.
const junk = /^(0|undefined|null|none|e3b0c442\w+)$/i
// TikTok's own shape, and its longest. What doesn't fit it would be reported as INVALID_EMAIL_FORMAT.
const emailShape = /^(?!.{129})\w[-\w.+]*@([a-z\d][-a-z\d]+\.)+[a-z]{2,14}$/
const phoneShape = /^\+[1-9]\d{6,14}$/ // E.164

const read = (value: unknown): string => (value ? readText(value).replace(junk, '') : '')
const plain = (value: unknown): string => read(value).toLowerCase()

/**
 * The match keys among an event's `$…` properties and its `urn:email:` aliases, normalised and hashed: the one way for
 * page and server, so that both copies carry the same. What is already a hash passes; what can't be understood is left
 * out. A phone number needs `+` or `00` and its country code.
 */
export function readUser(properties: Record<string, unknown>, aliases?: unknown): User {
  const emails = [aliases].flat().map((alias) => /^urn:email:(.*)/i.exec(readText(alias))?.[1])
  const user: User = {}
  put(user, 'email', [properties.$email, ...emails].map((email) => hash(plain(email), emailShape)).find(Boolean))
  put(
    user,
    'phone',
    hash(
      plain(properties.$phone_number)
        .replace(/\(0\)|[^+\da-f]/g, '')
        .replace(/^00/, '+'),
      phoneShape,
    ),
  )
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
