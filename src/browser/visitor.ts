import { sha256 } from '../core/sha256.ts'
import type { User } from '../types.ts'
import type { PageStorage } from './storage.ts'

export interface Visitor {
  /** Learns more. Another e-mail or customer is another person, and all that was known before is forgotten. */
  learn(user: User): void
  forget(): void
  /** All that is known; where the shop has named no customer, with an id of ours. */
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
  let written = ''

  function learn(more: User): void {
    if (isOther(user, more)) forget()
    user = { ...user, ...more }
  }

  function forget(): void {
    user = {}
    id = ''
    persons++
  }

  function recall(): void {
    const { until, user: kept = {}, id: keptId } = Object(storage.read('visitor'))
    if (until > Date.now() && !isOther(kept, user) && !persons) {
      user = { ...kept, ...user }
      id ||= keptId
    }
  }

  function known(): User {
    if (!written) recall()
    id ||= sha256(newId())
    // City, state and country are not hashes.
    const hashes = Object.fromEntries(Object.entries(user).filter(([, value]) => value.length === 64))
    const text = JSON.stringify([id, hashes])
    if (text !== written) storage.write('visitor', { until: Date.now() + THIRTY_DAYS, user: hashes, id })
    written = text
    return { external_id: id, ...user }
  }

  return { learn, forget, known, person: () => persons }
}

const isOther = (former: User, user: User): boolean =>
  (['email', 'external_id'] as const).some((key) => former[key] && user[key] && former[key] !== user[key])
