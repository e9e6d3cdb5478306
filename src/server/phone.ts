import { getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { readText } from '../core/read.ts'
import { barePhone } from '../tiktok/user.ts'

/**
 * Adds the country's calling code to a phone number that has none, if the country is known.
 *
 * @returns the number unchanged if it cannot be parsed. An empty text if it starts with the country's calling code, but is not
 * a valid number with or without that code
 */
export function withPrefix(phone: unknown, country: unknown): string {
  const number = readText(phone)
  const code = readText(country).toUpperCase()
  if (/^\s*\(?\s*(\+|00)/.test(number) || /^[\da-f]{64}$/i.test(number) || !isSupportedCountry(code)) return number
  const callingCode = getCountryCallingCode(code)
  const digits = barePhone(number)
  if (/^\d+$/.test(digits) && digits.startsWith(callingCode)) {
    const readings = [`+${digits}`, `+${callingCode}${digits}`].map((text) => parsePhoneNumberFromString(text))
    return readings.find((reading) => reading?.isValid())?.number ?? ''
  }
  const parsed = parsePhoneNumberFromString(number, code)
  return parsed?.isPossible() ? parsed.number : number
}
