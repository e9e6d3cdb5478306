import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAmount, roundAmount } from '../../src/core/amount.ts'

const cents = fc.integer({ min: 0, max: 10 ** 11 }).map((amount) => amount / 100)
const decimals = fc.stringMatching(/^\d{1,4}$/)

/** Digits in groups of three, with `sign` between them. */
const grouped = (digits: number, sign: string) => String(digits).replace(/\B(?=(\d{3})+$)/g, sign)

test('a number is read unchanged if it is finite', () => {
  const check = (number: number) => {
    expect(readAmount(number)).toBe(Number.isFinite(number) ? number : Number.NaN)
  }
  fc.assert(fc.property(fc.double(), check))
})

test('an amount as JavaScript prints it is read as that amount', () => {
  const check = (amount: number) => {
    expect(readAmount(String(amount))).toBe(amount)
  }
  fc.assert(fc.property(fc.oneof(fc.integer(), cents), check))
})

test('thousands and decimal separators are read, whichever signs they use', () => {
  const signs = fc.constantFrom<[string, string]>(
    [',', '.'],
    ['.', ','],
    [' ', ','],
    [' ', '.'],
    ['\u00a0', ','],
    ['\u202f', ','],
    ["'", '.'],
    ['’', '.'],
  )
  const units = fc.integer({ min: 1000, max: 10 ** 9 })
  const check = ([group, point]: [string, string], units: number, fraction: string) => {
    expect(readAmount(`${grouped(units, group)}${point}${fraction}`)).toBe(Number(`${units}.${fraction}`))
  }
  fc.assert(fc.property(signs, units, decimals, check))
})

test('a single comma is decimal, except before exactly three digits', () => {
  const units = fc.stringMatching(/^\d{0,7}$/)
  const fraction = fc.stringMatching(/^\d{1,5}$/)
  const check = (units: string, fraction: string) => {
    expect(readAmount(`${units},${fraction}`)).toBe(fraction.length === 3 ? Number.NaN : Number(`${units}.${fraction}`))
  }
  fc.assert(fc.property(units, fraction, check))
})

test('a single dot is decimal', () => {
  const check = (units: string, fraction: string) => {
    expect(readAmount(`${units}.${fraction}`)).toBe(Number(`${units}.${fraction}`))
  }
  fc.assert(fc.property(fc.stringMatching(/^\d{1,7}$/), fc.stringMatching(/^\d{1,7}$/), check))
})

test('a currency before or after the number changes nothing, and a minus sign on either side negates it', () => {
  const currency = fc.constantFrom(
    '€',
    '$',
    'US$',
    'R$',
    '₹',
    'EUR',
    'CHF',
    'kr',
    'kr.',
    'zł',
    'Kč',
    'Ft',
    'R',
    'Rs.',
    'RM',
    'TL',
  )
  const space = fc.constantFrom('', ' ', '\u00a0')
  const minus = fc.constantFrom('-', '−', '–')
  const check = (amount: number, currency: string, space: string, minus: string) => {
    const text = grouped(Math.floor(amount), ' ')
    const read = readAmount(text)
    for (const written of [`${currency}${space}${text}`, `${text}${space}${currency}`])
      expect(readAmount(written)).toBe(read)
    for (const written of [
      `${minus}${currency}${space}${text}`,
      `${currency}${space}${minus}${text}`,
      `${minus}${text}${space}${currency}`,
    ])
      expect(readAmount(written)).toBe(-read)
  }
  fc.assert(fc.property(fc.integer({ min: 1, max: 10 ** 9 }), currency, space, minus, check))
})

