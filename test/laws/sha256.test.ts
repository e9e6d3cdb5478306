import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'

/** Web Crypto's, of the same bytes. */
async function byWebCrypto(text: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Buffer.from(digest).toString('hex')
}

async function agrees(text: string): Promise<void> {
  expect(sha256(text)).toBe(await byWebCrypto(text))
}

const unicode = fc.string({ unit: 'binary' })
// Single code units. They include half a surrogate pair: alone, at either end, and in the wrong order.
const surrogates = fc
  .array(fc.oneof(fc.integer({ min: 0xd800, max: 0xdfff }), fc.integer({ min: 0, max: 0xffff })))
  .map((units) => String.fromCharCode(...units))

test('SHA-256 of any text equals the result of Web Crypto', async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(unicode, fc.string(), fc.emailAddress()), agrees), { numRuns: 500 })
})

test('half a surrogate pair is hashed as TextEncoder writes it', async () => {
  await fc.assert(fc.asyncProperty(surrogates, agrees), { numRuns: 500 })
})

test('SHA-256 of a long text equals the result of Web Crypto', async () => {
  const long = fc.tuple(unicode, fc.integer({ min: 1, max: 20_000 })).map(([text, length]) => `${text}ä`.repeat(length))
  const bounded = long.map((text) => text.slice(0, 50_000))
  await fc.assert(fc.asyncProperty(bounded, agrees), { numRuns: 20 })
})

test('every length around the block boundaries is hashed correctly', async () => {
  for (let length = 0; length <= 200; length++) await agrees('a'.repeat(length))
})
