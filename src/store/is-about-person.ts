import { isRecord } from '../core/read.ts'
import type { OutboxEvent } from '../server/outbox.ts'
import type { KnownPerson } from './person.ts'

/**
 * True if an event is about a person: by a match key or by the ID of an order. A visitor ID or alias of the person's profiles
 * counts too, unless the event has another email.
 */
export function isAboutPerson({ data, visitor, aliases, filledFrom }: OutboxEvent, person: KnownPerson): boolean {
  const user: unknown = data.user
  const { email, phone, external_id } = isRecord(user) ? user : {}
  return (
    hasOne(person.orderIds, [data.event_id, data.properties?.order_id]) ||
    hasOne(person.emails, [email]) ||
    hasOne(person.phones, [phone]) ||
    hasOne(person.customerIds, [external_id]) ||
    hasOne(person.aliases ?? [], [aliases]) ||
    (email === undefined && hasOne(person.linked, [visitor, aliases, filledFrom]))
  )
}

/** A key may have several values. */
function hasOne(list: readonly string[], values: readonly unknown[]): boolean {
  return values.flat().some((value) => value !== undefined && list.includes(String(value)))
}
