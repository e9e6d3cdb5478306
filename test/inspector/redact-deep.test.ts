import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactDeep } from '../../src/inspector/redact.ts'

test.each([
  ['an email address in a text', { note: 'write to jane@example.com, please' }, { note: 'write to … please' }],
  ['an email address as a key', { 'jane@example.com': 1 }, { '…': 1 }],
  ['a phone number', { note: 'call +43 664 1234567' }, { note: 'call …' }],
  ['a phone number without its country', { contact: '(917) 123-4567' }, { contact: '…' }],
  ['a phone number with 00', { contact: '00436641234567' }, { contact: '…' }],
  ['a hash', { id: 'ab'.repeat(32) }, { id: '…' }],
  [
    'a value with a personal name',
    { $first_name: 'Jane', customer: { age: 30 }, zip: 1010 },
    { $first_name: '…', customer: '…', zip: '…' },
  ],
  ['a deeply nested value', { items: [{ gift: { to_email: 'x' } }] }, { items: [{ gift: { to_email: '…' } }] }],
  ['a value in a URL', { $url: 'https://shop.test/a?email=j%40x.at&q=cap' }, { $url: 'https://shop.test/a?&q=cap' }],
])('%s is removed', (_, given, left) => {
  expect(redactDeep(given)).toEqual(left)
})

test.each([
  [{ product_id: '40123456789012', sku: '0123-4567', price: 19.9, quantity: '2' }],
  [{ id: '1001', total_price: '94.80', currency: 'EUR', name: 'Linen cap, blue' }],
  [{ gift_wrap: true, coupon: null, created_at: '2026-01-02T10:11:12Z', brand: 'Hotel Cap' }],
  [{ $email: 'undefined', $phone_number: '' }], // nobody's, and the fault itself
])('values without personal data are kept: %j', (given) => {
  expect(redactDeep(given)).toEqual(given)
})

test('no email address remains in any value, at any depth', () => {
  const text = fc.oneof(fc.emailAddress(), fc.emailAddress().map(encodeURIComponent), fc.string())
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, text, fc.array(tie('value')), fc.dictionary(text, tie('value'))),
  }))
  fc.assert(
    fc.property(value, (given) => {
      expect(JSON.stringify(redactDeep(given)) ?? '').not.toMatch(/@|%40/)
    }),
  )
})
