import type { User } from '../types.ts'
import { put, readId } from './read.ts'
import { sha256 } from './sha256.ts'

const hash64 = /^[\da-f]{64}$/i
// TikTok's own shape, and its longest. What doesn't fit it would be reported as INVALID_EMAIL_FORMAT.
const emailShape = /^(?=.{6,128}$)\w[-\w.+]*@([a-z\d][-a-z\d]+\.)+[a-z]{2,14}$/
const phoneShape = /^\+[1-9]\d{6,14}$/ // E.164

/**
 * The match keys among an event's `$…` properties and its `urn:email:` aliases, normalised and hashed: the one way for
 * page and server, so that both copies carry the same. What is already a hash passes; what can't be understood is left
 * out. A phone number needs `+` or `00` and its country code.
 */
export function readUser(properties: Record<string, unknown>, aliases?: unknown): User {
  const read = (name: string) => readUnlessJunk(properties[name])
  const plain = (name: string) => read(name).toLowerCase()
  const alias = [aliases].flat().find((one) => /^urn:email:/i.test(readId(one)))
  const user: User = {}
  put(
    user,
    'email',
    hash(plain('$email'), emailShape) || hash(readUnlessJunk(readId(alias).slice(10)).toLowerCase(), emailShape),
  )
  put(
    user,
    'phone',
    hash(
      read('$phone_number')
        .replace(/\(0\)|[^+\da-f]/gi, '')
        .replace(/^00/, '+'),
      phoneShape,
    ),
  )
  put(user, 'external_id', hash(read('$customer_id')))
  put(user, 'first_name', hash(plain('$first_name')))
  put(user, 'last_name', hash(plain('$last_name')))
  put(user, 'zip_code', hash(plain('$zip_code').replace(/[\s-]/g, '')))
  put(user, 'city', plain('$city'))
  put(user, 'state', plain('$state'))
  put(user, 'country', plain('$country_code'))
  return user
}

/** Empty for what a template prints where it has nothing, for the id that shop systems give a guest, and for the hash of nothing. */
function readUnlessJunk(value: unknown): string {
  return readId(value).replace(/^(0|undefined|null|none|e3b0c442\w+)$/i, '')
}

/** Empty, where the text doesn't have the shape. */
export function hash(text: string, shape = /./): string {
  if (hash64.test(text)) return text.toLowerCase()
  return shape.test(text) ? sha256(text) : ''
}
