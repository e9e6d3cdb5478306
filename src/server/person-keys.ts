import type { PersonKeys } from '../store/person.ts'
import { readAliases, readUser } from '../tiktok/user.ts'
import type { User } from '../types.ts'
import type { Person } from './sources/person.ts'

/** What a person may be named by, one key at a time. */
export type PersonKey = 'email' | 'phone' | 'customer' | 'alias' | 'order'

const readers = {
  email: hashOf('$email', 'email'),
  phone: hashOf('$phone_number', 'phone'),
  customer: hashOf('$customer_id', 'external_id'),
  alias: (value) => readAliases([value])[0] ?? '',
  order: (value) => value.trim(),
} as const satisfies Record<PersonKey, (value: string) => string>

function hashOf(property: string, key: keyof User) {
  return (value: string): string => readUser({ [property]: value })[key] ?? ''
}

/** What events carry for this value, by the code that reads events. Empty if they never carry such a value. */
export const readPersonKey = (key: PersonKey, value: string): string => readers[key](value)

export function toPersonKeys({ email, phone, customerId, orderIds }: Person): PersonKeys {
  const read = (key: PersonKey, value: string | undefined) => [readPersonKey(key, value ?? '')].filter(Boolean)
  return {
    emails: read('email', email),
    phones: read('phone', phone),
    customerIds: read('customer', customerId),
    orderIds: orderIds.flatMap((id) => read('order', id)),
  }
}
