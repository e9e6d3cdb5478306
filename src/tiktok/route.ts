import type { Config, ConvergeEvent, EventParameters, Forward } from '../types.ts'
import type { Row } from './mapping.ts'
import { toParameters } from './parameters.ts'
import type { Rules } from './rules.ts'

/** A TikTok event that a Converge event becomes. */
export interface MappedEvent {
  event: string
  /** Which copies of it are sent. */
  forward: Forward
  /** Computed once per event. Code that may write into them gets a copy. */
  parameters: EventParameters
}

/**
 * Maps an event to TikTok events: none, one or several. Returns `undefined` if a filter blocks the event. If a row's
 * condition throws, only that row is skipped.
 */
export function route(event: ConvergeEvent, rules: Rules, config: Config): MappedEvent[] | undefined {
  const { eventName, properties } = event
  if (!rules.passes(eventName, properties)) return undefined
  const mapped: MappedEvent[] = []
  for (const row of rules.mapping[eventName] ?? []) {
    if (!row.isMet(properties)) continue
    // TikTok counts a name and event_id once. So two rows with the same TikTok name become one event for both channels.
    const other = mapped.find(({ event }) => event === row.event)
    if (!other) mapped.push(mapRow(event, row, config))
    else if (other.forward !== row.forward) other.forward = 'client_and_server'
  }
  return mapped
}

/** Maps an event with one row, without a check of the row's condition. */
export const mapRow = (event: ConvergeEvent, { event: name, forward }: Row, config: Config): MappedEvent => ({
  event: name,
  forward,
  parameters: toParameters(event, name, config),
})
