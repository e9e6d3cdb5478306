import { sha256 } from '../core/sha256.ts'
import type { EventsApiEvent, OutboxEvent } from '../server/outbox.ts'
import { logMatchKeys } from './event-log.ts'

// With @ an ID may be an email address. With a leading + or 00, or digits in groups, it may be a phone number. Plain digits
// may not count, because they are the order IDs of most shop systems.
const mayBePerson = /@|^(\+|00)[\d\s().-]{7,}$|^\(?\d{2,4}\)?([\s.-]+\d{2,4}){2,}$/
const shownDigits = 12

/** An ID as the log shows it: one that may name a person is replaced by a part of its SHA-256. */
export function shownId(id: string): string {
  return mayBePerson.test(id.trim()) ? `sha256:${sha256(id.trim().toLowerCase()).slice(0, shownDigits)}` : id
}

/** The match keys of an event as bits, by their index in `logMatchKeys`. */
export function matchKeyBits(user: EventsApiEvent['user']): number {
  let bits = 0
  logMatchKeys.forEach((key, index) => {
    if (user[key]) bits |= 1 << index
  })
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
