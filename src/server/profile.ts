import { IPV4_REGEX, IPV6_REGEX } from 'valibot'
import { withoutTime } from '../core/cookies.ts'
import { isRecord, put, readText } from '../core/read.ts'
import type { ServerProfile } from '../tiktok/events-api/payload.ts'
import { readAliases, readUser } from '../tiktok/user.ts'
import type { Decision } from '../types.ts'
import { localeShape } from './page-event-shapes.ts'
import { isEmptyList } from './parse.ts'
import { withPrefix } from './phone.ts'

type Properties = Record<string, unknown>

/** The profile of a server's event. */
export interface Profile extends ServerProfile {
  user: ServerProfile['user'] & { external_id?: string }
  /** True if the event has a consent that is neither `granted` nor `denied`. */
  isConsentUnreadable: boolean
}

/**
 * Reads an event's `profile_properties`, which may include the result of `converge.context()`. Customer data in the event's
 * own `properties`, such as `$email`, takes precedence because it is newer.
 */
export function readProfile(profile: Properties, properties: Properties, aliases: readonly unknown[]): Profile {
  const consent = readConsent(profile.$consent ?? profile.consent)
  const country = readText(properties.$country_code) || profile.$country_code
  const person = { ...readUser(prefixed(profile, country), aliases), ...readUser(prefixed(properties, country)) }
  const user: Profile['user'] = person
  // These are sent unhashed, so drop an email address that the sender put there by mistake.
  for (const key of ['city', 'state', 'country'] as const) if (user[key]?.includes('@')) delete user[key]
  const { visitor, customer } = readIds(profile, person.external_id)
  put(user, 'external_id', customer ?? visitor ?? '')
  put(user, 'ip', readIp(profile.$ip ?? profile.ip))
  put(user, 'user_agent', readUserAgent(profile.$user_agent ?? profile.userAgent))
  // The value of a cookie ends in a time: of ours, and of TikTok's own.
  put(user, 'ttclid', readClickId(withoutTime(readText(profile.$ttclid ?? profile.ttclid))))
  put(user, 'ttp', readClickId(profile.$ttp ?? profile.ttp))
  put(user, 'locale', readLocale(properties.$locale) || readLocale(profile.$locale ?? profile.locale))
  return {
    user,
    visitor,
    aliases: readAliases(aliases),
    isUndated: profile.$consent === undefined,
    url: readText(profile.$url ?? profile.url),
    marketing: consent === 'unreadable' ? undefined : consent,
    isConsentUnreadable: consent === 'unreadable',
    // Cart attributes are always strings.
    gpc: String(profile.$gpc ?? profile.gpc) === 'true',
  }
}

/**
 * The visitor ID, and the customer ID. A lone `external_id` is a visitor ID. Beside a visitor ID, `$external_id` is a customer
 * ID; `external_id` is the page's claim of one, which anybody can put into their cart, and is left out.
 */
function readIds(
  profile: Properties,
  customer: string | undefined,
): { visitor: string | undefined; customer: string | undefined } {
  const read = (id: unknown) => readUser({ $customer_id: id }).external_id
  const visitor = read(profile.$visitor ?? profile.visitor)
  if (visitor !== undefined) return { visitor, customer: customer ?? read(profile.$external_id) }
  return { visitor: read(profile.$external_id ?? profile.external_id), customer }
}

const ipv4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/i
const ipv6 = /^\[?([\da-f:]{2,39})(?:\]:\d+|\])?$/i

/** Returns an IP address without the port that some proxies append. Empty if it is not an IP address. */
export function readIp(ip: unknown): string {
  const text = readText(ip)
  const [, four] = ipv4.exec(text) ?? []
  if (four) return IPV4_REGEX.test(four) ? four : ''
  const [, six] = ipv6.exec(text) ?? []
  return six && IPV6_REGEX.test(six) ? six : ''
}

export function readUserAgent(userAgent: unknown): string {
  return readText(userAgent).slice(0, 500)
}

function readClickId(id: unknown): string {
  return /^[\w.~%+/=-]{1,500}$/.exec(readText(id))?.[0] ?? ''
}

function readLocale(locale: unknown): string {
  return localeShape.exec(readText(locale))?.[0] ?? ''
}

function prefixed(properties: Properties, country: unknown): Properties {
  const phones = [properties.$phone_number].flat().map((phone) => withPrefix(phone, country))
  return { ...properties, $phone_number: phones }
}

/** Accepts an object, its JSON (cart attributes are strings), or only the marketing decision. */
function readConsent(consent: unknown): Decision | undefined | 'unreadable' {
  const value = typeof consent === 'string' && /^\s*[{[]/.test(consent) ? parse(consent) : consent
  if (value === undefined || value === null || value === '' || isEmptyList(value)) return undefined
  const { analytics, marketing } = isRecord(value) ? value : { analytics: undefined, marketing: value }
  if (marketing === undefined && isRecord(value)) return analytics === undefined ? undefined : 'denied'
  return marketing === 'granted' || marketing === 'denied' ? marketing : 'unreadable'
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}
