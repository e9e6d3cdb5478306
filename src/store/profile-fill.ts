import type { EventsApiEvent, OutboxEvent } from '../server/outbox.ts'
import { addressKeys, customerOf, hasKeys, type Profile, toExternalId } from './profile.ts'
import { type Ages, freshContext, freshPerson } from './profile-ages.ts'

type User = EventsApiEvent['user']
type Values = ReturnType<typeof freshContext> & ReturnType<typeof freshPerson> & { visitor?: string | undefined }

/** A profile that may fill an event, and whether it may say who the person is. */
export interface Donor {
  profile: Profile
  givesPerson: boolean
}

/** Fills what a page's event lacks from the profile of its visitor ID. Returns the same event if it lacks nothing. */
export function fillFromVisitor(event: OutboxEvent, profile: Profile, ages: Ages): OutboxEvent {
  return fill(event, [{ ...freshContext(profile, ages), ...freshPerson(profile.page, ages) }], [profile])
}

/** Fills what a signed source's event lacks from profiles, the nearest first. Returns the same event if it lacks nothing. */
export function fillFromDonors(event: OutboxEvent, donors: readonly Donor[], ages: Ages): OutboxEvent {
  const values = donors.map(({ profile, givesPerson }) => ({
    ...freshContext(profile, ages),
    ...(givesPerson && freshPerson(profile.signed, ages)),
    visitor: profile.context && profile.visitor,
  }))
  const profiles = donors.map(({ profile }) => profile)
  return fill(event, values, profiles)
}

function fill(event: OutboxEvent, sources: readonly Values[], profiles: readonly Profile[]): OutboxEvent {
  const { user } = event.data
  const more: User = {}
  for (const values of sources) add(more, user, values)
  const ids = moreIds(event, sources)
  if (ids.length) Object.assign(more, toExternalId([...listOf(user.external_id), ...ids]))
  const givers = profiles.flatMap(({ visitor }) => (visitor !== undefined && visitor !== event.visitor ? visitor : []))
  const isLimited = event.data.limited_data_use !== true && profiles.some(({ limited }) => limited)
  if (!isLimited && !hasKeys(more)) return event
  const data = { ...event.data, ...(isLimited && { limited_data_use: true }), user: { ...user, ...more } }
  return { ...event, data, ...(givers.length && { filledFrom: givers }) }
}

const plainKeys = ['email', 'phone', 'ttclid', 'ttp', 'locale', 'ip', 'user_agent'] as const

function add(more: User, user: User, values: Values): void {
  for (const key of plainKeys) {
    const value = values[key]
    if (value !== undefined && !user[key] && !more[key]) more[key] = value
  }
  const hasAddress = addressKeys.some((key) => user[key] || more[key])
  if (!hasAddress && values.address) Object.assign(more, values.address)
}

/** The customer ID and the visitor ID that an event lacks. TikTok takes both as a list. */
function moreIds(event: OutboxEvent, sources: readonly Values[]): string[] {
  const own = listOf(event.data.user.external_id)
  const customer = customerOf(event) ?? sources.find(({ customer }) => customer !== undefined)?.customer
  const visitor = event.visitor ?? sources.find(({ visitor }) => visitor !== undefined)?.visitor
  return [customer, visitor].filter((id) => id !== undefined).filter((id) => id !== event.visitor && !own.includes(id))
}

const listOf = (ids: User['external_id'] = []): readonly string[] => (typeof ids === 'string' ? [ids] : ids)
