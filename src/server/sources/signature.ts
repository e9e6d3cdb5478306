const encoder = new TextEncoder()
const algorithm = { name: 'HMAC', hash: 'SHA-256' }

/** Whether a body was signed with one of the keys. */
export type IsSigned = (body: string, signature: string | null) => Promise<boolean>

/**
 * Checks signatures as Shopify and WooCommerce make them: base64 of the HMAC-SHA256 of the raw body. Comparing takes as long
 * for a wrong signature as for a right one, and each key is tried.
 *
 * A body is text here. Text that is UTF-8 encodes to the bytes that came; any other body is not JSON, and its signature fails.
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

/** 32 bytes in base64. */
function readSignature(signature: string | null): Uint8Array<ArrayBuffer> | undefined {
  if (signature === null || !/^[A-Za-z\d+/]{43}=$/.test(signature)) return undefined
  return Uint8Array.from(atob(signature), (character) => character.charCodeAt(0))
}
