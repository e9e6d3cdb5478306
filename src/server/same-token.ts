import { sha256 } from '../core/sha256.ts'

/** Whether a token is the expected one, in a time that tells nothing of either: hashes are compared, to their end. */
export function isSameToken(given: string, expected: string): boolean {
  const hash = sha256(expected)
  let difference = 0
  for (const [index, digit] of [...sha256(given)].entries()) {
    difference |= digit.charCodeAt(0) ^ hash.charCodeAt(index)
  }
  return difference === 0
}
