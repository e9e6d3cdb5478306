import { sha256 } from '../core/sha256.ts'
import type { EventsApiEvent, OutboxEvent } from '../server/outbox.ts'
import { logMatchKeys } from './event-log.ts'

const sha256Length = 64
/** SHA-256, as TikTok takes an email or a phone number. */
const hash = /[\da-f]{64}/i
/** Shapes of phone numbers. Plain digits are none, because they are the order IDs of most shop systems. */
const ofPhones: readonly RegExp[] = [
  /^\+[\s.()-]*(\d[\s.()-]*){7,15}$/, // a phone number with +
  /^00[\s.()-]*[1-9]([\s.()-]*\d){8,14}$/, // a phone number with 00, and no number that is padded with zeros
]
const inGroups = /^\(?\d{2,4}\)?([\s.-]+\d{2,4}){2,}$/
/** The date in an ID such as 2026-03-01-77 or 01.03.2026-77, which is no phone number. */
const dateFirst =
  /^(((19|20)\d\d[\s.-]+(0[1-9]|1[0-2]))|((0[1-9]|[12]\d|3[01])[.-](0[1-9]|1[0-2])[.-](19|20)\d\d))[\s.-]/

function mayBePerson(id: string): boolean {
  if (id.includes('@') || (id.length >= sha256Length && hash.test(id))) return true
  // Most IDs have a letter, so they are no phone number. This is four times as fast as the other tests.
  if (/[a-z]/i.test(id)) return false
  return ofPhones.some((shape) => shape.test(id)) || (inGroups.test(id) && !dateFirst.test(id))
}

const shownDigits = 12

/** An ID as the log shows it: one that may name a person is replaced by a part of its SHA-256. */
export function shownId(id: string): string {
  const text = id.trim()
  if (!mayBePerson(text)) return id
  return `sha256:${sha256(text.toLowerCase()).slice(0, shownDigits)}`
}

const bitOf = new Map<string, number>(logMatchKeys.map((key, index) => [key, 1 << index]))

/** The match keys of an event as bits, by their index in `logMatchKeys`. */
export function matchKeyBits(user: EventsApiEvent['user']): number {
  const values: Readonly<Record<string, unknown>> = user
  let bits = 0
  // Most keys are missing, so this is three times as fast as looking for each of them.
  for (const key in values) if (values[key]) bits |= bitOf.get(key) ?? 0
  return bits
}

/** The names of match keys that are stored as bits. */
export function matchKeyNames(bits: number): string[] {
  return logMatchKeys.filter((_, index) => bits & (1 << index))
}

/** The ID of an order, if it is not its event_id. */
export function otherOrderId({ data: { event_id, properties } }: OutboxEvent): string | undefined {
  const { order_id } = properties
  return order_id === undefined || order_id === event_id ? undefined : shownId(order_id)
}

/** SHA-256 hashes of a person in an event, by which `erase` finds the event's line. */
export function personHashes({ email, phone, external_id }: EventsApiEvent['user']): string[] {
  const hashes: string[] = []
  if (email) hashes.push(email)
  if (phone) hashes.push(phone)
  if (typeof external_id === 'string') hashes.push(external_id)
  else if (external_id) hashes.push(...external_id)
  return hashes
}

const stepsPerDoubling = 4

/** Puts milliseconds into one of about 100 groups, each 19 % wider than the one before. */
export function timeGroup(milliseconds: number): number {
  return Math.round(stepsPerDoubling * Math.log2(Math.max(1, milliseconds)))
}

/** The milliseconds that a group stands for. */
export function timeOfGroup(group: number): number {
  return Math.round(2 ** (group / stepsPerDoubling))
}
