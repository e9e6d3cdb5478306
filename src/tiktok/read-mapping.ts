import { readCondition } from '../core/conditions.ts'
import { checkOption, type Option, oneOf, record, refuseUnknown, text } from '../core/options.ts'
import type { Forward, MappingRow } from '../types.ts'
import { layMapping, type Mapping, type MappingConfig, type ReadCondition, toRow } from './mapping.ts'
import { currentName, eventNameRule } from './names.ts'

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

/**
 * Reads the mapping: the default one with the config's rows merged over it, or only the config's rows in mode `custom`.
 *
 * @throws an error that names the invalid row
 */
export const readMapping = (given?: MappingConfig): Mapping => readMappingBy(readCondition, given)

/** Does the same with another reader of conditions, which may support fewer of them. */
export function readMappingBy(readWhen: ReadCondition, given: MappingConfig = {}): Mapping {
  const { mode = 'default', events = {} } = given
  refuseUnknown('mapping', given, mappingOptions)
  checkOption('mapping.mode', mode, mappingOptions.mode)
  checkOption('mapping.events', events, mappingOptions.events)
  return layMapping({ mode, events }, (eventName, row) => {
    const { event, forward } = row
    const where = `mapping.events.${eventName}`
    refuseUnknown(where, row, rowNames)
    checkOption(where, event, tiktokName)
    if (forward !== undefined) checkOption(`${where}.forward`, forward, forwardingMode)
    return toRow(eventName, { ...row, event: currentName(event) }, readWhen)
  })
}
