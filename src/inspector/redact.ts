import { cleanUrl } from '../core/clean-url.ts'
import { isRecord } from '../core/read.ts'
import { LONGEST, redact as redactText } from '../core/redact.ts'

const phoneOrHash = /\+\d[\d ().-]{6,}\d|\b[\da-f]{64}\b/gi
const MAX_TEXT = 100

/** A page's text for the console: short, on one line, without email addresses, phone numbers or hashes. */
export function redact(text: string): string {
  const line = redactText(text, phoneOrHash).replace(/\s+/g, ' ').trim()
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line
}

// A number with digits only may be an id. A phone number without + is recognized by its spaces and brackets.
const localPhone = /^(?=(\D*\d){9})\s*\(?\d{2,5}\)?[ /.-]\(?\d{2,5}\)?([ /.-]?\d{2,5}){1,4}\s*$|^00[1-9]\d{7,14}$/
const personalName =
  /e-?mail|phone|passw|(^|[_$])(address|birth\w*|billing|city|customer|dob|iban|ip|mobile|street|tel|zip)|address$|post(al|code)|(first|last|full|sur|middle|user|customer)_?name/i
// Placeholders such as "undefined" are shown, because they are the fault to look for.
const junk = /^(undefined|null|none|nan|\[object object\])?$/i

/**
 * A page's values without personal data: removed by property name, and wherever a value looks like an email address, a
 * phone number or a hash.
 */
export function redactDeep(value: unknown, name = ''): unknown {
  if (typeof value === 'boolean' || value === null || value === undefined) return value
  const isPersonal = personalName.test(name)
  if (isPersonal && !(typeof value === 'string' && junk.test(value.trim()))) return '…'
  if (typeof value === 'string') return redactValue(value)
  if (Array.isArray(value)) return value.map((one) => redactDeep(one, name))
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [redact(key), redactDeep(one, key)]))
  return value
}

function redactValue(text: string): string {
  const isUrl = /^https?:/i.test(text)
  // A URL that was cut within a parameter's name cannot be cleaned.
  if (localPhone.test(text) || (isUrl && text.length >= LONGEST)) return '…'
  return redactText(isUrl ? cleanUrl(text) : text, phoneOrHash)
}
