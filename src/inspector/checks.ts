import { orderIdKey } from '../core/order-id.ts'
import { readUser } from '../tiktok/user.ts'
import type { ConvergeEvent, DestinationEvent, TrackResult, User } from '../types.ts'
import { currencies } from './currencies.ts'
import { redact } from './redact.ts'
import { needContentId, purchases, standardEvents } from './tiktok-events.ts'

/** One of TikTok's events, and all that is known of how it came about. */
export interface Subject extends DestinationEvent {
  result: TrackResult
  /** Which match keys went along, where that is known. */
  matchKeys: readonly string[] | undefined
  /** The call, where it is known. */
  source: ConvergeEvent | undefined
}

export interface Check {
  code: string
  /** The places in the call that are at fault, in Converge's words. */
  find(subject: Subject): string[]
  message: string
  /** What to change there. */
  fix(places: string): string
}

const where = (isBroken: boolean, place: string) => (isBroken ? [place] : [])
const isBlank = (text: unknown) => /^\s*(null|undefined)?\s*$/.test(String(text ?? ''))

/** A row of the mapping is where TikTok's name for an event is chosen. */
const row = ({ result }: Subject) => `mapping.events[${JSON.stringify(redact(result.eventName))}]`

const flatEvents = ['Added To Cart', 'Viewed Product']
const isFlat = ({ result, parameters }: Subject) =>
  flatEvents.includes(result.eventName) && (parameters.contents?.length ?? 1) === 1
const itemAt = (subject: Subject, index: number) => (isFlat(subject) ? 'properties' : `properties.items[${index}]`)
const money = (subject: Subject) => (isFlat(subject) ? 'properties.price' : 'properties.total_price')

/** An order is judged once, not once for each of the TikTok events that it becomes. */
const isFirst = ({ event, result }: Subject) => event === result.destinationEvents[0]?.event

/** TikTok's own codes, as its Pixel Helper and Events Manager show them, and at the end two of ours. */
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
    message: "TikTok refuses this name: a custom event's has letters, digits, - and _ alone.",
    fix: (places) => `Rename it in ${places}: a letter first, a letter or digit last, and no spaces.`,
  },
  {
    code: 'LONG_EVENT_TYPE_NAME',
    find: (subject) => where(subject.event.length > 50, row(subject)),
    message: 'The name is longer than the 50 characters that TikTok takes.',
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
    message: "TikTok can't find the product in the catalogue: its content_id is missing.",
    fix: (places) => `Set product_id or variant_id, or the one that the contentId mode names, in ${places}.`,
  },
  {
    code: 'INVALID_CONTENT_ID',
    find: (subject) =>
      (subject.parameters.contents ?? []).flatMap(({ content_id = 'none' }, index) =>
        where(isBlank(content_id), itemAt(subject, index)),
      ),
    message: 'A content_id is empty.',
    fix: (places) => `Set product_id or variant_id, or the one that the contentId mode names, in ${places}.`,
  },
  {
    code: 'INVALID_CONTENT_TYPE',
    find: ({ parameters: { content_type = 'product', contents = [] } }) => {
      const types: string[] = [content_type, ...contents.map((content) => content.content_type)]
      return where(!types.every((type) => /^product(_group)?$/.test(type)), 'contentType')
    },
    message: 'TikTok knows two content types, product and product_group, and this is neither.',
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
    message: 'The value is missing: TikTok can count the event, and not what it is worth.',
    fix: (places) => `Set ${places} to a number, such as 64.9. Text like "64.90" is understood, "1,299" is not.`,
  },
  {
    code: 'MISSING_CURRENCY_PARAMETER',
    find: ({ parameters: { value, currency } }) => where(value !== undefined && !currency, 'properties.currency'),
    message: "There is a value without a currency: TikTok can't add it up.",
    fix: (places) => `Set ${places} to a code of three letters, such as "EUR". One that all items share is enough.`,
  },
  {
    code: 'INVALID_CURRENCY_CODE',
    find: ({ parameters: { currency } }) =>
      where(Boolean(currency && !currencies.has(currency)), 'properties.currency'),
    message: 'TikTok does not count in this currency.',
    fix: (places) => `Set ${places}, and total_price or price with it, to one of TikTok's ${currencies.size}.`,
  },
  {
    code: 'MISSING_EMAIL_AND_PHONE',
    find: ({ event, matchKeys }) => {
      const isKnown = matchKeys?.some((key) => key === 'email' || key === 'phone') ?? true
      return where(purchases.includes(event) && !isKnown, 'profileProperties')
    },
    message: 'TikTok has neither e-mail nor phone to credit this purchase by.',
    fix: (places) => `Give $email or $phone_number in ${places}, with this call or by converge.set().`,
  },
  {
    code: 'INVALID_EMAIL_FORMAT',
    find: (subject) => where(isRefused(subject, '$email', 'email') && !isJunk(subject, '$email'), '$email'),
    message: 'What was given as e-mail does not look like one, and was left out.',
    fix: (places) => `Pass the whole address, or its SHA-256 as 64 hex digits, in ${places}.`,
  },
  {
    code: 'INVALID_EMAIL_INFORMATION',
    find: (subject) => where(isJunk(subject, '$email'), '$email'),
    message: 'The e-mail is what a template prints where it has none, and was left out.',
    fix: (places) => `Leave ${places} out where the visitor's e-mail is not known.`,
  },
  {
    code: 'INVALID_PHONE_NUMBER_FORMAT',
    find: (subject) =>
      where(isRefused(subject, '$phone_number', 'phone') && !isJunk(subject, '$phone_number'), '$phone_number'),
    message: 'The phone number does not say its country, or is none, and was left out.',
    fix: (places) => `Pass it with its country code, +1 (917) 123-4567, in ${places}.`,
  },
  {
    code: 'INVALID_PHONE_NUMBER_INFORMATION',
    find: (subject) => where(isJunk(subject, '$phone_number'), '$phone_number'),
    message: 'The phone number is what a template prints where it has none, and was left out.',
    fix: (places) => `Leave ${places} out where the visitor's number is not known.`,
  },
  {
    code: 'MISSING_ORDER_ID',
    find: (subject) => where(subject.source?.isUnnamedOrder === true && isFirst(subject), 'properties.id'),
    message: "The order has no id: every reload of its page counts it again, and so does the server's copy.",
    fix: (places) => `Set ${places} to the order's id, such as "1001", or pass it as options.eventID.`,
  },
  {
    code: 'MISSING_ORDER_ID',
    find: (subject) => {
      const key = subject.source && orderIdKey(subject.source)
      return key && key !== 'id' && isFirst(subject) ? [`properties.${key}`] : []
    },
    message: "The order has no id under that name: another property's was taken.",
    fix: (places) => `Rename ${places} to properties.id.`,
  },
  {
    code: 'MISSPELT_EVENT_NAME',
    find: (subject) => {
      const meant = nearestName(subject.event, standardEvents)
      return meant ? [`${row(subject)} to "${meant}"`] : []
    },
    message: 'The name is nearly one of TikTok, and TikTok takes it for a custom event: case counts.',
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

/** The name that `name` differs from by case, spaces and the like alone. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const bare = (text: string) => text.toLowerCase().replace(/[\s_-]/g, '')
  return names.includes(name) ? undefined : names.find((known) => bare(known) === bare(name))
}
