import type { OutboxEvent } from '../../server/outbox.ts'
import { keyLetters, keyOf, type ProfileKey } from '../profile.ts'

/** A key as hex: the byte of its kind's letter, and the hash. */
export const toHex = (key: ProfileKey): string => key.charCodeAt(0).toString(16) + key.slice(1)

export function fromHex(hex: unknown): ProfileKey {
  const text = String(hex)
  const byte = Number.parseInt(text.slice(0, 2), 16)
  const letter = Object.values(keyLetters).find((one) => one.charCodeAt(0) === byte) ?? keyLetters.alias
  return `${letter}${text.slice(2)}`
}

/** All keys that a decision about an event may ask for, also once it was merged with another copy of its order. */
export function* keysAround({
  visitor,
  aliases = [],
  filledFrom = [],
  data: { user },
}: OutboxEvent): Generator<ProfileKey> {
  const ids = [user.external_id ?? []].flat()
  for (const one of [visitor, ...filledFrom]) if (one !== undefined) yield keyOf('visitor', one)
  for (const alias of aliases) yield keyOf('alias', alias)
  for (const id of ids) yield keyOf('customer', id)
  if (user.email !== undefined) yield keyOf('email', user.email)
  if (user.phone !== undefined) yield keyOf('phone', user.phone)
}
