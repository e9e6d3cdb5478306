import { sha256 } from '../core/sha256.ts'
import type { User } from '../types.ts'
import type { PageStorage } from './storage.ts'

export interface Visitor {
  /** Learns more, and gives what this page knows. Another e-mail or customer is another person: the former is forgotten. */
  learn(user: User): User
  forget(): void
  /** What former pages knew too; where the shop has named no customer, with an id of ours. */
  known(): User
  /** Counts the persons whom this page has seen. */
  person(): number
}

const THIRTY_DAYS = 2_592_000_000 // ms

/** Who the visitor is, for 30 days. The page's storage gets hashes alone. */
export function createVisitor(storage: PageStorage, givenId: string, newId: () => string): Visitor {
  let user: User = {}
  let id = givenId
  let persons = 0
  let isRead = false
  let isWritten = false

  function learn(more: User): User {
    if (isOther(user, more)) forget()
    if (Object.keys(more)[0]) isWritten = false
    user = { ...user, ...more }
    return user
  }

  function forget(): void {
    user = {}
    id = ''
    persons++
    storage.remove('visitor')
    isWritten = false
  }

  function known(): User {
    if (!isRead && !persons) {
      const { until, user: former, id: formerId } = Object(storage.read('visitor'))
      if (until > Date.now() && !isOther(Object(former), user)) {
        user = { ...former, ...user }
        id ||= formerId
      }
    }
    isRead = true
    id ||= sha256(newId())
    const { city, state, country, ...hashes } = user
    if (!isWritten) storage.write('visitor', { until: Date.now() + THIRTY_DAYS, id, user: hashes })
    isWritten = true
    return { external_id: id, ...user }
  }

  return { learn, forget, known, person: () => persons }
}

const isOther = (former: User, user: User): boolean =>
  (['email', 'external_id'] as const).some((key) => former[key] && user[key] && former[key] !== user[key])
