import { readText } from '../core/read.ts'
import { hash, hashesOf } from '../tiktok/user.ts'
import type { User } from '../types.ts'
import { config } from './instance.ts'
import { read, remove, write } from './storage.ts'

/** Somebody whom this page has seen: match keys, and an id of ours where the shop has named no customer. */
export interface Person extends User {
  id?: string
}

const THIRTY_DAYS = 2_592_000_000 // ms

let visitor: Person = {}
/** Whether storage has all that is known. */
let isKept = false
const given = hash(readText(config.context?.external_id))
if (given) visitor.id = given

export function forgetVisitor(): void {
  visitor = {}
  isKept = false
  remove('visitor')
}

/** Learns more of the visitor. Another e-mail or customer is another person: the former is forgotten. */
export function learn(more: User): Person {
  if (isOther(visitor, more)) forgetVisitor()
  if (Object.keys(more)[0]) isKept = false
  return Object.assign(visitor, more)
}

/** What is known of a person: of the visitor, what former pages knew too. */
export function known(person: Person): User {
  const isNews = person === visitor && !isKept
  const { until, ...former } = Object(isNews && read('visitor'))
  if (until > Date.now() && !isOther(former, person)) Object.assign(person, { ...former, ...person })
  // Of the shape of a hash, and quicker made than one.
  person.id ||= Array.from({ length: 64 }, () => Math.floor(Math.random() * 16).toString(16)).join('')
  if (isNews) {
    isKept = true
    write('visitor', { ...hashesOf(person), until: Date.now() + THIRTY_DAYS })
  }
  const { id, ...user } = person
  return { external_id: id, ...user }
}

const isOther = (former: User, user: User): boolean =>
  (['email', 'external_id'] as const).some((key) => former[key] && user[key] && former[key] !== user[key])
