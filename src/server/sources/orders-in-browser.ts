import { defaultMapping } from '../../tiktok/default-mapping.ts'
import type { Config, EventName, MappingEntry, MappingRow } from '../../types.ts'

/** The events that signed sources send for an order. */
const events: readonly EventName[] = ['Placed Order', 'Placed Recurring Subscription Order']

/**
 * Returns the config of a page that sends orders only from the browser. Anybody can post as a page, so a shop may leave the
 * server copy to a source that signs its orders.
 */
export function ordersInBrowser(config: Config): Config {
  const { mode, events: own = {} } = config.mapping ?? {}
  const entries: Readonly<Record<string, MappingEntry>> = { ...(mode !== 'custom' && defaultMapping), ...own }
  const rows = events.flatMap((name) => {
    const entry = entries[name]
    return entry === undefined ? [] : [[name, inBrowser(entry)] as const]
  })
  return { ...config, mapping: { ...config.mapping, events: { ...own, ...Object.fromEntries(rows) } } }
}

function inBrowser(entry: MappingEntry): MappingEntry {
  const rows: readonly (string | MappingRow)[] = entry === false ? [] : Array.isArray(entry) ? entry : [entry]
  return rows
    .map((row): MappingRow => (typeof row === 'string' ? { event: row } : row))
    .filter(({ forward }) => forward !== 'server')
    .map((row) => ({ ...row, forward: 'client' }))
}
