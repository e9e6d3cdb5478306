import { describe, expect, test } from 'vitest'
import { hashOf, noFilters, readAddress } from '../../src/admin/address.ts'

describe('the address of a view of the operator’s page', () => {
  test.each([
    ['', 'today'],
    ['#', 'today'],
    ['#events', 'events'],
    ['#dead-letters', 'dead-letters'],
    ['#nothing', 'today'],
    ['#toString', 'today'],
    ['#__proto__?q=1', 'today'],
  ])('the hash "%s" opens %s', (hash, view) => {
    expect(readAddress(hash).view).toBe(view)
  })

  test.each([
    { q: '1001' },
    { q: '#?&=+ %41 ü "<b>' },
    { status: 'failure', event: 'Purchase', source: 'shopify', day: '2026-11-27' },
    {},
  ])('filters in the hash are read as they were written: %o', (filters) => {
    expect(readAddress(hashOf('events', filters))).toEqual({ view: 'events', filters: { ...noFilters, ...filters } })
  })

  test('unknown filters in the hash are ignored', () => {
    expect(readAddress('#events?token=1&limit=9&q=1001').filters).toEqual({ ...noFilters, q: '1001' })
  })

  test('empty filters are left out of the hash', () => {
    expect(hashOf('events', noFilters)).toBe('#events')
  })
})
