import type { Config, MappingEntry, MappingRow } from '../types.ts'
import { check } from './config-error.ts'
import { defaultMapping } from './default-mapping.ts'
import { checkCondition } from './filter.ts'

/** The rows in force, by Converge event name. */
export type Mapping = ReadonlyMap<string, readonly MappingRow[]>

/** Reads the mapping: the default one, with what the config lays over it or puts in its place. */
export function readMapping({ mode = 'default', events }: NonNullable<Config['mapping']> = {}): Mapping {
  check('mapping.mode', mode, /^(default|custom|server_only)$/)
  const entries: Record<string, MappingEntry> = { ...(mode !== 'custom' && defaultMapping), ...events }
  return new Map(Object.entries(entries).map(([eventName, entry]) => [eventName, readRows(eventName, entry)]))
}

function readRows(eventName: string, entry: MappingEntry): MappingRow[] {
  const rows: unknown[] = entry === false ? [] : [entry].flat()
  return rows.map((row) => {
    const read: MappingRow = Object(typeof row === 'string' ? { event: row } : row)
    const where = `mapping.events.${eventName}`
    check(where, read.event, /^(?!.{51})[a-z]([\w-]*[a-z\d])?$/i) // TikTok's rule for an event's name
    if (read.when) checkCondition(where, read.when)
    return read
  })
}
