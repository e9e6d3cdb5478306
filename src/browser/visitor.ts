import { sha256 } from '../core/sha256.ts'
import type { User } from '../types.ts'
import type { Device } from './device.ts'

/** Somebody whom this page has seen: by match keys, and an id of ours where the shop has named no customer. */
export interface Person {
  id: string
  user: User
}

export interface Visitor {
  /** Learns more of the visitor. Another e-mail or customer is another person: the former is forgotten. */
  learn(user: User): Person
  forget(): void
  /** What is known of a person: of the visitor, what former pages knew too. */
  known(person: Person): User
}

const THIRTY_DAYS = 2_592_000_000 // ms

/** Who the visitor is, for 30 days. The page's storage gets hashes alone. */
export function createVisitor({ read, write, remove }: Device, id: string, newId: () => string): Visitor {
  let visitor: Person = { id, user: {} }
  let isKept = false

  function forget(): void {
    visitor = { id: '', user: {} }
    isKept = false
    remove('visitor')
  }

  return {
    learn(more) {
      if (isOther(visitor.user, more)) forget()
      if (Object.keys(more)[0]) isKept = false
      Object.assign(visitor.user, more)
      return visitor
    },
    forget,
    known(person) {
      const isNews = person === visitor && !isKept
      const former = Object(isNews && read('visitor'))
      if (former.until > Date.now() && !isOther(Object(former.user), person.user)) {
        person.id ||= former.id
        person.user = { ...former.user, ...person.user }
      }
      person.id ||= sha256(newId())
      const { city, state, country, ...user } = person.user
      if (isNews) write('visitor', { until: Date.now() + THIRTY_DAYS, id: person.id, user })
      isKept ||= isNews
      return { external_id: person.id, ...person.user }
    },
  }
}

const isOther = (former: User, user: User): boolean =>
  (['email', 'external_id'] as const).some((key) => former[key] && user[key] && former[key] !== user[key])
