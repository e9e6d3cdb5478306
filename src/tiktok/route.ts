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
  return (rules.mapping.get(eventName) ?? [])
    .filter(({ when }) => !when || holds(when, properties))
    .map(({ event: name, forward = eventName === pageLoad ? 'client' : 'client_and_server' }) => ({
      event: name === 'PageView' ? 'Pageview' : name,
      forward,
      parameters: () => toParameters(event, name, config),
    }))
}
