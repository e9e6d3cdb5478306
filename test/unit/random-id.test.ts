import { expect, test } from 'vitest'
import { randomHash, randomId } from '../../src/browser/random-id.ts'
import { hash } from '../../src/tiktok/user.ts'
import { onPage } from './old-libraries.ts'

/** What a browser's `crypto` has on an http:// page. */
const crypto = { getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) }

test('a random id is URL-safe, at most 40 characters long, and like no other', () => {
  const ids = Array.from({ length: 1000 }, () => randomId(crypto))
  for (const id of ids) expect(id).toMatch(/^[\w-]{20,40}$/)
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(encodeURIComponent(id)).toBe(id)
})

test('a random hash has the shape of SHA-256, so that it passes as one', () => {
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

test('an old library that replaces Array.from changes nothing', () => {
  expect(onPage('Prototype 1.6', () => randomHash(crypto))).toMatch(/^[\da-f]{64}$/)
})
