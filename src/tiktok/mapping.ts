import type { Check } from '../core/conditions.ts'
import { pageLoad } from '../core/event-names.ts'
import type { Condition, Config, Forward, MappingEntry, MappingRow } from '../types.ts'
import { defaultMapping } from './default-mapping.ts'

export type MappingConfig = NonNullable<Config['mapping']>

/** A compiled row of the mapping. */
export interface Row {
  /** TikTok's event name, as it is on the wire. */
  event: string
  /** Which copies are sent. */
  forward: Forward
  /** Whether an event meets the row's condition. Always true for a row without one. */
  isMet: Check
}

/** The rows by Converge event name. It has no prototype, because an event may have the name `constructor`. */
export type Mapping = Readonly<Record<string, readonly Row[]>>

/** Compiles a condition. `where` is its path in the config, for error messages. */
export type ReadCondition = (where: string, condition: Condition) => Check

/** Merges the config's mapping over the default one, or replaces it in mode `custom`. `readRow` compiles each row. */
export function layMapping(
  { mode, events }: MappingConfig,
  readRow: (eventName: string, row: MappingRow) => Row,
): Mapping {
  const entries: Record<string, MappingEntry> = { ...(mode !== 'custom' && defaultMapping), ...events }
  const mapping: Record<string, readonly Row[]> = Object.create(null)
  for (const [eventName, entry] of Object.entries(entries))
    mapping[eventName] = [entry === false ? [] : entry]
      .flat()
      .map((row) => readRow(eventName, Object(typeof row === 'string' ? { event: row } : row)))
  return mapping
}

/** Compiles a row that was checked before. */
export const toRow = (
  eventName: string,
  { event, forward = eventName === pageLoad ? 'client' : 'client_and_server', when }: MappingRow,
  readWhen: ReadCondition,
): Row => ({
  event,
  forward,
  isMet: when === undefined ? () => true : readWhen(`mapping.events.${eventName}.when`, when),
})
