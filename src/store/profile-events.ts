import type { OutboxEvent } from '../server/outbox.ts'
import { type ConsentRules, type KnownDecision, type Permission, permissionOf } from './consent-decision.ts'
import {
  deniableKeysOf,
  type Identity,
  identityOf,
  isKind,
  isKnownAs,
  isNamed,
  isSamePerson,
  keyOf,
  keysOf,
  lastSeen,
  type Profile,
  type ProfileKey,
  personKeysOf,
  personOf,
  timeOf,
  toExternalId,
} from './profile.ts'
import type { Ages } from './profile-ages.ts'
import { type Donor, fillFromDonors, fillFromVisitor } from './profile-fill.ts'
import { learn } from './profile-learn.ts'
import type { ProfileSet } from './profile-set.ts'
import { isRepeated } from './repeated-event.ts'

export interface ProfileRules extends ConsentRules {
  /** Missing if profiles are turned off. Denials count nevertheless. */
  ages: Ages | undefined
  /** Whether one more visitor may get a profile now. Anybody can post as a new visitor. */
  mayCreate: () => boolean
}

/** A visitor's denial of consent. */
export interface Denial {
  /** The keys of the visitor. A page may name its visitor ID only, because anybody can post as a page. */
  keys: readonly ProfileKey[]
  /** The person whom a signed source named. Profiles of other persons are not touched. */
  person?: Identity
  /** Milliseconds since 1970. */
  time: number
}

interface Found {
  id: number
  profile: Profile
}

/**
 * Lets an event that may be sent now take what it lacks from the profiles, and add to them. Returns `undefined` if the visitor
 * has denied consent or, where it is required, has not granted it.
 */
export function prepare(set: ProfileSet, event: OutboxEvent, rules: ProfileRules): OutboxEvent | undefined {
  const { complete } = set
  if (complete.event && isRepeated(event, complete.event)) return event
  complete.event = undefined
  const permission = permissionFor(set, event, rules)
  if (permission !== 'all' || !rules.ages) return withPermission(event, permission)
  if (event.source === 'signed') return takeSigned(set, event, rules, rules.ages)
  const filled = takePage(set, event, rules.ages, rules.mayCreate)
  if (filled === event) complete.event = event
  return filled
}

/** Like `prepare`, but neither fills the event nor adds to profiles. */
export function admit(set: ProfileSet, event: OutboxEvent, rules: ProfileRules): OutboxEvent | undefined {
  return withPermission(event, permissionFor(set, event, rules))
}

function permissionFor(set: ProfileSet, event: OutboxEvent, rules: ProfileRules): Permission {
  return event.source === 'signed' ? permissionOfSigned(set, event, rules) : permissionOfPage(set, event, rules)
}

function withPermission(event: OutboxEvent, permission: Permission): OutboxEvent | undefined {
  if (permission === 'none') return undefined
  return permission === 'without_device' ? toBare(event) : event
}

/** Adds a page's event to the profile of its visitor at once, because events of other sources may need it. */
export function note(set: ProfileSet, event: OutboxEvent, rules: ProfileRules): void {
  if (rules.ages && event.source !== 'signed' && permissionOfPage(set, event, rules) === 'all')
    takePage(set, event, rules.ages, rules.mayCreate)
}

/** Erases what is known of a visitor, and remembers the denial. */
export function deny(set: ProfileSet, { keys, person, time }: Denial): void {
  set.complete.event = undefined
  for (const key of keys) {
    if (isNobodys(set, key)) continue
    set.deny(key, time)
    for (const { id, profile } of set.find(key)) {
      if (person && !isSamePerson(person, identityOf(profile))) continue
      for (const other of set.keysOf(id)) set.deny(other, time)
      const { visitor, granted = 0 } = profile
      if (granted > time) set.write(id, { ...(visitor !== undefined && { visitor }), since: time, granted })
      else set.remove(id)
    }
  }
}

/** True for an alias that too many visitors use. A page may post any alias, and could deny consent for others by it. */
const isNobodys = (set: ProfileSet, key: ProfileKey): boolean => isKind(key, 'alias') && set.isShared(key)

function permissionOfPage(set: ProfileSet, event: OutboxEvent, rules: ProfileRules): Permission {
  if (event.visitor === undefined) return event.consent?.marketing === 'denied' ? 'without_profiles' : 'all'
  return permissionOf(event.consent, decisionOf(set, event.visitor, rules), rules)
}

