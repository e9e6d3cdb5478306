import { readNumber } from './read.ts'

// Only signs and codes that `Intl.NumberFormat` writes. Other words can change the amount: 99p, 1.2k, 1.2 M€.
const currency = '(?:(?:[A-Z]{2,3}|[ACRS])?\\p{Sc}|[A-Z]{3}|kr\\.?|zł|Kč|Ft|lei|Fr\\.?|R[ps]?\\.?|RM|TL)?'
const shape = new RegExp(`^${currency} ?([-−–+]?) ?${currency} ?([\\d.,'’ ]*(?:\\d|[.,][-–—]*)) ?${currency}$`, 'u')
// Groups of three digits with one kind of separator, or of two digits as in India.
const whole = /^\d*$|^[1-9]\d{0,2}([.,'’ ])\d{3}(?:\1\d{3})*$|^[1-9]\d?(?:,\d\d)+,\d{3}$/

/**
 * Reads an amount of money, given as a number or as text: `"1,234.50"`, `"1.234,50 €"`, `"-CHF 1'234.50"`. Ambiguous text is
 * refused: `"1,299"` could be 1299 or 1.299. A single dot is decimal: `"1.299"` is 1.299.
 *
 * @returns NaN if the text is not an amount, or is ambiguous
 */
export function readAmount(value: unknown): number {
  if (typeof value !== 'string') return readNumber(value)
  // Arabic and Hebrew formats contain direction marks.
  const text = value.replace(/[\s\u061c\u200e\u200f]+/g, ' ').trim()
  const [, sign = '', digits = ''] = shape.exec(text) ?? []
  return readNumber(/[-−–]/.test(sign) ? -readDigits(digits) : readDigits(digits))
}

function readDigits(text: string): number {
  // The last dot or comma is the decimal separator if it occurs once.
  const last = text.replace(/[^.,]/g, '').slice(-1) || '.'
  const parts = text.split(last)
  const [units = '', fraction = ''] = parts.length > 2 ? [text] : parts
  const isAmbiguous = /^\d*,\d{3}$/.test(text)
  // `12,-` is 12.
  if (isAmbiguous || !whole.test(units) || !/^(\d*|[-–—]+)$/.test(fraction)) return Number.NaN
  return Number.parseFloat(`${units.replace(/\D/g, '')}.${fraction}`)
}

/** Rounds to four decimals, more than any currency has. This also removes binary rounding errors: 3 × 0.1 is 0.3. */
export const roundAmount = (amount: number): number => readNumber(Math.round(amount * 10_000) / 10_000) + 0 // never -0
