import type { EventsApiEvent, OutboxEvent } from '../server/outbox.ts'
import type { PersonKeys } from './person.ts'

/**
 * By what a profile is found: one letter for the kind, then SHA-256 in lower-case hex. The kind is part of the key, because a
 * page could otherwise post a customer's email hash as an alias.
 */
export type ProfileKey = `${KeyLetter}${string}`

export const keyLetters = {
  visitor: 'v',
  alias: 'a',
  email: 'e',
  phone: 'p',
  customer: 'c',
} as const

export type KeyKind = keyof typeof keyLetters
type KeyLetter = (typeof keyLetters)[KeyKind]

export const isKind = (key: ProfileKey, kind: KeyKind): boolean => key.startsWith(keyLetters[kind])
export const keyOf = (kind: KeyKind, hash: string): ProfileKey => `${keyLetters[kind]}${hash}`

/** Name and address. They are filled together or not at all, because parts of two addresses make a third. */
export type Address = Pick<EventsApiEvent['user'], (typeof addressKeys)[number]>
export const addressKeys = ['first_name', 'last_name', 'zip_code', 'city', 'state', 'country'] as const

/** What identifies a person. Hashes, except of places. */
export interface PersonPart {
  /** The newest event with these values, in milliseconds since 1970. */
  at: number
  email?: string
  phone?: string
  customer?: string
  address?: Address
  /** True if a signed source sent the visitor ID with them. With only a cart, the visitor may be another person. */
  named?: true
}

/** What only a browser knows. Times are in milliseconds since 1970. */
export interface Context {
  /** The newest event with these values. */
  at: number
  ttclid?: string
  /** The first event with this click ID. */
  clicked?: number
  ttp?: string
  locale?: string
  ip?: string
  user_agent?: string
  /** The newest event with the IP address or user agent. */
  located?: number
}

/** What the forwarder knows about one visitor, or about one person whose visitor ID is unknown. */
export interface Profile {
  /** SHA-256. Missing if only signed sources named the person. */
  visitor?: string
  /** When another person began to use this visitor ID. Earlier events neither add to the profile nor get its values. */
  since?: number
  /** The newest time at which consent was known to be granted. */
  granted?: number
  /** True if the newest event had TikTok's Limited Data Use. */
  limited?: true
  /** True if the newest event had Global Privacy Control. */
  gpc?: true
  context?: Context
  /** What pages claimed. Anybody can post as a page, so it fills only page events with the same visitor ID. */
  page?: PersonPart
  /** The keys that signed sources named with this visitor ID, with an alias of it, or without either. */
  signed?: PersonPart
  /** The number of aliases that lead to it. */
  aliases?: number
}

/** A person's email and customer ID. Two different values of one of them are two persons. */
export interface Identity {
  email?: string | undefined
  customer?: string | undefined
}

export function identityOf({ page, signed }: Profile): Identity {
  return { email: signed?.email ?? page?.email, customer: signed?.customer ?? page?.customer }
}

/** True unless both have an email, or both a customer ID, that differ. */
export function isSamePerson(one: Identity, other: Identity): boolean {
  return !isOther(one.email, other.email) && !isOther(one.customer, other.customer)
}

const isOther = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other

/**
 * True if an event's person may get what is known about another one. Both have the same email or customer ID, or one of them is
 * not known by either. An email here and a customer ID there may be of two persons.
 */
export function isKnownAs(one: Identity, other: Identity): boolean {
  if (!isSamePerson(one, other)) return false
  const shares = (key: keyof Identity) => one[key] !== undefined && one[key] === other[key]
  return !isNamed(one) || !isNamed(other) || shares('email') || shares('customer')
}

export const isNamed = ({ email, customer }: Identity): boolean => email !== undefined || customer !== undefined

/** The part of an event that says whose it is. */
export type Owned = Pick<OutboxEvent, 'visitor' | 'aliases' | 'filledFrom' | 'source'> & {
  data: Pick<EventsApiEvent, 'user'>
}

/** The customer ID of an event. A page's lone `external_id` is a visitor ID. */
export function customerOf({ visitor, source, data: { user } }: Owned): string | undefined {
  if (visitor === undefined && source !== 'signed') return undefined
  const { external_id } = user
  if (typeof external_id === 'string') return external_id === visitor ? undefined : external_id
  return external_id?.find((id) => id !== visitor)
}

export function personOf(event: Owned): Omit<PersonPart, 'at'> {
  const { email, phone } = event.data.user
  const customer = customerOf(event)
  const address = addressOf(event.data.user)
  const person: Omit<PersonPart, 'at'> = {}
  if (email !== undefined) person.email = email
  if (phone !== undefined) person.phone = phone
  if (customer !== undefined) person.customer = customer
  if (address) person.address = address
  return person
}

function addressOf(user: EventsApiEvent['user']): Address | undefined {
  let address: Address | undefined
  for (const key of addressKeys) {
    const value = user[key]
    if (value !== undefined) address = { ...address, [key]: value }
  }
  return address
}

/** The keys whose denial concerns an event. */
export function deniableKeysOf(event: Owned): ProfileKey[] {
  const { filledFrom = [] } = event
  return [...keysOf(event), ...filledFrom.map((visitor) => keyOf('visitor', visitor))]
}

/** The keys that an event names. A page's claim of a person is no key. */
export function keysOf(event: Owned): ProfileKey[] {
  const { visitor, aliases = [], source } = event
  const keys = aliases.map((alias) => keyOf('alias', alias))
  if (visitor !== undefined) keys.unshift(keyOf('visitor', visitor))
  if (source === 'signed') keys.push(...personKeysOf(personOf(event)))
  return keys
}

export function personKeysOf({ customer, email, phone }: PersonIds): ProfileKey[] {
  const keys: ProfileKey[] = []
  if (customer !== undefined) keys.push(keyOf('customer', customer))
  if (email !== undefined) keys.push(keyOf('email', email))
  if (phone !== undefined) keys.push(keyOf('phone', phone))
  return keys
}

/** The keys of a person, by which profiles and denials are found. */
export function keysOfPerson({ emails, phones, customerIds, aliases = [] }: PersonKeys): ProfileKey[] {
  return [
    ...emails.map((hash) => keyOf('email', hash)),
    ...phones.map((hash) => keyOf('phone', hash)),
    ...customerIds.map((hash) => keyOf('customer', hash)),
    ...aliases.map((hash) => keyOf('alias', hash)),
  ]
}

type PersonIds = { [Key in 'customer' | 'email' | 'phone']?: string | undefined }

/** Writes the customer ID and the visitor ID as TikTok takes them: one, or a list. */
export function toExternalId(ids: readonly string[]): Pick<EventsApiEvent['user'], 'external_id'> {
  const [first] = ids
  if (first === undefined) return {}
  return { external_id: ids.length === 1 ? first : ids }
}

/** Milliseconds since 1970. */
export const timeOf = ({ data }: OutboxEvent): number => data.event_time * 1000

/** The newest event of a profile, in milliseconds since 1970. */
export function lastSeen({ context, page, signed }: Profile): number {
  return Math.max(context?.at ?? 0, page?.at ?? 0, signed?.at ?? 0)
}

/** True if a signed source named the person. Other profiles are deleted first. */
export const hasPerson = ({ signed }: Profile): boolean => signed !== undefined

export function hasKeys(record: object): boolean {
  for (const _ in record) return true
  return false
}
