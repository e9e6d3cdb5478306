// FIPS 180-4. Web Crypto's is asynchronous, and missing on http:// pages, while an identity must be known before `track()`
// returns. A law holds this one to it.

// Not of the language, but of every place where this runs: browsers, Node, Workers.
declare const TextEncoder: new () => { encode(text: string): Uint8Array }

const primes: number[] = []
for (let number = 2; primes.length < 64; number++) if (primes.every((prime) => number % prime)) primes.push(number)

/** The first 32 fractional bits of the primes' roots: square roots to start with, cube roots by round. */
const fractions = (root: number) => primes.map((prime) => (prime ** (1 / root) * 2 ** 32) | 0)
const initial = fractions(2)
const constants = fractions(3)

/** SHA-256 of a text's UTF-8, as 64 lower-case hex digits. */
export function sha256(text: string): string {
  const bytes = [...new TextEncoder().encode(text), 128]
  const words: number[] = []
  // Zeros follow, up to where the last block has its last two words: the length in bits.
  for (let i = 0; i < bytes.length || i % 64 !== 56; i++) words[i >> 2] = ((words[i >> 2] ?? 0) << 8) | (bytes[i] ?? 0)
  words.push(0, (bytes.length - 1) * 8)

  let hash = initial
  while (words.length) {
    const schedule = words.splice(0, 16)
    hash = constants
      .reduce(([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0], constant) => {
        const { 0: word = 0, 1: next = 0, 9: ninth = 0, 14: last = 0 } = schedule
        const low = turn(next, 7) ^ turn(next, 18) ^ (next >>> 3)
        const high = turn(last, 17) ^ turn(last, 19) ^ (last >>> 10)
        const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + constant + word
        const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)))
        schedule.shift()
        schedule.push((word + low + ninth + high) | 0)
        return [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g]
      }, hash)
      .map((word, index) => (word + (hash[index] ?? 0)) | 0)
  }
  return hash.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

const turn = (word: number, by: number) => (word >>> by) | (word << -by)
