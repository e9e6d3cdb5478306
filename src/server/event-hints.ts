import { orderEvents } from '../core/event-names.ts'
import { orderIdKey } from '../core/order-id.ts'
import type { MappedEvent } from '../tiktok/route.ts'
import type { ConvergeEvent } from '../types.ts'
import type { Problem, ServerEvent } from './parse.ts'

/** The profile properties whose names start with `$`, by the names that other tools give them. */
const profileNames: Readonly<Record<string, string>> = {
  email: '$email',
  phone: '$phone_number',
  phone_number: '$phone_number',
  first_name: '$first_name',
  last_name: '$last_name',
  city: '$city',
  state: '$state',
  zip: '$zip_code',
  zip_code: '$zip_code',
  country: '$country_code',
  country_code: '$country_code',
  customer_id: '$customer_id',
  ip_address: '$ip',
  user_agent: '$user_agent',
}

/**
 * Finds what TikTok will miss in a server's event, which is accepted anyway. The inspector uses the same codes for a page's
 * events. The paths begin below the event.
 */
export function findHints(
  event: ConvergeEvent,
  { profile_properties }: ServerEvent,
  rows: readonly { row: MappedEvent }[],
): Problem[] {
  return [...hintsOfOrder(event, rows[0]?.row.parameters ?? {}), ...hintsOfProfile(profile_properties)]
}

function hintsOfOrder(event: ConvergeEvent, parameters: MappedEvent['parameters']): Problem[] {
  if (!orderEvents.includes(event.eventName)) return []
  const hints: Problem[] = []
  const key = orderIdKey(event)
  if (key && key !== 'id')
    hints.push({
      path: `properties.${key}`,
      message: 'MISSING_ORDER_ID: this was used as the order ID. Rename it to properties.id.',
    })
  if (event.isUnnamedOrder)
    hints.push({
      path: 'properties.id',
      message:
        'MISSING_ORDER_ID: is missing, so TikTok counts the order again if you send it again. Set it, or event_id.',
    })
  if (parameters.value === undefined)
    hints.push({
      path: 'properties.total_price',
      message:
        'MISSING_VALUE_PARAMETER: is missing or not an amount such as 94.8, so the order counts without a value.',
    })
  else if (parameters.currency === undefined)
    hints.push({
      path: 'properties.currency',
      message:
        'MISSING_CURRENCY_PARAMETER: is missing or not a code such as EUR, so TikTok cannot add up the value of the order.',
    })
  return hints
}

function hintsOfProfile(profile: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(profileNames)
    .filter(([name, meant]) => Object.hasOwn(profile, name) && !Object.hasOwn(profile, meant))
    .map(([name, meant]) => ({
      path: `profile_properties.${name}`,
      message: `is not read. Did you mean ${meant}?`,
    }))
}
