import { type Cipheriv, createCipheriv, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** Bytes of a reference. */
export const referenceBytes = 8
const blockBytes = 16

export type LogReferences = ReturnType<typeof createLogReferences>

/**
 * Makes keyed references of a person's hashes. Only this database has the key, so a reference says nothing elsewhere. A hash
 * is uniform already, so one block of AES is a keyed function of it, and 10 times as fast as HMAC.
 */
export function createLogReferences(database: DatabaseSync) {
  const insert = () => database.prepare('INSERT OR IGNORE INTO log_secret VALUES (1, ?)')
  const select = database.prepare('SELECT secret FROM log_secret')
  let cipher: Cipheriv | undefined
  // Most events of a request are of the same person, and encrypting is a third of the work on a line.
  let last: { hashes: readonly string[]; references: Uint8Array } | undefined

  function createCipher(): Cipheriv {
    const secret = select.get()?.secret
    if (!(secret instanceof Uint8Array)) throw new Error('The log has no secret.')
    return createCipheriv('aes-256-ecb', secret, null).setAutoPadding(false)
  }

  return {
    /** The references of SHA-256 hashes in hex, one after the other. `null` if there is no hash. */
    of(hashes: readonly string[]): Uint8Array | null {
      if (hashes.length === 0) return null
      if (last && isSameList(last.hashes, hashes)) return last.references
      if (!cipher) {
        insert().run(randomBytes(32))
        cipher = createCipher()
      }
      const references = encrypt(cipher, hashes)
      last = { hashes, references }
      return references
    },

    /** The reference of a hash in hex, to find lines by it. `undefined` if the log has no references yet. */
    find(hash: string): string | undefined {
      if (!select.get()) return undefined
      return Buffer.from(encrypt(createCipher(), [hash])).toString('hex')
    },
    /** After a rollback, a new secret is not in the file. */
    forget(): void {
      cipher = undefined
      last = undefined
    },
  }
}

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((hash, index) => hash === other[index])

function encrypt(cipher: Cipheriv, hashes: readonly string[]): Uint8Array {
  const blocks = cipher.update(hashes.map((hash) => hash.slice(0, 2 * blockBytes)).join(''), 'hex')
  const references = new Uint8Array(hashes.length * referenceBytes)
  for (let index = 0; index < hashes.length; index++) {
    const start = index * blockBytes
    references.set(blocks.subarray(start, start + referenceBytes), index * referenceBytes)
  }
  return references
}
