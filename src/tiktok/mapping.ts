import { type Check, readCondition } from '../core/conditions.ts'
import { pageLoad } from '../core/event-names.ts'
import { checkOption, type Option, oneOf, record, refuseUnknown, text } from '../core/options.ts'
import type { Config, Forward, MappingEntry, MappingRow } from '../types.ts'
import { defaultMapping } from './default-mapping.ts'
import { currentName, eventNameRule } from './names.ts'

type MappingConfig = NonNullable<Config['mapping']>

const rowNames = { event: true, forward: true, when: true } satisfies Record<keyof MappingRow, true>
const mappingOptions = {
  mode: oneOf<NonNullable<MappingConfig['mode']>>({ default: true, custom: true, server_only: true }),
  events: record,
} satisfies Record<keyof MappingConfig, Option>
const forwardingMode = oneOf<Forward>({ client: true, server: true, client_and_server: true })
const tiktokName = text(
  eventNameRule,
  'a TikTok event name: up to 50 letters, digits, - or _, first a letter, last a letter or digit',
)

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

/**
 * Reads the mapping: the default one, with what the config lays over it or puts in its place.
 *
 * @throws a sentence that names the row that can never work
 */
export function readMapping(given: MappingConfig = {}): Mapping {
  const { mode = 'default', events = {} } = given
  refuseUnknown('mapping', given, mappingOptions)
  checkOption('mapping.mode', mode, mappingOptions.mode)
  checkOption('mapping.events', events, mappingOptions.events)
  const entries: Record<string, MappingEntry> = { ...(mode !== 'custom' && defaultMapping), ...events }
  const mapping: Record<string, readonly Row[]> = Object.create(null)
  for (const [eventName, entry] of Object.entries(entries))
    mapping[eventName] = [entry === false ? [] : entry].flat().map((row) => readRow(eventName, row))
  return mapping
}

function readRow(eventName: string, given: string | MappingRow): Row {
  const row: MappingRow = Object(typeof given === 'string' ? { event: given } : given)
  const { event, forward = eventName === pageLoad ? 'client' : 'client_and_server', when } = row
  const where = `mapping.events.${eventName}`
  refuseUnknown(where, row, rowNames)
  checkOption(where, event, tiktokName)
  checkOption(`${where}.forward`, forward, forwardingMode)
  return {
    event: currentName(event),
    forward,
    isMet: when === undefined ? () => true : readCondition(`${where}.when`, when),
  }
}
