import { readUser } from '../tiktok/user.ts'
import type { ConvergeEvent, PageContext, TrackResult } from '../types.ts'

export interface MatchKey {
  key: string
  isThere: boolean
  /** Whether it is the shop that gives it. */
  isGiven: boolean
  /** The hash that this very event gave, or where the key comes from. */
  value: string
  /** What to do about one that is missing. */
  advice: string
}

const profile = {
  email: '$email',
  phone: '$phone_number, with its country code',
  external_id: '$customer_id, where a customer is signed in',
} as const
const ids = {
  ttclid: 'Comes with a click on a TikTok ad, and is kept for 30 days.',
  ttp: "TikTok's own cookie: its pixel writes it.",
} as const

/** The seven that TikTok finds people by: which of them an event carries, and what to do about the others. */
export function matchKeysOf(
  { matchKeys = [], destinationEvents }: TrackResult,
  { properties }: ConvergeEvent,
  context: Partial<PageContext>,
): MatchKey[] {
  if (!destinationEvents.length) return []
  const own = readUser(properties)
  const given = (['email', 'phone', 'external_id'] as const).map((key) => {
    const hash = own[key] ?? (key === 'external_id' ? context.external_id : undefined)
    const isThere = matchKeys.includes(key)
    const advice = `Give ${profile[key]}, in profileProperties.`
    return { key, isThere, isGiven: true, value: hash ?? 'given before', advice }
  })
  const found = (['ttclid', 'ttp'] as const).map((key) => {
    const { [key]: value } = context
    return { key, isThere: Boolean(value), isGiven: false, value: value ?? '', advice: ids[key] }
  })
  const request = ['ip', 'user_agent'].map((key) => {
    return { key, isThere: true, isGiven: false, value: 'of each request', advice: '' }
  })
  return [...given, ...found, ...request]
}
