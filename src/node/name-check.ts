import { suggestEventName } from '../core/event-synonyms.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { Mapping } from '../tiktok/mapping.ts'
import { readMapping } from '../tiktok/read-mapping.ts'
import type { Finding } from './finding.ts'

/** Finds event names in the config that are probably misspelled. `mapping` is the effective mapping. */
export function checkNames({ mapping: given, filters = [] }: ForwarderConfig, mapping: Mapping): Finding[] {
  const defaults = readMapping()
  const rows = Object.keys(given?.events ?? {}).flatMap((name): Finding[] => {
    const meant = suggestEventName(name, defaults)
    if (!meant) return []
    const text = `mapping.events has a row for ${JSON.stringify(name)}. Converge's name for this event is "${meant}". Rename the row, unless your shop really tracks ${JSON.stringify(name)}.`
    return [{ ok: undefined, text }]
  })
  const unused = filters.flatMap(({ event }, index): Finding[] => {
    const meant = event === '*' ? undefined : suggestEventName(event, mapping)
    if (!meant) return []
    const text = `filters[${index}].event is ${JSON.stringify(event)}, which is in no mapping row, so the filter has no effect. Did you mean "${meant}"?`
    return [{ ok: false, text }]
  })
  return [...rows, ...unused]
}
