import type { Config, ConvergeEvent, EventParameters, Forward } from '../types.ts'
import type { Row } from './mapping.ts'
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

/**
 * What becomes of an event: none, one or several of TikTok's. Nothing at all if a filter holds it back. A row whose condition
 * can't be checked costs that row, not the event.
 */
export function route(event: ConvergeEvent, rules: Rules, config: Config): MappedEvent[] | undefined {
  const { eventName, properties } = event
  if (!rules.passes(eventName, properties)) return undefined
  const rows = (rules.mapping[eventName] ?? []).filter(({ isMet }) => !isMet || isMet(properties))
  return united(rows).map((row) => mapRow(event, row, config))
}

/** The TikTok event that one row makes of an event, whatever the row's condition says. */
export const mapRow = (event: ConvergeEvent, { event: name, forward }: Row, config: Config): MappedEvent => ({
  event: name,
  forward,
  parameters: () => toParameters(event, name, config),
})

/** TikTok counts a name and event_id once. So two rows that end in one name are one event, for the channels of both. */
function united(rows: readonly Row[]): Row[] {
  const found: Row[] = []
  for (const row of rows) {
    const index = found.findIndex(({ event }) => event === row.event)
    const other = found[index]
    if (!other) found.push(row)
    else if (other.forward !== row.forward) found[index] = { ...other, forward: 'client_and_server' }
  }
  return found
}
