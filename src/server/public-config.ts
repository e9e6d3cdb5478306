import { readDomain } from '../core/domain.ts'
import { currentName } from '../tiktok/names.ts'
import type { Config, MappingEntry, MappingRow } from '../types.ts'

/** The options that pages may see. `satisfies` requires an entry for each new option. */
export const isPublic = {
  pixelId: true,
  contentId: true,
  contentType: true,
  value: true,
  mapping: true,
  filters: true,
  consent: true,
  consentFrom: true,
  gpc: true,
  relay: true,
  load: true,
  paused: true,
  denials: true,
  cookies: true,
  pageLoads: true,
  context: false, // differs for each page
  domain: true,
  limitedDataUse: true,
  autoConfig: true,
  debug: true,
  beforeSend: false, // a function
  region: true,
  nonce: false, // differs for each response
} satisfies Record<keyof Config, boolean>

/**
 * Returns the part of a forwarder's config that pages receive, without secrets. Options with several spellings are
 * normalized here, so that the script needs no code for them.
 */
export function publicConfig(config: Config): Partial<Config> {
  const known = Object.entries(isPublic).filter(([, yes]) => yes)
  const entries = known.map(([key]) => [key, Reflect.get(config, key)])
  return {
    ...Object.fromEntries(entries),
    domain: readDomain(config.domain),
    mapping: withCurrentNames(config.mapping),
  }
}

/** Replaces TikTok's old event names in a mapping with the current ones. */
function withCurrentNames(mapping: Config['mapping']): Config['mapping'] {
  if (!mapping?.events) return mapping
  const rename = (row: string | MappingRow) =>
    typeof row === 'string' ? currentName(row) : { ...row, event: currentName(row.event) }
  const events = Object.entries(mapping.events).map(([name, entry]): [string, MappingEntry] => [
    name,
    entry && [entry].flat().map(rename),
  ])
  return { ...mapping, events: Object.fromEntries(events) }
}
