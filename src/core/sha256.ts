// FIPS 180-4. Web Crypto's is asynchronous, and missing on http:// pages, while an identity must be known before `track()`
// returns. A law holds this one to it.

/** The first 32 fractional bits of the roots of the first 64 primes: square roots to start with, cube roots by round. */
const initial: number[] = []
const constants: number[] = []
for (let number = 2; constants.length < 64; number++) {
  let divisor = 2
  while (number % divisor) divisor++
  if (divisor < number) continue
  initial.push((number ** (1 / 2) * 2 ** 32) | 0)
  constants.push((number ** (1 / 3) * 2 ** 32) | 0)
}

/** SHA-256 of a text's UTF-8, as 64 lower-case hex digits. */
export function sha256(text: string): string {
  // Half a surrogate pair has no UTF-8: it becomes U+FFFD, as in TextEncoder.
  const bytes = `${unescape(encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')))}\x80`
  const words: number[] = []
  const wordAt = (index: number) => words[index] ?? 0
  for (let i = 0; i < bytes.length; i++) words[i >> 2] = wordAt(i >> 2) | (bytes.charCodeAt(i) << (24 - (i % 4) * 8))
  const end = (((bytes.length + 7) >> 6) + 1) * 16
  words[end - 1] = (bytes.length - 1) * 8

  let hash = initial.slice(0, 8)
  for (let start = 0; start < end; start += 16) {
    const schedule = Array.from({ length: 16 }, (_, index) => wordAt(start + index))
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash
    for (const constant of constants) {
      const [word = 0, second = 0] = schedule
      const [late = 0] = schedule.slice(-2)
      schedule.push((word + mix(second, 7, 18, 3, true) + (schedule[9] ?? 0) + mix(late, 17, 19, 10, true)) | 0)
      schedule.shift()
      const one = (h + mix(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + constant + word) | 0
      const two = (mix(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
    }
    hash = [a, b, c, d, e, f, g, h].map((word, index) => (word + (hash[index] ?? 0)) | 0)
  }
  return hash.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

/** A word turned by three distances, the last one shifted instead where the schedule asks for it. */
function mix(word: number, first: number, second: number, third: number, isShift = false): number {
  const turn = (by: number) => (word >>> by) | (word << (32 - by))
  return turn(first) ^ turn(second) ^ (isShift ? word >>> third : turn(third))
}
