import type { Config, ConvergeEvent, EventParameters, Forward } from '../types.ts'
import type { Row } from './mapping.ts'
import { toParameters } from './parameters.ts'
import type { Rules } from './rules.ts'

/** A TikTok event that a Converge event becomes. */
export interface MappedEvent {
  event: string
  /** Which copies of it are sent. */
  forward: Forward
  /** Made once. Whoever may write into them gets a copy. */
  parameters: EventParameters
}

/**
 * What becomes of an event: none, one or several of TikTok's. Nothing at all if a filter holds it back. A row whose condition
 * can't be checked costs that row, not the event.
 */
export function route(event: ConvergeEvent, rules: Rules, config: Config): MappedEvent[] | undefined {
  const { eventName, properties } = event
  if (!rules.passes(eventName, properties)) return undefined
  const mapped: MappedEvent[] = []
  for (const row of rules.mapping[eventName] ?? []) {
    if (!row.isMet(properties)) continue
    // TikTok counts a name and event_id once. So two rows that end in one name are one event, for the channels of both.
    const other = mapped.find(({ event }) => event === row.event)
    if (!other) mapped.push(mapRow(event, row, config))
    else if (other.forward !== row.forward) other.forward = 'client_and_server'
  }
  return mapped
}

/** The TikTok event that one row makes of an event, whatever the row's condition says. */
export const mapRow = (event: ConvergeEvent, { event: name, forward }: Row, config: Config): MappedEvent => ({
  event: name,
  forward,
  parameters: toParameters(event, name, config),
})
