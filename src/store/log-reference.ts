import { createCipheriv } from 'node:crypto'

/** Bytes of a reference. */
export const referenceBytes = 8
const blockBytes = 16

/** Makes references of SHA-256 hashes in hex, one after the other. `secret` has 32 bytes. */
export function createEncrypt(secret: Uint8Array): (hashes: readonly string[]) => Uint8Array {
  const cipher = createCipheriv('aes-256-ecb', secret, null).setAutoPadding(false)
  return (hashes) => {
    const blocks = cipher.update(hashes.map((hash) => hash.slice(0, 2 * blockBytes)).join(''), 'hex')
    const references = new Uint8Array(hashes.length * referenceBytes)
    for (let index = 0; index < hashes.length; index++) {
      const start = index * blockBytes
      references.set(blocks.subarray(start, start + referenceBytes), index * referenceBytes)
    }
    return references
  }
}
