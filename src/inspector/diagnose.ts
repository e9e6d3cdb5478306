import { suggestEventName } from '../core/event-synonyms.ts'
import { readMapping } from '../tiktok/read-mapping.ts'
import type { Config, ConvergeEvent, TrackResult } from '../types.ts'
import { type Code, checks, type Subject } from './checks.ts'

export interface Diagnosis {
  code: Code
  /** The TikTok event. If there is none, the Converge event. */
  event: string
  event_id: string
  /** What is wrong. */
  message: string
  /** What to change in the call, or in the config. */
  fix: string
}

const MAX_PLACES = 5

/**
 * Returns what TikTok's Pixel Helper says about an event, and what to change. The event is sent anyway. Pass the Converge
 * event too, the second argument of a `converge.on('event')` listener, to learn why an email address or a phone number was
 * left out. `mapping` is the config's mapping, used to suggest event names. Default: the default mapping.
 */
export function diagnose(result: TrackResult, source?: ConvergeEvent, mapping?: Config['mapping']): Diagnosis[] {
  if (result.reason === 'unmapped') return diagnoseName(result, mapping)
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

/** An event without a mapping row: its name may be misspelt. */
function diagnoseName({ eventName, eventID }: TrackResult, mapping: Config['mapping']): Diagnosis[] {
  const meant = suggestEventName(eventName, readMapping(mapping))
  if (eventName && !meant) return []
  return [
    {
      code: meant ? 'MISSPELT_EVENT_NAME' : 'EMPTY_EVENT_TYPE_NAME',
      event: eventName,
      event_id: eventID,
      message: meant ? `No mapping row has this name. Did you mean "${meant}"?` : 'The event has no name.',
      fix: meant
        ? `Call track('${meant}', …).`
        : "Pass the event's name as the first argument: track('Placed Order', …).",
    },
  ]
}