/** What a visitor decided last. A page's event itself says whether the browser sends Global Privacy Control. */
function decisionOf(set: ProfileSet, visitor: string, { ages }: ProfileRules): KnownDecision {
  const key = keyOf('visitor', visitor)
  const granted = ages ? (set.find(key)[0]?.profile.granted ?? 0) : 0
  const denied = set.deniedAt(key)
  return { granted, denied, isVisitorDenied: denied > 0 && denied >= granted, gpc: false }
}

function permissionOfSigned(set: ProfileSet, event: OutboxEvent, rules: ProfileRules): Permission {
  const keys = keysOf(event).filter((key) => !isNobodys(set, key))
  const deniable = deniableKeysOf(event).filter((key) => !isNobodys(set, key))
  const person = personOf(event)
  const reached = rules.ages ? keys.flatMap((key) => set.find(key)) : []
  const own = reached.filter(({ profile }) => isKnownAs(person, identityOf(profile)))
  return permissionOf(
    event.consent,
    {
      granted: Math.max(0, ...own.map(({ profile }) => profile.granted ?? 0)),
      denied: Math.max(0, ...deniable.map(set.deniedAt)),
      isVisitorDenied: event.visitor !== undefined && decisionOf(set, event.visitor, rules).isVisitorDenied,
      gpc: own.some(({ profile }) => profile.gpc),
    },
    rules,
  )
}

function takePage(set: ProfileSet, event: OutboxEvent, ages: Ages, mayCreate: () => boolean): OutboxEvent {
  const { visitor } = event
  if (visitor === undefined) return event
  const [known] = set.find(keyOf('visitor', visitor))
  if (!known) {
    if (mayCreate()) linkAliases(set, set.create(learn({ visitor }, event)), event)
    return event // a new profile has nothing that the event lacks
  }
  const found = ofPerson(set, known, event)
  if (!found) return event
  add(set, found, event)
  linkAliases(set, found.id, event)
  return fillFromVisitor(event, found.profile, ages)
}

function linkAliases(set: ProfileSet, id: number, { aliases }: OutboxEvent): void {
  if (aliases) for (const alias of aliases) set.link(keyOf('alias', alias), id)
}

/**
 * Returns the profile if it is of the event's person. If another person uses the visitor ID now, the profile begins anew.
 * Returns `undefined` if the event is from before that.
 */
function ofPerson(
  set: ProfileSet,
  found: Found,
  event: OutboxEvent,
  who: Identity = personOf(event),
): Found | undefined {
  const { id, profile } = found
  const time = timeOf(event)
  if (isOfPerson(who, profile, event)) return isNamed(who) || time >= (profile.since ?? 0) ? found : undefined
  if (time < Math.max(lastSeen(profile), profile.since ?? 0)) return undefined
  set.unlinkAll(id)
  const { visitor, granted } = profile
  const renewed: Profile = {
    ...(visitor !== undefined && { visitor }),
    ...(granted !== undefined && { granted }),
    since: time,
  }
  set.write(id, renewed)
  return { id, profile: renewed }
}

/** Pages name a person's email and customer ID one after the other, so a page's claims need not share one. */
function isOfPerson(who: Identity, profile: Profile, { source }: OutboxEvent): boolean {
  const { page = {}, signed = {} } = profile
  if (source === 'signed') return isKnownAs(who, identityOf(profile))
  return isSamePerson(who, page) && isKnownAs(addIdentity(who, page), signed)
}

function add(set: ProfileSet, { id, profile }: Found, event: OutboxEvent): void {
  const learned = learn(profile, event)
  if (learned !== profile) set.write(id, learned)
}

function takeSigned(set: ProfileSet, event: OutboxEvent, rules: ProfileRules, ages: Ages): OutboxEvent {
  const tiers = tiersOf(set, event)
  const donors = donorsOf(tiers)
  learnSigned(set, tiers, event)
  const filled = fillFromDonors(event, donors, ages)
  if (filled === event || permissionOfSigned(set, filled, rules) === 'all') return filled
  // Another person may have denied consent with the same phone number. Without it, the event is sent.
  const nameless = donors.map(({ profile }) => ({ profile, givesPerson: false }))
  return fillFromDonors(event, nameless, ages)
}

