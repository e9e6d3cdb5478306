import { isDeniedByGpc, refusalOf } from '../core/consent.ts'
import type { EventConsent } from '../tiktok/events-api/delivery.ts'
import type { Config, ConsentMode, Decision } from '../types.ts'

/** The config's rules on consent. */
export interface ConsentRules {
  /** Default `always`. */
  consent?: ConsentMode | undefined
  gpc?: Config['gpc']
}

/** What is known about a visitor's decision, apart from the event. Times are in milliseconds since 1970, or 0 for never. */
export interface KnownDecision {
  /** The newest grant. */
  granted: number
  /** The newest denial. */
  denied: number
  /** True if the event's visitor ID was denied and not granted again. A decision without a time then counts as older. */
  isVisitorDenied: boolean
  /** True if the browser sent Global Privacy Control. */
  gpc: boolean
}

/** What may be done with an event. */
export type Permission =
  | 'all' // It is sent, and profiles may be used.
  | 'without_profiles' // It is sent, without profiles.
  | 'without_device' // It is sent without what was read from the device.
  | 'none' // It is not sent.

/** True if an event may be sent under these rules only because of the visitor's decision. */
export const needsConsent = ({ consent = 'always' }: ConsentRules): boolean => consent !== 'always'

/**
 * Decides about an event that was accepted, by the visitor's decision that it carries and by what became known since. An event
 * that was decided before a denial is denied. An event that carries no decision, or an undated one, gets the newest decision.
 * If a grant and a denial have the same time, the denial counts.
 */
export function permissionOf(own: EventConsent | undefined, known: KnownDecision, rules: ConsentRules): Permission {
  const { consent: mode = 'always', gpc } = rules
  const isOutdated = known.isVisitorDenied && own?.marketing !== undefined && own.decided === 0
  const isDenied = isOutdated || (known.denied > 0 && !isNewer(own, known))
  // Without a grant of its own, `always_server` must not read a profile's.
  const found = known.granted > known.denied && mode !== 'always_server' ? ('granted' as const) : undefined
  const marketing: Decision | undefined = isDenied ? 'denied' : (own?.marketing ?? found)
  const isOptedOut = isDeniedByGpc(known.gpc || own?.gpc === true, gpc, marketing)
  if (mode === 'always_server')
    return isDenied || isOptedOut ? 'without_device' : marketing === 'granted' ? 'all' : 'without_profiles'
  if (isOptedOut || refusalOf(mode, marketing, 'relay')) return 'none'
  return marketing === 'denied' ? 'without_profiles' : 'all'
}

/** True if the event's decision, or else the newest grant, is newer than the denial. */
function isNewer(own: EventConsent | undefined, { granted, denied }: KnownDecision): boolean {
  const isDated = own?.marketing !== undefined && own.decided > 0
  return (isDated ? own.decided : granted) > denied
}
