import { describe, expect, test } from 'vitest'
import { shownId } from '../../src/store/log-entry.ts'

describe('an ID in the log', () => {
  test.each([
    'jane@example.com',
    ' Jane@Example.com ',
    'order-of-jane@example.com-7',
    'john@2026-03-01',
    '2026-03-01-john@example.com',
    '00-49-30123456',
    '+19171234567',
    '+1 (917) 123-4567',
    '+49 30 123456',
    '0019171234567',
    '004930123456',
    '00 44 20 7946 0958',
    '917-123-4567',
    '(917) 123-4567',
    '06 12 34 56 78',
    '917.123.4567',
    'a3'.repeat(32),
    `order-${'a3'.repeat(32)}-1`,
  ])('is replaced by a hash if it looks like an email address, a phone number or SHA-256: %s', (id) => {
    expect(shownId(id)).toMatch(/^sha256:[\da-f]{12}$/)
    expect(shownId(id)).toBe(shownId(` ${id.toUpperCase()} `))
  })

  test.each([
    '1001',
    'a3'.repeat(16), // a random ID
    '#1001',
    '6072458903718', // Shopify
    '100000123', // Magento
    '000000123',
    '0000000000123',
    '2026-03-01-77',
    '2026-03-0177',
    '2026.03.01.0077',
    '2026-03-01 12-45-10',
    '01.03.2026-77',
    '01-03-2026-0077',
    'R-2026-03-01-77',
    'DE-917-123-4567',
    'visitor-0b54f1c2-9f3e-4a53-8f4d-6f2f0a3f6f11',
    '0b54f1c2-9f3e-4a53-8f4d-6f2f0a3f6f11',
    'GS1.1.1690000000.1.1.1690000100',
    '',
  ])('is shown as it is otherwise: %s', (id) => expect(shownId(id)).toBe(id))
})
