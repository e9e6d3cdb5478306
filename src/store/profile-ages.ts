import type { Context, PersonPart, Profile } from './profile.ts'
import { retention } from './retention.ts'

// Milliseconds. A value from the future is used no longer than one from now, because the clock was set back since.
const TOLERANCE = 3_600_000
const DAY = 86_400_000

/** How long the values of profiles may be used. */
export interface Ages {
  /** Milliseconds since 1970. */
  now: number
  /** `profiles.days`. */
  days: number
}

const isWithin = (time: number, milliseconds: number, now: number): boolean =>
  time > now - milliseconds && time <= now + TOLERANCE

/** Returns the values of a profile that may still be used. */
export function freshContext({ context }: Profile, ages: Ages): Omit<Context, 'at' | 'clicked' | 'located'> {
  if (!context) return {}
  const { at, clicked = 0, located = 0, ttclid, ttp, locale, ip, user_agent } = context
  const isFresh = isWithin(at, ages.days * DAY, ages.now)
  const isClickFresh = isWithin(clicked, retention.clickId, ages.now)
  const isLocationFresh = isWithin(located, retention.location, ages.now)
  return {
    ...(isClickFresh && isFresh && ttclid !== undefined && { ttclid }),
    ...(isFresh && ttp !== undefined && { ttp }),
    ...(isFresh && locale !== undefined && { locale }),
    ...(isLocationFresh && ip !== undefined && { ip }),
    ...(isLocationFresh && user_agent !== undefined && { user_agent }),
  }
}

export function freshPerson(part: PersonPart | undefined, { now, days }: Ages): Omit<PersonPart, 'at'> {
  if (!part || !isWithin(part.at, days * DAY, now)) return {}
  const { at: _, ...person } = part
  return person
}