describe('amounts formatted by a browser', () => {
  // Of Arabic and Bengali digits nothing is read, and of no format another amount.
  const locales =
    'en-US de-DE de-AT de-CH fr-FR fr-CH fr-CA fr-TN it-IT es-ES es-MX es-CL es-VE pt-BR pt-PT nl-NL da-DK sv-SE nb-NO fi-FI is-IS pl-PL cs-CZ hu-HU ro-RO bg-BG hr-HR sr-RS el-GR tr-TR ru-RU uk-UA kk-KZ ka-GE he-IL ar-EG ar-AE ar-DZ fa-IR hi-IN en-IN bn-BD en-ZA id-ID ms-MY vi-VN th-TH ja-JP ko-KR zh-CN zh-TW zh-HK sq-AL'.split(
      ' ',
    )
  const currencies =
    'USD EUR GBP CHF SEK DKK NOK PLN CZK HUF RON BGN TRY RUB UAH KZT ILS EGP SAR AED KWD TND INR PKR BDT ZAR BRL MXN CLP VES CAD AUD NZD HKD TWD SGD IDR MYR VND THB JPY KRW CNY PHP'.split(
      ' ',
    )

  test.each(locales)('%s: each amount is read correctly, or not at all', (locale) => {
    const check = (
      currency: string,
      digits: number,
      currencyDisplay: 'symbol' | 'narrowSymbol' | 'code',
      amount: number,
    ) => {
      const format = new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        currencyDisplay,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      })
      const read = readAmount(format.format(amount))
      if (!Number.isNaN(read)) expect(read).toBe(amount)
    }
    const display = fc.constantFrom('symbol' as const, 'narrowSymbol' as const, 'code' as const)
    const amount = fc.oneof(
      cents,
      cents.map((amount) => -amount),
    )
    fc.assert(fc.property(fc.constantFrom(...currencies), fc.constantFrom(2, 3), display, amount, check), {
      numRuns: 40,
    })
  })

  const known =
    'en-US USD, en-GB GBP, de-DE EUR, de-AT EUR, de-CH CHF, fr-FR EUR, fr-CH CHF, it-IT EUR, es-ES USD, nl-NL EUR, da-DK DKK, sv-SE SEK, nb-NO NOK, pl-PL PLN, cs-CZ CZK, hu-HU HUF, ro-RO RON, tr-TR TRY, ru-RU RUB, he-IL ILS, en-IN INR, hi-IN INR, en-ZA ZAR, pt-BR BRL, es-MX USD, en-AU AUD, zh-HK HKD, ja-JP JPY, ko-KR KRW, vi-VN VND, id-ID IDR, ms-MY MYR'
  test.each(known.split(', ').map((pair) => pair.split(' ')))(
    '%s, %s: every amount with two decimals is read',
    (locale, currency) => {
      const format = new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        minimumFractionDigits: 2,
        maximumFractionDigits: 2,
      })
      const check = (amount: number) => {
        expect(readAmount(format.format(amount))).toBe(amount)
      }
      fc.assert(fc.property(cents, check), { numRuns: 40 })
    },
  )
})

test('a letter among the digits makes it unreadable', () => {
  const letter = fc.constantFrom('e', 'x', 'b', 'o', 'E', 'k', '€', 'EUR', '-', '%', '/')
  const check = (units: string, letter: string, more: string) => {
    expect(readAmount(`${units}${letter}${more}`)).toBeNaN()
  }
  fc.assert(fc.property(fc.stringMatching(/^\d{1,5}$/), letter, fc.stringMatching(/^\d{1,5}$/), check))
})

test.each([
  '0x10',
  '0b11',
  '0o17',
  '1e3',
  '1E+3',
  'Infinity',
  'NaN',
  '99p',
  '99c',
  '1.2k',
  '1,2 M€',
  '12 %',
  '2 x 12.50',
  '10-12',
  '10–12',
  '--5',
  '-$-5',
  '12 €€',
  '1.2.3',
  '1,2,3',
  '1 23',
  '1,23.4',
  '0,123.45',
  "1,234'567.00",
  '1.234 567',
  '12 .5',
  '.',
  ',',
  '-',
  '€',
  'EUR',
  'free',
  '',
])('a text that is not an amount, or is ambiguous, is unreadable: %j', (text) => {
  expect(readAmount(text)).toBeNaN()
})

test('any value is read as a finite number or not at all', () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123456789.,' -−€$EURkr’\u00a0\u200f") })
  const check = (value: unknown) => {
    const read = readAmount(value)
    expect(Number.isNaN(read) || Number.isFinite(read)).toBe(true)
  }
  fc.assert(fc.property(fc.oneof(text, fc.anything()), check), { numRuns: 1000 })
})

test.each(['1', '1,', '1.', '1 ', ' ', '-', ',-', '1,23', '1.234', '$', 'E', '\u200f', '’'])(
  'a long text is read quickly: %j, 400,000 times',
  (part) => {
    for (const end of ['', 'x', '1x']) readAmount(part.repeat(400_000) + end)
  },
)

test('rounding keeps four decimals and does not change shorter numbers', () => {
  const check = (units: number, amount: number) => {
    expect(roundAmount(units / 10_000)).toBe(units / 10_000)
    expect(Math.abs(roundAmount(amount) - amount)).toBeLessThanOrEqual(0.00005 + Math.abs(amount) * Number.EPSILON)
    expect(Object.is(roundAmount(amount), -0)).toBe(false)
  }
  const amount = fc.double({ min: -(10 ** 12), max: 10 ** 12, noNaN: true })
  fc.assert(fc.property(fc.integer(), amount, check))
})
