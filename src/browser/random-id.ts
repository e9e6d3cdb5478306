import { toHex } from '../core/sha256.ts'

type Random = Pick<Crypto, 'getRandomValues'> & Partial<Pick<Crypto, 'randomUUID'>>

const randomHex = (crypto: Random, words: number): string => toHex([...crypto.getRandomValues(new Uint32Array(words))])

/** Returns a random ID that needs no escaping in a URL. On http:// pages, which have no `randomUUID`, it has 32 hex digits. */
export const randomId = (crypto: Random): string => crypto.randomUUID?.() ?? randomHex(crypto, 4)

/** Returns a random ID in the format of a SHA-256 hash: 64 lower-case hex digits. */
export const randomHash = (crypto: Random): string => randomHex(crypto, 8)
