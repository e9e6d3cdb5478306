import { orderIdKey } from '../core/order-id.ts'
import { readUser } from '../tiktok/user.ts'
import type { ConvergeEvent, DestinationEvent, TrackResult, User } from '../types.ts'
import { currencies } from './currencies.ts'
import { redact } from './redact.ts'
import { needContentId, purchases, standardEvents } from './tiktok-events.ts'

/** One TikTok event, with everything that is known about its origin. */
export interface Subject extends DestinationEvent {
  result: TrackResult
  /** The match keys that were sent with it, if known. */
  matchKeys: readonly string[] | undefined
  /** The Converge event, if known. */
  source: ConvergeEvent | undefined
}

export interface Check {
  code: string
  /** The properties to change, as paths in the call or the config. */
  find(subject: Subject): string[]
  message: string
  /** What to change there. */
  fix(places: string): string
}

const where = (isBroken: boolean, place: string) => (isBroken ? [place] : [])
const isBlank = (text: unknown) => /^(null|undefined)?$/.test(String(text ?? '').trim())

/** TikTok's name for an event is set in a mapping row. */
const row = ({ result }: Subject) => `mapping.events[${JSON.stringify(redact(result.eventName))}]`

const flatEvents = ['Added To Cart', 'Viewed Product']
const isFlat = ({ result, parameters }: Subject) =>
  flatEvents.includes(result.eventName) && (parameters.contents?.length ?? 1) === 1
const itemAt = (subject: Subject, index: number) => (isFlat(subject) ? 'properties' : `properties.items[${index}]`)
const money = (subject: Subject) => (isFlat(subject) ? 'properties.price' : 'properties.total_price')

/** Report an order once, not once for each of its TikTok events. */
const isFirst = ({ event, result }: Subject) => event === result.destinationEvents[0]?.event

