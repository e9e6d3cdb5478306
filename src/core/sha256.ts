// SHA-256 as in FIPS 180-4. Web Crypto is asynchronous and missing on http:// pages, but `track()` needs the hash before it
// returns. test/laws/sha256.test.ts compares the results with Web Crypto.

// biome-ignore-all lint/style/noNonNullAssertion: a word that isn't there yet is shifted as 0, and the others are

// TextEncoder is not part of the language, but browsers, Node and Workers have it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array }

type Eight = [number, number, number, number, number, number, number, number]
type Sixteen = [...Eight, ...Eight]

const primes: number[] = []
// Computed on first use, because many pages hash nothing.
let tables: [initial: Eight, constants: number[]] | undefined

/** The first 32 fractional bits of the primes' roots: square roots for the start, cube roots for the rounds. */
function fractions(root: number): number[] {
  for (let number = 2; primes.length < 64; number++) if (primes.every((prime) => number % prime)) primes.push(number)
  return primes.map((prime) => (prime ** (1 / root) * 2 ** 32) | 0)
}

/** SHA-256 of a text's UTF-8, as 64 lower-case hex digits. */
export function sha256(text: string): string {
  const bytes = [...new TextEncoder().encode(text), 128]
  const words: number[] = []
  // Padding: zeros, then the length in bits in the last two words of the last block. Missing words are shifted as 0.
  for (let i = 0; i < bytes.length || i % 64 !== 56; i++) words[i >> 2] = (words[i >> 2]! << 8) | bytes[i]!
  words.push(0, (bytes.length - 1) * 8)

  tables ??= [fractions(2) as Eight, fractions(3)]
  let [hash, constants] = tables
  while (words.length) {
    const schedule = words.splice(0, 16) as Sixteen
    let next = hash
    // This is a loop, because Prototype 1.6 replaces `reduce`.
    for (const constant of constants) {
      const [a, b, c, d, e, f, g, h] = next
      const { 0: word, 1: second, 9: ninth, 14: last } = schedule
      const low = turn(second, 7) ^ turn(second, 18) ^ (second >>> 3)
      const high = turn(last, 17) ^ turn(last, 19) ^ (last >>> 10)
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + constant + word
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)))
      schedule.push((word + low + ninth + high) | 0)
      schedule.shift()
      next = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g]
    }
    const former = hash
    hash = next.map((word, index) => (word + former[index]!) | 0) as Eight
  }
  return toHex(hash)
}

/** Formats words of 32 bits as text: 8 lower-case hex digits each. */
export const toHex = (words: readonly number[]): string =>
  words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')

const turn = (word: number, by: number) => (word >>> by) | (word << -by)
