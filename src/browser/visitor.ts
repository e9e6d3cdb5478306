import { put, readText, recordOf } from '../core/read.ts'
import { hash, hashesOf } from '../tiktok/user.ts'
import type { User } from '../types.ts'
import { randomHash } from './random-id.ts'
import type { Storage } from './storage.ts'

/** Somebody whom this page has seen: match keys, and an id of ours if the shop has named no customer. */
export interface Person extends User {
  id?: string
}

/** Who the visitor is, for all pixels of the page. */
export interface Visitor {
  /** Learns more about the visitor. Another e-mail or customer is another person: then the former one is forgotten. */
  learn(more: User): Person
  /** What is known of a person. Of the visitor, it includes what former pages knew. */
  known(person: Person): User
  forget(): void
  /** Removes what is kept for the next page. This page still knows. */
  erase(): void
}

const KEY = 'converge.visitor'
const THIRTY_DAYS = 2_592_000_000 // ms

/** @param givenId what a sandboxed page says that the visitor's id is */
export function createVisitor({ crypto }: Window, storage: Storage, givenId: unknown): Visitor {
  const id = hash(readText(givenId))
  let visitor: Person = id ? { id } : {}
  /** Whether storage has all that is known. */
  let isKept = false

  function erase(): void {
    isKept = false
    storage.remove(KEY)
  }

  function forget(): void {
    visitor = {}
    erase()
  }

  function known(person: Person): User {
    const isNews = person === visitor && !isKept
    const former = isNews ? readKept(storage.read(KEY)) : {}
    if (!isOther(former, person)) Object.assign(person, { ...former, ...person })
    person.id ||= randomHash(crypto)
    if (isNews) {
      isKept = true
      storage.write(KEY, { ...hashesOf(person), until: Date.now() + THIRTY_DAYS })
    }
    const { id, ...user } = person
    return { external_id: id, ...user }
  }

  return {
    learn(more) {
      if (isOther(visitor, more)) forget()
      if (Object.keys(more)[0]) isKept = false
      return Object.assign(visitor, more)
    },
    known,
    forget,
    erase,
  }
}

const isOther = (former: User, user: User): boolean =>
  (['email', 'external_id'] as const).some((key) => former[key] && user[key] && former[key] !== user[key])

const keptKeys = ['id', 'email', 'phone', 'external_id', 'first_name', 'last_name', 'zip_code'] as const

/** Who a former page knew, less than 30 days ago. */
function readKept(value: unknown): Person {
  const { until, ...kept } = recordOf(value)
  const person: Person = {}
  if (Number(until) > Date.now()) for (const key of keptKeys) put(person, key, readText(kept[key]))
  return person
}
