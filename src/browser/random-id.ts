import { toHex } from '../core/sha256.ts'

type Random = Pick<Crypto, 'getRandomValues'>

// `crypto.randomUUID` is missing on http:// pages, `getRandomValues` is not.
const randomHex = (crypto: Random, words: number): string => toHex([...crypto.getRandomValues(new Uint32Array(words))])

/** A random id: 32 hex digits (128 bits), which need no escaping in a URL. */
export const randomId = (crypto: Random): string => randomHex(crypto, 4)

/** A random id in the shape of a SHA-256 hash: 64 lower-case hex digits. */
export const randomHash = (crypto: Random): string => randomHex(crypto, 8)
