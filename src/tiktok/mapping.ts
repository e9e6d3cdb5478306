import { type Check, checkCondition, compileCondition } from '../core/conditions.ts'
import { check } from '../core/config-error.ts'
import { pageLoad } from '../core/event-names.ts'
import type { Config, Forward, MappingEntry, MappingRow } from '../types.ts'
import { defaultMapping } from './default-mapping.ts'

/** A line of the mapping, read once. Plain data, but for its condition. */
export interface Row {
  /** TikTok's event name, as it is on the wire. */
  event: string
  /** Which copies are sent. */
  forward: Forward
  /** Whether an event fulfills the row's condition. Absent: the row has none. */
  isMet?: Check
}

/** The rows in force, by Converge event name. It has no prototype, so that an event may be called `constructor`. */
export type Mapping = Readonly<Record<string, readonly Row[]>>

/**
 * Reads the mapping: the default one, with what the config lays over it or puts in its place.
 *
 * @throws a sentence that names the row that can never work
 */
export function readMapping({ mode = 'default', events }: NonNullable<Config['mapping']> = {}): Mapping {
  check('mapping.mode', mode, /^(default|custom|server_only)$/)
  const entries: Record<string, MappingEntry> = { ...(mode !== 'custom' && defaultMapping), ...events }
  const mapping: Record<string, readonly Row[]> = Object.create(null)
  for (const [eventName, entry] of Object.entries(entries))
    mapping[eventName] = rowsOf(entry).map((row) => readRow(eventName, row))
  return mapping
}

const rowsOf = (entry: MappingEntry): MappingRow[] =>
  [entry === false ? [] : entry].flat().map((row) => Object(typeof row === 'string' ? { event: row } : row))

function readRow(eventName: string, { event, forward, when }: MappingRow): Row {
  const where = `mapping.events.${eventName}`
  check(where, event, /^(?!.{51})[a-z]([\w-]*[a-z\d])?$/i) // TikTok's rule for an event's name
  if (when) checkCondition(where, when)
  return {
    // Converge says PageView, TikTok's wire says Pageview, where PageView would be another event.
    event: event === 'PageView' ? 'Pageview' : event,
    forward: forward ?? (eventName === pageLoad ? 'client' : 'client_and_server'),
    ...(when && { isMet: compileCondition(when) }),
  }
}
