import { pageLoad } from '../core/event-names.ts'
import { holds, passes } from '../core/filter.ts'
import type { Config, ConvergeEvent, EventParameters, Forward } from '../types.ts'
import { toParameters } from './parameters.ts'
import type { Rules } from './rules.ts'

/** A TikTok event that a Converge event becomes. */
export interface MappedEvent {
  event: string
  /** Which copies of it are sent. */
  forward: Forward
  /** Fresh ones on every call: TikTok's script writes into those that it is given. */
  parameters: () => EventParameters
}

/** What becomes of an event: none, one or several of TikTok's. Nothing at all where a filter holds it back. */
export function route(event: ConvergeEvent, rules: Rules, config: Config): MappedEvent[] | undefined {
  const { eventName, properties } = event
  if (!rules.filters.every((filter) => passes(filter, eventName, properties))) return undefined
  const byDefault = eventName === pageLoad ? 'client' : 'client_and_server'
  const forwards = new Map<string, Forward>()
  for (const { event: name, forward = byDefault, when } of rules.mapping.get(eventName) ?? []) {
    if (when && !holds(when, properties)) continue
    // TikTok counts a name and event_id once, so two rows that end in one name are one event.
    const other = forwards.get(name) ?? forward
    forwards.set(name, other === forward ? forward : 'client_and_server')
  }
  return [...forwards].map(([name, forward]) => ({
    event: name,
    forward,
    parameters: () => toParameters(event, name, config),
  }))
}
