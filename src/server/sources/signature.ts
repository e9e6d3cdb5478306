const encoder = new TextEncoder()
const algorithm = { name: 'HMAC', hash: 'SHA-256' }

/** Resolves with true if the body was signed with one of the keys. */
export type IsSigned = (body: string, signature: string | null) => Promise<boolean>

/**
 * Checks the signatures of Shopify and WooCommerce: base64 of the HMAC-SHA256 of the raw body. The comparison takes constant
 * time, and every key is tried.
 *
 * The body is a string here. UTF-8 text encodes to the original bytes. Any other body is not JSON, and its signature fails.
 */
export function createSignatureCheck(secrets: readonly string[]): IsSigned {
  const keys = secrets.map((secret) =>
    crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify']),
  )
  return async (body, signature) => {
    const bytes = readSignature(signature)
    if (!bytes) return false
    const encoded = encoder.encode(body)
    const fits = await Promise.all(keys.map(async (key) => crypto.subtle.verify(algorithm, await key, bytes, encoded)))
    return fits.includes(true)
  }
}

/** Decodes 32 bytes in base64. */
function readSignature(signature: string | null): Uint8Array<ArrayBuffer> | undefined {
  if (signature === null || !/^[A-Za-z\d+/]{43}=$/.test(signature)) return undefined
  return Uint8Array.from(atob(signature), (character) => character.charCodeAt(0))
}
