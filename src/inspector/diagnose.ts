import { defaultMapping } from '../tiktok/default-mapping.ts'
import type { ConvergeEvent, TrackResult } from '../types.ts'
import { type Code, checks, nearestName, type Subject } from './checks.ts'

export interface Diagnosis {
  code: Code
  /** TikTok's event; Converge's, where it became none. */
  event: string
  event_id: string
  /** What TikTok makes of it. */
  message: string
  /** What to change in the call, or in the config. */
  fix: string
}

const MAX_PLACES = 5

/**
 * What TikTok's Pixel Helper says of an event, and what to change. The event is sent all the same. Given the Converge
 * event too, as `converge.on('event')` hands it over, this also says why an e-mail or a phone number was left out.
 */
export function diagnose(result: TrackResult, source?: ConvergeEvent): Diagnosis[] {
  if (result.reason === 'unmapped') return diagnoseName(result)
  return result.destinationEvents.flatMap((destination) => {
    const subject: Subject = { ...destination, result, matchKeys: result.matchKeys, source }
    const { event, event_id } = destination
    return checks.flatMap(({ code, find, message, fix }) => {
      const places = find(subject)
      return places.length ? [{ code, event, event_id, message, fix: fix(list(places)) }] : []
    })
  })
}

function list(places: string[]): string {
  const rest = places.length - MAX_PLACES
  return places.slice(0, MAX_PLACES).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

const knownNames = Object.keys(defaultMapping)

/** An event that became none of TikTok's, maybe for want of a capital letter. */
function diagnoseName({ eventName, eventID }: TrackResult): Diagnosis[] {
  const meant = nearestName(eventName, knownNames)
  if (eventName && !meant) return []
  return [
    {
      code: meant ? 'MISSPELT_EVENT_NAME' : 'EMPTY_EVENT_TYPE_NAME',
      event: eventName,
      event_id: eventID,
      message: meant ? `No event has this name, and "${meant}" is nearly it: case counts.` : 'The event has no name.',
      fix: meant ? `Call track('${meant}', …).` : "Give track() the event's name first: track('Placed Order', …).",
    },
  ]
}
