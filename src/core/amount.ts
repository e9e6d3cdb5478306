import { readNumber } from './read.ts'

// Signs and codes as `Intl.NumberFormat` writes them. Other words could change the amount: 99p, 1.2k, 1.2 M€.
const currency = '(?:(?:[A-Z]{2,3}|[ACRS])?\\p{Sc}|[A-Z]{3}|kr\\.?|zł|Kč|Ft|lei|Fr\\.?|R[ps]?\\.?|RM|TL)?'
const shape = new RegExp(`^${currency} ?([-−–+]?) ?${currency} ?([\\d.,'’ ]*(?:\\d|[.,][-–—]*)) ?${currency}$`, 'u')
// Groups of three digits, all with the same sign between them, or of two as in India.
const whole = /^\d*$|^[1-9]\d{0,2}([.,'’ ])\d{3}(?:\1\d{3})*$|^[1-9]\d?(?:,\d\d)+,\d{3}$/

/**
 * An amount of money, also one that comes as text: `"1,234.50"`, `"1.234,50 €"`, `"-CHF 1'234.50"`. Text is read where it
 * can mean only one number, so `"1,299"` is none: it is 1299 or 1.299. A lone dot is decimal: `"1.299"` is 1.299.
 *
 * @returns NaN, where the text is no amount or could be two
 */
export function readAmount(value: unknown): number {
  if (typeof value !== 'string') return readNumber(value)
  // Arabic and Hebrew formats hold marks of direction.
  const text = value.replace(/[\s\u061c\u200e\u200f]+/g, ' ').trim()
  const [, sign = '', digits = ''] = shape.exec(text) ?? []
  return readNumber(/[-−–]/.test(sign) ? -readDigits(digits) : readDigits(digits))
}

function readDigits(text: string): number {
  // The last dot or comma is the decimal one, if it stands there once.
  const last = text.replace(/[^.,]/g, '').slice(-1) || '.'
  const parts = text.split(last)
  const [units = '', fraction = ''] = parts.length > 2 ? [text] : parts
  const isAmbiguous = /^\d*,\d{3}$/.test(text)
  // `12,-` is 12.
  if (isAmbiguous || !whole.test(units) || !/^(\d*|[-–—]+)$/.test(fraction)) return Number.NaN
  return Number.parseFloat(`${units.replace(/\D/g, '')}.${fraction}`)
}

/** To four decimals, more than any currency has. What binary fractions add goes with the rest: 3 × 0.1 is 0.3. */
export const roundAmount = (amount: number): number => readNumber(Math.round(amount * 10_000) / 10_000) + 0 // never -0
