import { readUser } from '../tiktok/user.ts'
import type { ConvergeEvent, PageContext, TrackResult } from '../types.ts'

export interface MatchKey {
  key: string
  isThere: boolean
  /** True if your shop provides it. */
  isGiven: boolean
  /** The hash of this event's own value, or where the key comes from. */
  value: string
  /** What to do if it is missing. */
  advice: string
}

const profile = {
  email: '$email',
  phone: '$phone_number, with its country code',
  external_id: '$customer_id, if a customer is logged in',
} as const
const ids = {
  ttclid: 'Set by a click on a TikTok ad, and kept for 30 days.',
  ttp: "TikTok's own cookie. Its pixel sets it.",
} as const

/** TikTok's seven match keys: which of them an event has, and what to do about the others. */
export function matchKeysOf(
  { matchKeys = [], destinationEvents }: TrackResult,
  { properties }: ConvergeEvent,
  context: Partial<PageContext>,
): MatchKey[] {
  if (!destinationEvents.length) return []
  const own = readUser(properties)
  const given = (['email', 'phone', 'external_id'] as const).map((key) => {
    const hash = own[key] ?? (key === 'external_id' ? (context.external_id ?? context.visitor) : undefined)
    const isThere = matchKeys.includes(key)
    const advice = `Set ${profile[key]}, in profileProperties.`
    return { key, isThere, isGiven: true, value: hash ?? 'given before', advice }
  })
  const found = (['ttclid', 'ttp'] as const).map((key) => {
    const { [key]: value } = context
    return { key, isThere: Boolean(value), isGiven: false, value: value ?? '', advice: ids[key] }
  })
  const request = ['ip', 'user_agent'].map((key) => {
    return { key, isThere: true, isGiven: false, value: 'from each request', advice: '' }
  })
  return [...given, ...found, ...request]
}
