import { expect, test } from 'vitest'
import { randomHash, randomId } from '../../src/browser/random-id.ts'
import { hash } from '../../src/tiktok/user.ts'
import { onPage } from './old-libraries.ts'

/** The `crypto` of a browser on an http:// page. */
const crypto = { getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) }

test('a random ID is URL-safe, at most 40 characters long, and unique', () => {
  const ids = Array.from({ length: 1000 }, () => randomId(crypto))
  for (const id of ids) expect(id).toMatch(/^[\w-]{20,40}$/)
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(encodeURIComponent(id)).toBe(id)
})

test('a random hash has the format of SHA-256', () => {
  const hashes = Array.from({ length: 1000 }, () => randomHash(crypto))
  for (const one of hashes) {
    expect(one).toMatch(/^[\da-f]{64}$/)
    expect(hash(one)).toBe(one)
  }
  expect(new Set(hashes).size).toBe(1000)
})

test('every bit comes from crypto.getRandomValues, and small bytes keep their zeros', () => {
  const zeros = { getRandomValues: <Values>(values: Values) => values }
  expect(randomId(zeros)).toBe('0'.repeat(32))
  expect(randomHash(zeros)).toBe('0'.repeat(64))
})

test('a library that replaces Array.from does not change the IDs', () => {
  expect(onPage('Prototype 1.6', () => randomHash(crypto))).toMatch(/^[\da-f]{64}$/)
})
