import { visitorCookie, withoutTime } from '../core/cookies.ts'
import { put, readText, recordOf } from '../core/read.ts'
import type { Features } from '../core/variants.ts'
import { hash, hashesOf } from '../tiktok/user.ts'
import type { User } from '../types.ts'
import { eraseCookie, readCookie } from './cookies.ts'
import { keep, refusal } from './decision.ts'
import { randomHash } from './random-id.ts'
import type { Page, Person } from './state.ts'
import { readStored, removeStored } from './storage.ts'

/** Only builds with a relay use the visitor's cookie. See optional-parts.ts. */
declare const FEATURES: Features

const KEY = 'converge.visitor'
const THIRTY_DAYS = 2_592_000_000 // ms

/** Adds match keys to the visitor. Another email or customer ID is another person, who replaces the former one. */
export function learn(page: Page, more: User): Person {
  if (isOther(page.visitor, more)) replaceVisitor(page)
  const { visitor } = page
  if (Object.entries(more).some(([key, value]) => value !== Reflect.get(visitor, key))) page.isVisitorKept = false
  return Object.assign(visitor, more)
}

/** Completes a person with an ID and, for the current visitor, with the match keys from earlier pages. */
export function known(page: Page, person: Person): Person {
  const isNews = person === page.visitor && !page.isVisitorKept
  const former = isNews && readKept(page)
  if (former && !isOther(former, person)) Object.assign(person, { ...former, ...person })
  person.id ||= randomHash(page.window.crypto)
  if (isNews) {
    page.isVisitorKept = true
    keep(page, KEY, { ...hashesOf(person), until: Date.now() + THIRTY_DAYS })
  }
  return person
}

/** The match keys for TikTok's pixel. The visitor's ID is the `external_id` of a person without a customer ID. */
export const userOf = ({ id = '', ...user }: Person): User => ({ external_id: id, ...user })

/**
 * Forgets the visitor, who may be another person from now on. The new ID is stored at once: the answer to an earlier post
 * may bring the former ID's cookie back.
 */
export function replaceVisitor(page: Page): void {
  forgetVisitor(page)
  if (FEATURES.relay && !refusal(page)) known(page, page.visitor)
}

export function forgetVisitor(page: Page): void {
  page.visitor = {}
  page.aliases = []
  eraseVisitor(page)
}

/** Removes the visitor from storage. This page still has the data. */
export function eraseVisitor(page: Page): void {
  page.isVisitorKept = false
  removeStored(page, KEY)
  if (FEATURES.relay) eraseCookie(page, visitorCookie)
}

/** The visitor's ID, if there is one on this page or from an earlier one. */
export const idOf = (page: Page): string | undefined => page.visitor.id ?? readKept(page).id

const isOther = (former: User, user: User): boolean =>
  (['email', 'external_id'] as const).some((key) => former[key] && user[key] && former[key] !== user[key])

const keptKeys = ['id', 'email', 'phone', 'external_id', 'first_name', 'last_name', 'zip_code'] as const

/** Reads the visitor that an earlier page stored in the last 30 days. */
function readKept(page: Page): Person {
  const kept = recordOf(readStored(page, KEY))
  const person: Person = {}
  if (Number(kept.until) > Date.now()) for (const key of keptKeys) put(person, key, readText(kept[key]))
  if (FEATURES.relay) put(person, 'id', person.id || hash(withoutTime(readCookie(page, visitorCookie)) ?? ''))
  return person
}
