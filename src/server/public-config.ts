import { readDomain } from '../core/domain.ts'
import { currentName } from '../tiktok/names.ts'
import type { Config, MappingEntry, MappingRow } from '../types.ts'

/** What a page may know of a config. Each option is decided on here, once: a new one doesn't compile without. */
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
  pageLoads: true,
  context: false, // one page's own
  domain: true,
  limitedDataUse: true,
  autoConfig: true,
  debug: true,
  beforeSend: false, // a function
  region: true,
  nonce: false, // one answer's own
} satisfies Record<keyof Config, boolean>

/**
 * The part of a forwarder's config that its page gets. Whatever else stands in it, secrets above all, stays behind. What is
 * written in several ways is written in one, so that the script needs no code for the others.
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

/** The mapping with TikTok's present event names in the place of its old ones. */
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
