import type { OutboxEvent } from '../server/outbox.ts'
import {
  type Address,
  addressKeys,
  type Context,
  hasKeys,
  type PersonPart,
  type Profile,
  personOf,
  timeOf,
} from './profile.ts'

/** Milliseconds. A profile that would only get newer times is not written, so that most events cost no write. */
const REFRESH = 3_600_000

/** Returns the profile with the values of an event added, or the same profile if the event has nothing new. */
export function learn(profile: Profile, event: OutboxEvent): Profile {
  const part = event.source === 'signed' ? 'signed' : 'page'
  const person = addPerson(profile[part], event, part === 'signed' && event.visitor !== undefined)
  const context = addContext(profile.context, event)
  const granted = addGrant(profile.granted, event)
  const signals = signalsAfter(profile, event)
  const isSame =
    person === profile[part] &&
    context === profile.context &&
    granted === profile.granted &&
    signals.limited === profile.limited &&
    signals.gpc === profile.gpc
  if (isSame) return profile
  const { limited: _, gpc: __, ...rest } = profile
  return {
    ...rest,
    ...(granted !== undefined && { granted }),
    ...signals,
    ...(context && { context }),
    ...(person && { [part]: person }),
  }
}

/** A denial erases the profile, so there was no denial between the former grant and a later one. */
function addGrant(granted: number | undefined, { consent }: OutboxEvent): number | undefined {
  if (consent?.marketing !== 'granted' || consent.decided === 0) return granted
  return granted === undefined || consent.decided > granted + REFRESH ? consent.decided : granted
}

/** A page's newest event says what the browser's signals are. A signed source may only add one, because it may not know. */
function signalsAfter(
  { limited, gpc, context }: Profile,
  { data, consent, source }: OutboxEvent,
): Pick<Profile, 'limited' | 'gpc'> {
  const isNewest = source !== 'signed' && data.event_time * 1000 >= (context?.at ?? 0)
  const isLimited = data.limited_data_use === true || (limited && !isNewest)
  const isOptedOut = consent?.gpc || (gpc && !isNewest)
  return { ...(isLimited && { limited: true }), ...(isOptedOut && { gpc: true }) }
}

function addPerson(former: PersonPart | undefined, event: OutboxEvent, isNamed: boolean): PersonPart | undefined {
  const { address, ...ids } = personOf(event)
  if (!address && !hasKeys(ids)) return former
  const at = timeOf(event)
  if (!former) return { at, ...ids, ...(isNamed && hasKeys(ids) && { named: true }), ...(address && { address }) }
  const isNewer = at >= former.at
  const merged: PersonPart = isNewer ? { ...former, ...ids } : { ...ids, ...former }
  const chosen = isNewer ? newerAddress(former.address, address) : (former.address ?? address)
  if (chosen) merged.address = chosen
  const staysNamed = isNamed ? isNamedBy(ids, former) : former.named && !hasNewId(former, merged)
  if (staysNamed) merged.named = true
  else if (merged.named) delete merged.named
  return settle(former, merged, at)
}

const hasNewId = (former: PersonPart, merged: PersonPart): boolean =>
  merged.email !== former.email || merged.customer !== former.customer

/** An event that names the visitor ID does not say whose the former IDs are, unless it has one of them. */
function isNamedBy(ids: Omit<PersonPart, 'at'>, former: PersonPart): boolean {
  if (former.named) return true
  const { email, customer, phone } = former
  const isOfNobody = email === undefined && customer === undefined && phone === undefined
  const isShared = (email !== undefined && ids.email === email) || (customer !== undefined && ids.customer === customer)
  return hasKeys(ids) && (isOfNobody || isShared)
}

/** Keeps the former address if the newer one is a part of it. */
function newerAddress(former: Address | undefined, newer: Address | undefined): Address | undefined {
  if (!former || !newer) return newer ?? former
  return addressKeys.every((key) => newer[key] === undefined || newer[key] === former[key]) ? former : newer
}

const contextKeys = ['ttp', 'locale'] as const
const locationKeys = ['ip', 'user_agent'] as const

function addContext(former: Context | undefined, event: OutboxEvent): Context | undefined {
  const { user } = event.data
  const { ttclid } = user
  const hasLocation = locationKeys.some((key) => user[key] !== undefined)
  if (ttclid === undefined && !hasLocation && contextKeys.every((key) => user[key] === undefined)) return former
  const at = timeOf(event)
  const merged: Context = { ...(former ?? { at }) }
  const isNewer = at >= merged.at
  for (const key of contextKeys) {
    const value = user[key]
    if (value !== undefined && (isNewer || merged[key] === undefined)) merged[key] = value
  }
  if (ttclid !== undefined && ttclid !== merged.ttclid && at >= (merged.clicked ?? 0)) {
    merged.ttclid = ttclid
    merged.clicked = at
  }
  if (hasLocation && at >= (merged.located ?? 0)) {
    const isOther = locationKeys.some((key) => user[key] !== merged[key])
    if (isOther || at > (merged.located ?? 0) + REFRESH) {
      for (const key of locationKeys) setOrDelete(merged, key, user[key])
      merged.located = at
    }
  }
  return former ? settle(former, merged, at) : merged
}

/** The IP address and the user agent belong together, so both are the newest event's. */
function setOrDelete(context: Context, key: (typeof locationKeys)[number], value: string | undefined): void {
  if (value === undefined) delete context[key]
  else context[key] = value
}

/** Returns the former part unless a value has changed, or the time has changed by much. */
function settle<Part extends { at: number }>(former: Part, merged: Part, at: number): Part {
  if (isSameBut(former, merged) && at < former.at + REFRESH) return former
  return { ...merged, at: Math.max(former.at, at) }
}

function isSameBut<Part extends { at: number }>(one: Part, other: Part): boolean {
  const keys = Object.keys({ ...one, ...other })
  return keys.every((key) => key === 'at' || Reflect.get(one, key) === Reflect.get(other, key))
}
