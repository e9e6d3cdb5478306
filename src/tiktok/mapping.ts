import type { Check } from '../core/conditions.ts'
import { pageLoad } from '../core/event-names.ts'
import type { Condition, Config, Forward, MappingEntry, MappingRow } from '../types.ts'
import { defaultMapping } from './default-mapping.ts'

export type MappingConfig = NonNullable<Config['mapping']>

/** A line of the mapping, read once. Plain data, but for its condition. */
export interface Row {
  /** TikTok's event name, as it is on the wire. */
  event: string
  /** Which copies are sent. */
  forward: Forward
  /** Whether an event fulfills the row's condition. A row without one is always met. */
  isMet: Check
}

/** The rows in force, by Converge event name. It has no prototype, so that an event may be called `constructor`. */
export type Mapping = Readonly<Record<string, readonly Row[]>>

/** Compiles a condition. `where` is its place in the config, for an error. */
export type ReadCondition = (where: string, condition: Condition) => Check

/** The default mapping, with what the config lays over it or puts in its place. `readRow` reads each row. */
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

/** Reads a row that is known to be right. */
export const toRow = (
  eventName: string,
  { event, forward = eventName === pageLoad ? 'client' : 'client_and_server', when }: MappingRow,
  readWhen: ReadCondition,
): Row => ({
  event,
  forward,
  isMet: when === undefined ? () => true : readWhen(`mapping.events.${eventName}.when`, when),
})
