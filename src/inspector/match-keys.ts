import { orderEvents } from '../core/event-names.ts'
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

/** The events of a list, with their match keys. Events without a TikTok event have none. */
interface Listed {
  eventName: string
  matchKeys: readonly Pick<MatchKey, 'key' | 'isThere'>[]
}

/** Says which share of the listed events has each match key, and which share of the orders. Empty without events. */
export function sharesInWords(listed: readonly Listed[]): string {
  const events = listed.filter(({ matchKeys }) => matchKeys.length)
  const orders = events.filter(({ eventName }) => orderEvents.includes(eventName))
  return [inWords(events, 'event'), inWords(orders, 'order')].filter(Boolean).join(' ')
}

function inWords(listed: readonly Listed[], name: string): string {
  const [first] = listed
  if (!first) return ''
  const shares = first.matchKeys.map(({ key }) => {
    const having = listed.filter(({ matchKeys }) => matchKeys.some((one) => one.key === key && one.isThere))
    return `${key} ${Math.round((having.length / listed.length) * 100)} %`
  })
  return `Match keys of ${listed.length} ${name}${listed.length > 1 ? 's' : ''}: ${shares.join(', ')}.`
}
