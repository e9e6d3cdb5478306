import { sha256 } from '../core/sha256.ts'

/** Compares tokens in constant time, by their hashes. */
export function isSameToken(given: string, expected: string): boolean {
  const hash = sha256(expected)
  let difference = 0
  for (const [index, digit] of [...sha256(given)].entries()) {
    difference |= digit.charCodeAt(0) ^ hash.charCodeAt(index)
  }
  return difference === 0
}
