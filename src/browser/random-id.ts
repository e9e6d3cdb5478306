type Random = Pick<Crypto, 'getRandomValues'>

// `crypto.randomUUID` is missing on http:// pages, `getRandomValues` is not.
function randomHex(crypto: Random, bytes: number): string {
  const values = [...crypto.getRandomValues(new Uint8Array(bytes))]
  return values.map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A random id: 32 hex digits (128 bits), which need no escaping in a URL. */
export const randomId = (crypto: Random): string => randomHex(crypto, 16)

/** A random id in the shape of a SHA-256 hash: 64 lower-case hex digits. */
export const randomHash = (crypto: Random): string => randomHex(crypto, 32)
