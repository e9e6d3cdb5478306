import { isRecord } from '../core/read.ts'
import type { OutboxEvent } from '../server/outbox.ts'
import type { PersonKeys } from './person.ts'

/** True if an event is about a person: by a match key, or by the ID of an order. */
export function isAboutPerson({ data }: OutboxEvent, person: PersonKeys): boolean {
  const user: unknown = data.user
  const { email, phone, external_id } = isRecord(user) ? user : {}
  return (
    hasOne(person.orderIds, [data.event_id, data.properties?.order_id]) ||
    hasOne(person.emails, [email]) ||
    hasOne(person.phones, [phone]) ||
    hasOne(person.customerIds, [external_id])
  )
}

/** A key may have several values. */
function hasOne(list: readonly string[], values: readonly unknown[]): boolean {
  return values.flat().some((value) => value !== undefined && list.includes(String(value)))
}
