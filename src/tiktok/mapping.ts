import { check } from '../core/config-error.ts'
import { checkCondition } from '../core/filter.ts'
import type { Config, MappingEntry, MappingRow } from '../types.ts'
import { defaultMapping } from './default-mapping.ts'

// TikTok's rule for an event's name.
const nameRule =
  'a TikTok event name: up to 50 letters, digits, - or _, starting with a letter and ending with a letter or digit'

/** The rows in force, by Converge event name. */
export type Mapping = ReadonlyMap<string, readonly MappingRow[]>

/** Reads the mapping: the default one, with what the config lays over it or puts in its place. */
export function readMapping({ mode = 'default', events }: NonNullable<Config['mapping']> = {}): Mapping {
  check('mapping.mode', mode, /^(default|custom|server_only)$/, 'default, custom or server_only')
  for (const [eventName, entry] of Object.entries(events ?? {}))
    for (const { event, when } of readRows(entry)) {
      const where = `mapping.events.${eventName}`
      check(where, event, /^(?!.{51})[a-z]([\w-]*[a-z\d])?$/i, nameRule)
      if (when) checkCondition(where, when)
    }
  const entries = Object.entries<MappingEntry>({ ...(mode !== 'custom' && defaultMapping), ...events })
  return new Map(entries.map(([eventName, entry]) => [eventName, readRows(entry)]))
}

const readRows = (entry: MappingEntry): MappingRow[] =>
  [entry === false ? [] : entry].flat().map((row) => Object(typeof row === 'string' ? { event: row } : row))
