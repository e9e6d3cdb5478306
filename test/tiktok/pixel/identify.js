// Plays the identify chunk: until it is here, no hit leaves that was not assembled before identify() (facts §1, §5).
;(() => {
  // biome-ignore lint/suspicious/noRedundantUseStrict: served as a classic script, where it is not redundant
  'use strict'
  const primes = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n)
  const fraction = (root) => ((root - Math.floor(root)) * 0x100000000) | 0
  const constants = primes.map((prime) => fraction(Math.cbrt(prime)))
  const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits))

  // Web Crypto is missing on http:// pages, where the pixel hashes too.
  const sha256 = (text) => {
    const bytes = [...new TextEncoder().encode(text), 0x80]
    const bits = (bytes.length - 1) * 8
    while (bytes.length % 64 !== 56) bytes.push(0)
    for (let shift = 56; shift >= 0; shift -= 8) bytes.push(Math.floor(bits / 2 ** shift) & 255)
    const hash = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
    for (let block = 0; block < bytes.length; block += 64) {
      const words = []
      let [a, b, c, d, e, f, g, h] = hash
      for (let i = 0; i < 64; i++) {
        if (i < 16) {
          const at = block + i * 4
          words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
        } else {
          const x = words[i - 15]
          const y = words[i - 2]
          const low = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
          const high = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
          words[i] = (words[i - 16] + low + words[i - 7] + high) | 0
        }
        const sumE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        const sumA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        const one = (h + sumE + ((e & f) ^ (~e & g)) + constants[i] + words[i]) | 0
        const two = (sumA + ((a & b) ^ (a & c) ^ (b & c))) | 0
        ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
      }
      for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) hash[i] = (hash[i] + word) | 0
    }
    return hash.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  window[window.TiktokAnalyticsObject]._hash = sha256
})()
