import { check } from '../core/config-error.ts'
import { checkFilter } from '../core/filter.ts'
import type { Config, Filter } from '../types.ts'
import { type Mapping, readMapping } from './mapping.ts'

/** What a config asks of each event, read once. */
export interface Rules {
  mapping: Mapping
  filters: readonly Filter[]
}

/**
 * Reads a config, which may come from JSON.
 *
 * @throws a sentence that names the part that can never work
 */
export function readRules({ pixelId, contentId = 'default', mapping, filters = [], relay }: Config): Rules {
  check('pixelId', pixelId, /^[A-Z\d]{20}$/, '20 capital letters and digits, as in TikTok Events Manager')
  check('contentId', contentId, /^(default|product_id|variant_id|sku)$/, 'default, product_id, variant_id or sku')
  if (mapping?.mode === 'server_only') check('server_only relay', relay, /./, 'the address of a forwarder')
  filters.forEach(checkFilter)
  return { mapping: readMapping(mapping), filters }
}