/** The codes of TikTok's Pixel Helper and Events Manager. The last two codes are our own. */
export const checks = [
  {
    code: 'EMPTY_EVENT_TYPE_NAME',
    find: (subject) => where(isBlank(subject.event), row(subject)),
    message: 'The event has no name.',
    fix: (places) => `Write the name of TikTok's event into ${places}.`,
  },
  {
    code: 'MISMATCHED_EVENT_TYPE_NAME_FOR_CUSTOM_EVENT',
    find: (subject) => {
      const isAllowed = /^[a-z]([\w-]*[a-z\d])?$/i.test(subject.event)
      return where(!isAllowed && !isBlank(subject.event), row(subject))
    },
    message: 'TikTok refuses this name. A custom event name may contain letters, digits, - and _.',
    fix: (places) => `Rename it in ${places}. Start with a letter, end with a letter or digit, and use no spaces.`,
  },
  {
    code: 'LONG_EVENT_TYPE_NAME',
    find: (subject) => where(subject.event.length > 50, row(subject)),
    message: 'The name is longer than 50 characters, the most that TikTok accepts.',
    fix: (places) => `Shorten it in ${places}.`,
  },
  {
    code: 'MISSING_CONTENT_ID',
    find: (subject) => {
      if (!needContentId.includes(subject.event)) return []
      const { contents = [] } = subject.parameters
      if (!contents.length) return [isFlat(subject) ? 'properties' : 'properties.items']
      return contents.flatMap(({ content_id }, index) => where(content_id === undefined, itemAt(subject, index)))
    },
    message: 'TikTok cannot find the product in the catalog: its content_id is missing.',
    fix: (places) => `Set product_id or variant_id, or the property that contentId names, in ${places}.`,
  },
  {
    code: 'INVALID_CONTENT_ID',
    find: (subject) =>
      (subject.parameters.contents ?? []).flatMap(({ content_id = 'none' }, index) =>
        where(isBlank(content_id), itemAt(subject, index)),
      ),
    message: 'A content_id is empty.',
    fix: (places) => `Set product_id or variant_id, or the property that contentId names, in ${places}.`,
  },
  {
    code: 'INVALID_CONTENT_TYPE',
    find: ({ parameters: { content_type = 'product', contents = [] } }) => {
      const types: string[] = [content_type, ...contents.map((content) => content.content_type)]
      return where(!types.every((type) => /^product(_group)?$/.test(type)), 'contentType')
    },
    message: 'This content type is neither product nor product_group, the two that TikTok accepts.',
    fix: (places) => `Set ${places} in the config to one of the two, or leave it out.`,
  },
  {
    code: 'INVALID_EVENT_PARAMETER_VALUE',
    find: (subject) => {
      const value: unknown = subject.parameters.value ?? 0
      const isAmount = typeof value === 'number' ? Number.isFinite(value) : /^\d+(\.\d+)?$/.test(String(value))
      return where(!isAmount, money(subject))
    },
    message: 'The value is not an amount of money.',
    fix: (places) => `Set ${places} to a number, such as 64.9.`,
  },
  {
    code: 'MISSING_VALUE_PARAMETER',
    find: (subject) => {
      const { value, currency } = subject.parameters
      return where(value === undefined && (purchases.includes(subject.event) || Boolean(currency)), money(subject))
    },
    message: 'The value is missing: TikTok counts the event, but does not know what it is worth.',
    fix: (places) => `Set ${places} to a number, such as 64.9. Text such as "64.90" can be read, "1,299" cannot.`,
  },
  {
    code: 'MISSING_CURRENCY_PARAMETER',
    find: ({ parameters: { value, currency } }) => where(value !== undefined && !currency, 'properties.currency'),
    message: 'The value has no currency, so TikTok cannot add it up.',
    fix: (places) =>
      `Set ${places} to a code of three letters, such as "EUR". A currency that all items share is used too.`,
  },
  {
    code: 'INVALID_CURRENCY_CODE',
    find: ({ parameters: { currency } }) =>
      where(Boolean(currency && !currencies.has(currency)), 'properties.currency'),
    message: 'TikTok does not support this currency.',
    fix: (places) => `Set ${places}, and total_price or price with it, to one of TikTok's ${currencies.size}.`,
  },
  {
    code: 'MISSING_EMAIL_AND_PHONE',
    find: ({ event, matchKeys }) => {
      const isKnown = matchKeys?.some((key) => key === 'email' || key === 'phone') ?? true
      return where(purchases.includes(event) && !isKnown, 'profileProperties')
    },
    message: 'TikTok has neither an email address nor a phone number for this purchase.',
    fix: (places) => `Set $email or $phone_number in ${places}, in this call or with converge.set().`,
  },
  {
    code: 'INVALID_EMAIL_FORMAT',
    find: (subject) => where(isRefused(subject, '$email', 'email') && !isJunk(subject, '$email'), '$email'),
    message: 'The email address is not valid, and was left out.',
    fix: (places) => `Pass the whole address, or its SHA-256 as 64 hex digits, in ${places}.`,
  },
  {
    code: 'INVALID_EMAIL_INFORMATION',
    find: (subject) => where(isJunk(subject, '$email'), '$email'),
    message: 'The email address is a placeholder that a template prints when it has none. It was left out.',
    fix: (places) => `Leave ${places} out if the visitor's email address is not known.`,
  },
  {
    code: 'INVALID_PHONE_NUMBER_FORMAT',
    find: (subject) =>
      where(isRefused(subject, '$phone_number', 'phone') && !isJunk(subject, '$phone_number'), '$phone_number'),
    message: 'The phone number has no country code or is not valid. It was left out.',
    fix: (places) => `Pass it with its country code, +1 (917) 123-4567, in ${places}.`,
  },
  {
    code: 'INVALID_PHONE_NUMBER_INFORMATION',
    find: (subject) => where(isJunk(subject, '$phone_number'), '$phone_number'),
    message: 'The phone number is a placeholder that a template prints when it has none. It was left out.',
    fix: (places) => `Leave ${places} out if the visitor's number is not known.`,
  },
  {
    code: 'MISSING_ORDER_ID',
    find: (subject) => where(subject.source?.isUnnamedOrder === true && isFirst(subject), 'properties.id'),
    message: 'The order has no id. Each reload of its page counts it again, and so does the server copy.',
    fix: (places) => `Set ${places} to the order's id, such as "1001", or pass it as options.eventID.`,
  },
  {
    code: 'MISSING_ORDER_ID',
    find: (subject) => {
      const key = subject.source && orderIdKey(subject.source)
      return key && key !== 'id' && isFirst(subject) ? [`properties.${key}`] : []
    },
    message: 'The order has no property named id. The id of another property was used.',
    fix: (places) => `Rename ${places} to properties.id.`,
  },
  {
    code: 'MISSPELT_EVENT_NAME',
    find: (subject) => {
      const meant = nearestName(subject.event, standardEvents)
      return meant ? [`${row(subject)} to "${meant}"`] : []
    },
    message: 'The name almost matches a TikTok event. Names are case-sensitive, so TikTok treats it as a custom event.',
    fix: (places) => `Change ${places}.`,
  },
] as const satisfies readonly Check[]

export type Code = (typeof checks)[number]['code']

const givenAs = ({ source }: Subject, property: string): unknown[] =>
  [source?.properties[property]].flat().filter((value) => value !== undefined && value !== null)

function isRefused(subject: Subject, property: string, key: keyof User): boolean {
  const given = givenAs(subject, property)
  return given.length > 0 && !readUser({ [property]: given })[key]
}

const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function isJunk(subject: Subject, property: string): boolean {
  const given = givenAs(subject, property)
  return given.length > 0 && given.every(isJunkText)
}

function isJunkText(given: unknown): boolean {
  if (typeof given !== 'string') return false
  return /^(undefined|null|none)?$/i.test(given.trim()) || given.trim().toLowerCase() === hashOfNothing
}

/** The name that differs from `name` only in case, spaces, `-` or `_`. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const bare = (text: string) => text.toLowerCase().replace(/[\s_-]/g, '')
  return names.includes(name) ? undefined : names.find((known) => bare(known) === bare(name))
}
