import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { readText } from '../core/read.ts'

/** A phone number with its country's prefix, where it has none and the country is known; else as it is. */
export function withPrefix(phone: unknown, country: unknown): string {
  const number = readText(phone)
  const code = readText(country).toUpperCase()
  if (/^\s*\(?\s*(\+|00)/.test(number) || /^[\da-f]{64}$/i.test(number) || !isSupportedCountry(code)) return number
  const parsed = parsePhoneNumberFromString(number, code)
  return parsed?.isPossible() ? parsed.number : number
}
