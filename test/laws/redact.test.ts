import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LONGEST, redact } from '../../src/core/redact.ts'

const hash = /\b[\da-f]{64}\b/g

test('no part of an email address or a hash remains, wherever a long text is cut', () => {
  const named = fc.oneof(
    fc.emailAddress().filter((email) => email.length > 12),
    fc.emailAddress().map((email) => encodeURIComponent(email).replaceAll('%', '%25')),
    fc.constant('0a'.repeat(32)),
  )
  fc.assert(
    fc.property(named, fc.nat(90), fc.boolean(), (name, before, isMarked) => {
      const filler = 'x'
        .repeat(30)
        .concat(' ')
        .repeat(LONGEST)
        .slice(0, LONGEST - before)
      const text = `${filler} ${isMarked ? 'email=' : ''}${name} and more, `.padEnd(LONGEST * 2, 'z ')
      const left = redact(text, hash)
      expect(left.length).toBeLessThanOrEqual(LONGEST)
      expect(left.replace(/[x…\s]|email=|and|more,|z/g, '')).toBe('')
    }),
  )
})

test('a text without personal data is not changed', () => {
  const text = 'TikTok answered code 40002: content_id of order 1001 must be a string'
  expect(redact(text, hash)).toBe(text)
})
