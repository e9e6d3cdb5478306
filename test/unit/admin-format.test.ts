import { describe, expect, test } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatMoney } from '../../src/admin/format.ts'

describe('the numbers of the operator’s page', () => {
  test.each([
    [0, '0 ms'],
    [0.4123, '412 ms'],
    [3.84, '3.8 s'],
    [59.97, '60 s'],
    [60, '1 min'],
    [7500, '2 h 5 min'],
    [86_400, '1 d'],
    [200_000, '2 d 7 h'],
  ])('%d seconds are written as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [12_400_000, '12 MB'],
    [1e9, '1 GB'],
    [5e15, '5,000 TB'],
  ])('%d bytes are written as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  test.each([
    [12.5, 'EUR', '€12.50'],
    [1500, 'JPY', '¥1,500'],
    [12.5, 'no currency', '12.5 no currency'],
    [12.5, '<b>', '12.5 <b>'],
    [12.5, '', '12.5'],
  ])('%d in the currency "%s" is written as %s', (value, currency, text) => {
    expect(formatMoney(value, currency)).toBe(text)
  })

  test('a count has its noun in the right number', () => {
    expect([formatCount(1, 'event'), formatCount(0, 'event'), formatCount(1200, 'event')]).toEqual([
      ...['1 event', '0 events', '1,200 events'],
    ])
  })
})
