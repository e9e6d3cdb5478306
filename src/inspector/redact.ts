import { cleanUrl } from '../core/clean-url.ts'
import { isRecord } from '../core/read.ts'
import { LONGEST, redact as redactText } from '../core/redact.ts'

const phoneOrHash = /\+\d[\d ().-]{6,}\d|\b[\da-f]{64}\b/gi
const MAX_TEXT = 100

/** A page's own text for a line of the console: short, on one line, without what may be an e-mail, a phone number or a hash. */
export function redact(text: string): string {
  const line = redactText(text, phoneOrHash).replace(/\s+/g, ' ').trim()
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line
}

// A number of digits alone may as well be an id: a phone number without + is known by its spaces and brackets.
const localPhone = /^(?=(\D*\d){9})\s*\(?\d{2,5}\)?[ /.-]\(?\d{2,5}\)?([ /.-]?\d{2,5}){1,4}\s*$|^00[1-9]\d{7,14}$/
const personalName =
  /e-?mail|phone|passw|(^|[_$])(address|birth\w*|billing|city|customer|dob|iban|ip|mobile|street|tel|zip)|address$|post(al|code)|(first|last|full|sur|middle|user|customer)_?name/i
// What stands there for nobody is shown, since it is the fault that one looks for.
const junk = /^(undefined|null|none|nan|\[object object\])?$/i

/**
 * What a page handed in, without what tells who the visitor is: by the names of properties, and by what looks like an
 * e-mail, a phone number or a hash.
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
  // What is cut within a parameter's name can't be cleaned.
  if (localPhone.test(text) || (isUrl && text.length >= LONGEST)) return '…'
  return redactText(isUrl ? cleanUrl(text) : text, phoneOrHash)
}
