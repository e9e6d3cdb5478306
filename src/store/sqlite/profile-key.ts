import { keyLetters, type ProfileKey } from '../profile.ts'

const KEY_BYTES = 33

/** A key as the tables store it: the letter of its kind, and 32 bytes. Half as long as the text. */
export function toBlob(key: ProfileKey): Uint8Array {
  const blob = Buffer.allocUnsafe(KEY_BYTES)
  blob[0] = key.charCodeAt(0)
  blob.write(key.slice(1), 1, 'hex')
  return blob
}

export function fromBlob(blob: unknown): ProfileKey {
  const bytes = Buffer.from(blob instanceof Uint8Array ? blob : [])
  const letter = Object.values(keyLetters).find((one) => one.charCodeAt(0) === bytes[0]) ?? keyLetters.alias
  return `${letter}${bytes.toString('hex', 1)}`
}