/** The profiles that an event's keys lead to, without those of other persons. The newest come first. */
interface Tiers {
  /** The event's person, with what the profiles of its email or customer ID add. */
  who: Identity
  visitor: readonly Found[]
  alias: readonly Found[]
  /** By customer ID or email. */
  person: readonly Found[]
  phone: readonly Found[]
}

function tiersOf(set: ProfileSet, event: OutboxEvent): Tiers {
  const { visitor, aliases = [] } = event
  const { email, phone, customer } = personOf(event)
  const find = (keys: readonly ProfileKey[], who: Identity): Found[] => {
    const byId = new Map(keys.flatMap((key) => set.find(key)).map((found) => [found.id, found]))
    return [...byId.values()]
      .filter(({ profile }) => isKnownAs(who, identityOf(profile)))
      .filter(({ profile }) => isNamed(who) || timeOf(event) >= (profile.since ?? 0))
      .sort((one, other) => lastSeen(other.profile) - lastSeen(one.profile))
  }
  const person = onePerson(find(personKeysOf({ customer, email }), { email, customer }))
  const who = person.reduce<Identity>((known, { profile }) => addIdentity(known, identityOf(profile)), {
    email,
    customer,
  })
  return {
    who,
    person,
    visitor: visitor === undefined ? [] : find([keyOf('visitor', visitor)], who),
    alias: find(
      aliases.map((alias) => keyOf('alias', alias)),
      who,
    ).slice(0, 1),
    phone: onePerson(find(personKeysOf({ phone }), who)),
  }
}

const addIdentity = (one: Identity, other: Identity): Identity => ({
  email: one.email ?? other.email,
  customer: one.customer ?? other.customer,
})

/** Returns nothing if the profiles are of two persons, because the event may be of either. */
function onePerson(found: Found[]): Found[] {
  const isOne = found.every(({ profile }) =>
    found.every((other) => isSamePerson(identityOf(profile), identityOf(other.profile))),
  )
  return isOne ? found : []
}

/**
 * The profiles that may fill an event, the nearest first. By an alias or a phone number, it gets what only a browser knows, but
 * not who the person is. A cart outlives a log-out, and families share a phone.
 */
function donorsOf({ who, visitor, alias, person, phone }: Tiers): Donor[] {
  const donors: Donor[] = []
  let known = who
  const choose = (found: readonly Found[], givesPerson: boolean) => {
    for (const { profile } of found) {
      const identity = identityOf(profile)
      if (!isKnownAs(known, identity)) continue
      donors.push({ profile, givesPerson })
      known = addIdentity(known, identity)
    }
  }
  choose(visitor, visitor[0]?.profile.signed?.named === true)
  choose(alias, false)
  choose(person, true)
  choose(phone, false)
  return donors
}

/** Adds a signed source's event to the profile that it named, or that its person has. */
function learnSigned(set: ProfileSet, { who, alias, person }: Tiers, event: OutboxEvent): void {
  const { visitor } = event
  const keys = personKeysOf(personOf(event))
  const found = visitor === undefined ? (alias[0] ?? person[0]) : namedBy(set, visitor, event, who)
  if (!found && (visitor !== undefined || !keys.length)) return
  const target = found ?? { id: set.create({}), profile: {} }
  add(set, target, event)
  for (const key of keys) set.link(key, target.id)
  if (visitor !== undefined) linkAliases(set, target.id, event)
}

function namedBy(set: ProfileSet, visitor: string, event: OutboxEvent, who: Identity): Found | undefined {
  const [known] = set.find(keyOf('visitor', visitor))
  if (known) return ofPerson(set, known, event, who)
  const profile: Profile = { visitor }
  return { id: set.create(profile), profile }
}

/** Removes what was read from the visitor's device. */
function toBare({ visitor, aliases: _, filledFrom: from = [], json: _json, ...event }: OutboxEvent): OutboxEvent {
  const {
    ttclid: _ttclid,
    ttp: _ttp,
    ip: _ip,
    user_agent: _agent,
    locale: _locale,
    external_id,
    ...user
  } = event.data.user
  const ids = [external_id ?? []].flat().filter((id) => id !== visitor && !from.includes(id))
  return { ...event, data: { ...event.data, user: { ...user, ...toExternalId(ids) } } }
}
