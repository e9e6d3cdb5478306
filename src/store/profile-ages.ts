import type { Context, PersonPart, Profile } from './profile.ts'
import { retention } from './retention.ts'

// Milliseconds. The clock may have been set back, so a value from the future is not used for longer than a new one.
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

/**
 * Returns a profile without the values that are too old to be used, or `undefined` if nothing is left. The same profile is
 * returned if nothing is too old. A value from the future is not too old: the clock may be wrong now.
 */
export function withoutExpired(profile: Profile, { now, days }: Ages): Profile | undefined {
  const oldest = now - days * DAY
  const { context: knownContext, page: knownPage, signed: knownSigned, granted = 0, ...rest } = profile
  const context = knownContext && contextWithoutExpired(knownContext, now, oldest)
  const page = knownPage && knownPage.at > oldest ? knownPage : undefined
  const signed = knownSigned && knownSigned.at > oldest ? knownSigned : undefined
  if (context === knownContext && page === knownPage && signed === knownSigned) return profile
  if (!context && !page && !signed && granted <= oldest) return undefined
  return {
    ...rest,
    ...(granted > 0 && { granted }),
    ...(context && { context }),
    ...(page && { page }),
    ...(signed && { signed }),
  }
}

function contextWithoutExpired(context: Context, now: number, oldest: number): Context | undefined {
  if (context.at <= oldest) return undefined
  const { ttclid, clicked = 0, ip, user_agent, located = 0, ...rest } = context
  const isClickOld = ttclid !== undefined && clicked <= now - retention.clickId
  const isLocationOld = (ip !== undefined || user_agent !== undefined) && located <= now - retention.location
  if (!isClickOld && !isLocationOld) return context
  return {
    ...rest,
    ...(!isClickOld && ttclid !== undefined && { ttclid, clicked }),
    ...(!isLocationOld && {
      ...(ip !== undefined && { ip }),
      ...(user_agent !== undefined && { user_agent }),
      located,
    }),
  }
}
