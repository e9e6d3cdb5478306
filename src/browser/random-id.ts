/** 32 URL-safe characters. `crypto.randomUUID` is missing on http:// pages. */
export const randomId = (crypto: Crypto): string => randomHash(crypto).slice(0, 32)

/** 64 hex digits: the shape of a SHA-256. */
export function randomHash(crypto: Crypto): string {
  let hash = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(32))) hash += (byte + 256).toString(16).slice(1)
  return hash
}
